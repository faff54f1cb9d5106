#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "mtnlp/base/output.h"
#include "mtnlp/base/progress.h"
#include "mtnlp/base/signals.h"
#include "mtnlp/infer/pipeline.h"
#include "mtnlp/infer/predictions.h"
#include "mtnlp/model/checkpoint.h"
#include "mtnlp/run/run_folder.h"

namespace mtnlp::cli {
namespace {

struct PredictArguments {
  std::string model, out = "-";
  InputArguments input;
  PromptChoice prompt;
  int threads = 1;
  std::string device = "auto", precision = "auto";
};

void run_predict(const PredictArguments& arguments, const GlobalOptions& global) {
  use_threads(arguments.threads);
  catch_stop_signals();
  const torch::Device device = choose_device(arguments.device);
  const OpenInput input = open_input(arguments.input);
  Model model = load_checkpoint(resolve_model(arguments.model), arguments.prompt);
  model.to(device);
  use_precision(model.encoder, arguments.precision);

  OutputFile out(arguments.out);
  PredictionWriter writer(out.stream(), input.reader->format(), input.reader->columns(), model);
  Progress progress("predict", 0, "rows", {.quiet = global.quiet});
  const PipelineOptions options{.threads = arguments.threads, .device = device};
  const PipelineStats stats = embed_rows(*input.reader, input.text_column, model, options,
                                         [&](std::span<const Row> rows, const torch::Tensor& embeddings) {
                                           writer.write(rows, embeddings.to(device));
                                           out.flush();
                                           progress.add(rows.size());
                                         });
  out.commit();
  warn_if_truncated(stats.truncated, stats.rows, model.max_length);
}

}  // namespace

Verb setup_predict(CLI::App& app, const GlobalOptions& global) {
  auto arguments = std::make_shared<PredictArguments>();
  CLI::App* verb = app.add_subcommand("predict", "Label rows: every task's label and its probability");
  verb->add_option("MODEL", arguments->model, "Run folder or checkpoint folder")->required();
  add_input(*verb, arguments->input);
  verb->add_option("--out", arguments->out, "File to write; - is standard output")
      ->type_name("FILE")
      ->capture_default_str();
  add_prompt(*verb, arguments->prompt);
  add_threads(*verb, arguments->threads);
  add_device(*verb, arguments->device);
  add_precision(*verb, arguments->precision);
  return {verb, [arguments, &global] { run_predict(*arguments, global); }};
}

}  // namespace mtnlp::cli
