#include <optional>

#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "mtnlp/base/output.h"
#include "mtnlp/base/progress.h"
#include "mtnlp/base/signals.h"
#include "mtnlp/infer/batches.h"
#include "mtnlp/infer/matrix_writer.h"
#include "mtnlp/infer/pipeline.h"
#include "mtnlp/model/checkpoint.h"
#include "mtnlp/model/torch.h"
#include "mtnlp/run/run_folder.h"

namespace mtnlp::cli {
namespace {

struct EmbedArguments {
  std::string model, out, pooling, normalize = "auto";
  size_t max_length = 0;
  PromptChoice prompt;
  InputArguments input;
  int threads = 1;
  std::string device = "auto", precision = "auto";
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

void run_embed(const EmbedArguments& arguments, const GlobalOptions& global) {
  const bool npy = arguments.out.ends_with(".npy");
  if (!npy && !arguments.out.ends_with(".csv") && arguments.out != "-")
    fail_input("--out ", arguments.out, ": the name must end in .npy or .csv (or be -, which is CSV)");
  use_threads(arguments.threads);
  catch_stop_signals();
  const torch::Device device = choose_device(arguments.device);
  const OpenInput input = open_input(arguments.input);
  EmbeddingModel loaded = load_model(arguments);
  loaded.model.to(device);
  use_precision(loaded.model.encoder, arguments.precision);
  const int64_t dim = loaded.model.encoder->config().dim;

  OutputFile out(arguments.out);
  std::optional<NpyWriter> matrix;
  if (npy) matrix.emplace(out.stream(), dim);
  Progress progress("embed", 0, "rows", {.quiet = global.quiet});
  const auto write = [&](std::span<const Row> rows, torch::Tensor embeddings) {
    if (loaded.normalize) {
      const torch::Tensor norms = embeddings.norm(2, 1, true);
      if (const int64_t row = first_not_finite(norms); row >= 0)
        fail_input(input.reader->name(), ":", rows[static_cast<size_t>(row)].line,
                   ": the embedding is too long to be scaled to length 1");
      embeddings = embeddings / norms.clamp_min(1e-12);
    }
    const std::span<const float> values(embeddings.const_data_ptr<float>(),
                                        static_cast<size_t>(embeddings.numel()));
    if (matrix)
      matrix->write(values);
    else
      for (size_t i = 0; i < rows.size(); ++i)
        write_csv_numbers(out.stream(),
                          values.subspan(i * static_cast<size_t>(dim), static_cast<size_t>(dim)));
    progress.add(rows.size());
  };
  const PipelineStats stats = embed_rows(*input.reader, input.text_column, loaded.model,
                                         {.threads = arguments.threads, .device = device}, write);
  if (matrix) matrix->finish();
  out.commit();
  warn_if_truncated(stats.truncated, stats.rows, loaded.model.max_length);
}

}  // namespace

Verb setup_embed(CLI::App& app, const GlobalOptions& global) {
  auto arguments = std::make_shared<EmbedArguments>();
  CLI::App* verb = app.add_subcommand("embed", "Write sentence embeddings, float32 [rows, D]");
  verb->add_option("MODEL", arguments->model, "Encoder, checkpoint or run folder")->required();
  add_input(*verb, arguments->input);
  verb->add_option("--out", arguments->out, "X.npy or X.csv; - is CSV on standard output")
      ->type_name("FILE")
      ->required();
  verb->add_option("--pooling", arguments->pooling, "How a text's tokens become one vector [the folder's]")
      ->check(one_of(pooling_names()));
  verb->add_option("--normalize", arguments->normalize, "Scale to length 1; auto as the folder says")
      ->check(one_of({"auto", "on", "off"}))
      ->capture_default_str();
  verb->add_option("--max-length", arguments->max_length, "Longest text in tokens [the folder's]")
      ->check(in_range<size_t>(2, 1'000'000));
  add_prompt(*verb, arguments->prompt);
  add_threads(*verb, arguments->threads);
  add_device(*verb, arguments->device);
  add_precision(*verb, arguments->precision);
  return {verb, [arguments, &global] { run_embed(*arguments, global); }};
}

}  // namespace mtnlp::cli
