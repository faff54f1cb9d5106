#include <optional>

#include "base/output.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/neighbour.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "infer/matrix_writer.h"
#include "infer/pipeline.h"
#include "run/run_folder.h"

namespace mtnlp::cli {
namespace {

struct EmbedArguments {
  std::string model, out;
  std::optional<PoolingMode> pooling;  ///< none: the folder's
  std::optional<bool> normalize;       ///< none: as the folder says
  size_t max_length = 0;
  PromptChoice prompt;
  InputArguments input;
  ComputeArguments compute;
};

void run_embed(const EmbedArguments& arguments, const GlobalOptions& global) {
  const bool npy = arguments.out.ends_with(".npy");
  if (!npy && !arguments.out.ends_with(".csv") && arguments.out != "-")
    fail_input(
        "--out ", arguments.out,
        ": is not a valid name; valid are names that end in .npy or .csv, and - for CSV on standard output");
  check_output_of_model(arguments.out, arguments.model, arguments.input.file);
  catch_stop_signals();
  const auto reader = open_input(arguments.input);
  const ModelFolder folder = resolve_model(arguments.model);
  const Predictor predictor =
      load(folder, {.prompt = arguments.prompt, .pooling = arguments.pooling}, arguments.compute, global);
  const ModelSettings& settings = predictor.settings();
  TextCut cut = settings.cut;
  if (arguments.max_length > 0) {
    check_max_length(arguments.max_length, settings.config, "--max-length");
    cut.max_length = arguments.max_length;
  }
  const bool normalize = arguments.normalize.value_or(settings.modules.normalize);
  const auto trained = settings.tasks.empty() ? std::nullopt : std::optional(settings.text);
  TextRowsOptions reading = text_options(arguments.input, trained, cut, arguments.compute.threads);
  reading.unreadable_are = "NaN in the output";
  log_warnings(doubts_about_lines(*reader, reading.columns));
  TextRows rows(*reader, *settings.tokenizer, reading);

  OutputFile out(arguments.out);
  std::optional<NpyWriter> matrix;
  if (npy && !out.can_seek())
    fail_input("--out ", arguments.out, ": is a pipe or device, and .npy needs a file; .csv does not");
  if (npy) matrix.emplace(out.stream(), settings.config.dim);
  Progress progress("embed", 0, "rows", {.quiet = global.quiet});
  stream_embeddings(rows, predictor.embedder(), {}, [&](std::span<const TextRow> chunk, Matrix embeddings) {
    if (const auto bad = normalize ? scale_to_length_1(embeddings) : -1; bad >= 0)
      rows.fail(chunk[static_cast<size_t>(bad)],
                "the embedding is too long to be scaled to length 1; weights of the model are too large");
    if (matrix)
      matrix->write(embeddings.values);
    else
      for (size_t i = 0; i < chunk.size(); ++i) write_csv_numbers(out.stream(), embeddings.row(i));
    out.flush();
    progress.add(chunk.size());
  });
  if (matrix) matrix->finish();
  out.commit();
  log_rows(rows, cut);
}

}  // namespace

Verb setup_embed(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<EmbedArguments>();
  VerbTable& verb = add_verb(root, "embed", "Write sentence embeddings, float32 [rows, D]");
  const OptionGroup options(verb);
  options.argument("MODEL", arguments->model, "Encoder, checkpoint or run folder").require();
  add_input(verb, arguments->input);
  options.text("--out", arguments->out, "FILE", "File to write, X.npy or X.csv; - is CSV on standard output")
      .require();
  add_pooling(verb, arguments->pooling, "the folder's");
  const Choices<std::optional<bool>> normalize = {{"auto", std::nullopt}, {"on", true}, {"off", false}};
  options.choice("--normalize", arguments->normalize, normalize,
                 "Whether embeddings are scaled to length 1; auto: as the folder says");
  options.number("--max-length", arguments->max_length, {2, 1'000'000},
                 "Most tokens of a text, special ones included; longer texts are cut [the folder's]");
  add_prompt(verb, arguments->prompt);
  arguments->compute.fast = true;
  add_compute(verb, arguments->compute);
  return {verb.app, [arguments, &global] { run_embed(*arguments, global); },
          [arguments] { return needs_libtorch(arguments->compute.device); }};
}

}  // namespace mtnlp::cli
