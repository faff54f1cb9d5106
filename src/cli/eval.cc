#include <optional>

#include "base/output.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/neighbour.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "data/encoded_rows.h"
#include "eval/evaluator.h"
#include "report/tables.h"
#include "run/run_folder.h"
#include "run/run_state.h"
#include "run/split_record.h"
#include "train/trainer.h"

namespace mtnlp::cli {
namespace {

struct EvalArguments {
  std::string model, json;
  Part part = Part::kTest;
  DataArguments data;
  PromptChoice prompt;
  std::optional<Decide> decide;
  ComputeArguments compute;
};

/// The rows to score: those of `part`.
struct EvalData {
  Dataset dataset;
  std::vector<Part> parts;
  Part part;
};

EvalData read_rows_to_score(const EvalArguments& arguments, const fs::path& checkpoint,
                            const ModelSettings& model) {
  if (!arguments.data.tasks.empty()) {
    DatasetOptions options = arguments.data.dataset_options();
    options.reading.text = arguments.data.reading.text(model.text);
    EvalData data{make_dataset_for(model.tasks, options), {}, Part::kTest};
    data.parts.assign(data.dataset.rows.size(), Part::kTest);
    log_warnings(data.dataset.warnings);
    return data;
  }
  const fs::path run = run_of_model(arguments.model);
  if (run.empty())
    fail_input(arguments.model,
               ": is not in a run folder, so it has no test part to score; name files with --task NAME=FILE");
  require_split_of(checkpoint, run);
  SplitRecord record = read_split_record(run, model.tasks);
  return {std::move(record.dataset), std::move(record.parts), arguments.part};
}

/// Throws Error for options that would have no effect: --part beside files, or options that describe files
/// without any.
void refuse_idle_options(const CLI::App& verb, bool files) {
  for (const CLI::Option* option : verb.get_options()) {
    if (option->count() == 0 || option->get_group() != "Data" || option->get_name() == "--task") continue;
    if ((option->get_name() == "--part") == files)
      fail_input(option->get_name(),
                 files ? " chooses a part of a run, and is not valid with --task"
                       : " describes files given with --task; the parts of a run are read as in training");
  }
}

void run_eval(const EvalArguments& arguments, const GlobalOptions& global, const CLI::App& verb) {
  refuse_idle_options(verb, !arguments.data.tasks.empty());
  if (!arguments.json.empty()) check_output_of_model(arguments.json, arguments.model);
  catch_stop_signals();
  const ModelFolder held = resolve_model(arguments.model);
  const fs::path& checkpoint = held.path();
  const Predictor predictor = load(checkpoint, {.prompt = arguments.prompt, .decide = arguments.decide},
                                   arguments.compute, global, /*need_heads=*/true);
  const ModelSettings& model = predictor.settings();
  const EvalData data = read_rows_to_score(arguments, checkpoint, model);
  const EncodedRows encoded = encode_rows(data.dataset, *model.tokenizer, model.max_length, model.truncation,
                                          arguments.compute.threads);
  const std::vector<uint32_t> rows = rows_of_part(data.parts, data.part);
  warn_if_truncated(encoded.truncated, encoded.size(), model.max_length);
  AllMetrics metrics;
  {
    Progress progress("eval", rows.size(), "sentences", {.quiet = global.quiet});
    metrics = evaluate(predictor.embedder(), predictor.heads(), model.tasks, encoded, rows, &progress);
  }
  const std::string title = arguments.data.tasks.empty()
                                ? str(part_name(arguments.part), " part, ", checkpoint.string())
                                : "given files, " + checkpoint.string();
  if (arguments.json != "-" && !global.quiet)
    std::cout << metrics_table(model.tasks, metrics, title) << std::flush;
  if (!arguments.json.empty()) write_json(arguments.json, metrics_json(model.tasks, metrics));
}

}  // namespace

Verb setup_eval(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<EvalArguments>();
  VerbTable& verb = add_verb(root, "eval", "Score a checkpoint on a part of its run or on labelled files");
  OptionGroup(verb).argument("MODEL", arguments->model, "Run folder or checkpoint folder").require();
  Choices<Part> parts;
  for (const Part part : kParts) parts.emplace_back(part_name(part), part);
  OptionGroup(verb, "Data").choice("--part", arguments->part, parts, "Part of the run to score");
  add_labelled_files(verb, arguments->data,
                     "Labelled rows of task NAME, scored in place of a part of the run; may be repeated");
  add_json(verb, arguments->json, "the metrics");
  add_prompt(verb, arguments->prompt, "Model");
  add_decide(verb, arguments->decide, "Model");
  add_compute(verb, arguments->compute);
  return {verb.app, [arguments, &global, &verb] { run_eval(*arguments, global, *verb.app); },
          [arguments] { return needs_libtorch(arguments->compute.device); }};
}

}  // namespace mtnlp::cli
