#include <cmath>
#include <optional>

#include "base/output.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "infer/batches.h"
#include "infer/matrix_writer.h"
#include "infer/pipeline.h"
#include "network/checkpoint.h"
#include "network/torch.h"
#include "run/run_folder.h"

namespace mtnlp::cli {
namespace {

struct EmbedArguments {
  std::string model, out, pooling, normalize = "auto";
  size_t max_length = 0;
  PromptChoice prompt;
  InputArguments input;
  int threads = 1;
  std::optional<DeviceKind> device;
  std::optional<Precision> precision;
};

EmbeddingModel load_model(const EmbedArguments& arguments) {
  EmbeddingModel loaded = load_embedding_model(resolve_model(arguments.model), arguments.prompt);
  if (!arguments.pooling.empty()) loaded.model.pooling = parse_pooling(arguments.pooling);
  if (arguments.normalize != "auto") loaded.normalize = arguments.normalize == "on";
  if (arguments.max_length > 0) {
    check_max_length(arguments.max_length, loaded.model.encoder->config(), "--max-length");
    loaded.model.max_length = arguments.max_length;
  }
  return loaded;
}

/// [rows, 1]. Throws Error where the squares of finite numbers overflow.
torch::Tensor lengths(const torch::Tensor& embeddings, std::span<const TextRow> chunk, const TextRows& rows) {
  torch::Tensor lengths = embeddings.norm(2, 1, true);
  for (size_t i = 0; i < chunk.size(); ++i)
    if (std::isinf(lengths.const_data_ptr<float>()[i]))
      rows.fail(chunk[i],
                "the embedding is too long to be scaled to length 1; weights of the model are too large");
  return lengths;
}

void run_embed(const EmbedArguments& arguments, const GlobalOptions& global) {
  const bool npy = arguments.out.ends_with(".npy");
  if (!npy && !arguments.out.ends_with(".csv") && arguments.out != "-")
    fail_input("--out ", arguments.out, ": the name must end in .npy or .csv (or be -, which is CSV)");
  check_output_of_model(arguments.out, arguments.model, arguments.input.file);
  use_threads(arguments.threads);
  catch_stop_signals();
  const torch::Device device = choose_device(arguments.device);
  const auto reader = open_input(arguments.input);
  EmbeddingModel loaded = load_model(arguments);
  loaded.model.to(device);
  use_precision(loaded.model.encoder, arguments.precision);
  const int64_t dim = loaded.model.encoder->config().dim;
  TextRowsOptions reading =
      text_options(arguments.input, loaded.model.text, {loaded.model.max_length, loaded.model.truncation},
                   arguments.threads);
  reading.in_place_of_unreadable = "NaN";
  log_warnings(doubts_about_lines(*reader, reading.columns));
  TextRows rows(*reader, *loaded.model.tokenizer, reading);

  OutputFile out(arguments.out);
  std::optional<NpyWriter> matrix;
  if (npy && !out.can_seek())
    fail_input("--out ", arguments.out, ": is a pipe or device; .npy needs a file, .csv does not");
  if (npy) matrix.emplace(out.stream(), dim);
  Progress progress("embed", 0, "rows", {.quiet = global.quiet});
  const auto write = [&](std::span<const TextRow> chunk, torch::Tensor embeddings) {
    if (loaded.normalize) embeddings = embeddings / lengths(embeddings, chunk, rows).clamp_min(1e-12);
    const std::span<const float> values(embeddings.const_data_ptr<float>(),
                                        static_cast<size_t>(embeddings.numel()));
    if (matrix)
      matrix->write(values);
    else
      for (size_t i = 0; i < chunk.size(); ++i)
        write_csv_numbers(out.stream(),
                          values.subspan(i * static_cast<size_t>(dim), static_cast<size_t>(dim)));
    out.flush();
    progress.add(chunk.size());
  };
  embed_rows(rows, loaded.model, {.device = device}, write);
  if (matrix) matrix->finish();
  out.commit();
  log_warnings(rows.warnings());
}

}  // namespace

Verb setup_embed(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<EmbedArguments>();
  VerbTable& verb = add_verb(root, "embed", "Write sentence embeddings, float32 [rows, D]");
  const OptionGroup options(verb);
  options.argument("MODEL", arguments->model, "Encoder, checkpoint or run folder").require();
  add_input(verb, arguments->input);
  options.text("--out", arguments->out, "FILE", "X.npy or X.csv; - is CSV on standard output").require();
  options.choice("--pooling", arguments->pooling, words_of(pooling_names()),
                 "How a text's tokens become one vector [the folder's]");
  options.choice("--normalize", arguments->normalize, words_of({"auto", "on", "off"}),
                 "Scale to length 1; auto as the folder says");
  options.number("--max-length", arguments->max_length, {2, 1'000'000},
                 "Longest text in tokens [the folder's]");
  add_prompt(verb, arguments->prompt);
  add_threads(verb, arguments->threads);
  add_device(verb, arguments->device);
  add_precision(verb, arguments->precision);
  return {verb.app, [arguments, &global] { run_embed(*arguments, global); }};
}

}  // namespace mtnlp::cli
