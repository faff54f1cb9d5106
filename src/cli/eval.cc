#include <algorithm>
#include <iostream>
#include <optional>

#include "base/signals.h"
#include "cli/cli.h"
#include "cli/neighbour.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "cli/rows_to_score.h"
#include "data/encoded_rows.h"
#include "eval/coverage.h"
#include "eval/evaluator.h"
#include "report/tables.h"
#include "run/run_folder.h"

namespace mtnlp::cli {
namespace {

struct EvalArguments {
  std::string model, json;
  Part part = Part::kTest;
  std::optional<double> for_accuracy;
  DataArguments data;
  PromptChoice prompt;
  std::optional<Decide> decide;
  ComputeArguments compute;
};

AllMetrics score_rows(const Predictor& predictor, const RowsToScore& data, int threads, bool quiet) {
  const ModelSettings& model = predictor.settings();
  const EncodedRows encoded =
      encode_rows(data.dataset, *model.tokenizer, model.max_length, model.truncation, threads);
  warn_if_truncated(encoded.truncated, encoded.size(), model.max_length);
  Progress progress("eval", data.rows.size(), "sentences", {.quiet = quiet});
  return evaluate(predictor.embedder(), predictor.heads(), model.tasks, encoded, data.rows, &progress);
}

/// Which answers to the rows of a task reach the accuracy of --for-accuracy.
struct TaskCoverage {
  std::string task;
  std::optional<Coverage> validation, scored;
};

/// Finds for each task the confidence in the validation part, and what it does in the rows of `metrics`.
std::vector<TaskCoverage> cover(const EvalArguments& arguments, const fs::path& checkpoint,
                                const Predictor& predictor, const AllMetrics& metrics, bool quiet) {
  const std::vector<Task>& tasks = predictor.settings().tasks;
  const RowsToScore part = rows_of_run(arguments.model, checkpoint, Part::kValidation, predictor.settings());
  const AllMetrics validation = score_rows(predictor, part, arguments.compute.threads, quiet);
  std::vector<TaskCoverage> covered;
  for (size_t t = 0; t < tasks.size(); ++t) {
    if (metrics[t]->rows() == 0 || !tasks[t].kind->has_labels()) continue;
    TaskCoverage& own = covered.emplace_back(TaskCoverage{tasks[t].name, {}, {}});
    own.validation =
        coverage_for(*validation[t]->row_figures(), validation[t]->rows(), *arguments.for_accuracy);
    if (own.validation)
      own.scored = coverage_at(*metrics[t]->row_figures(), metrics[t]->rows(), own.validation->confidence);
  }
  return covered;
}

void write_results(const EvalArguments& arguments, const std::string& title, const std::vector<Task>& tasks,
                   const AllMetrics& metrics, const std::vector<TaskCoverage>& covered, bool quiet) {
  if (arguments.json != "-" && !quiet) {
    std::cout << metrics_table(tasks, metrics, title);
    for (const TaskCoverage& own : covered)
      std::cout << "\n"
                << task_cell(own.task) << ": "
                << coverage_text(*arguments.for_accuracy, own.validation, own.scored) << "\n";
    std::cout << std::flush;
  }
  if (arguments.json.empty()) return;
  OrderedJson json = metrics_json(tasks, metrics);
  for (const TaskCoverage& own : covered)
    json["tasks"][own.task]["for_accuracy"] = coverage_json(*arguments.for_accuracy, own.scored);
  write_json(arguments.json, json);
}

void run_eval(const EvalArguments& arguments, const GlobalOptions& global, const CLI::App& verb) {
  refuse_idle_options(verb, !arguments.data.tasks.empty());
  if (!arguments.json.empty()) check_output_of_model(arguments.json, arguments.model);
  catch_stop_signals();
  const ModelFolder held = resolve_model(arguments.model);
  const fs::path& checkpoint = held.path();
  if (arguments.for_accuracy && run_of_model(arguments.model).empty())
    fail_input(arguments.model, ": is not in a run folder, so it has no validation part for --for-accuracy");
  const Predictor predictor = load(checkpoint, {.prompt = arguments.prompt, .decide = arguments.decide},
                                   arguments.compute, global, /*need_heads=*/true);
  const ModelSettings& model = predictor.settings();
  const auto has_labels = [](const Task& task) { return task.kind->has_labels(); };
  if (arguments.for_accuracy && std::ranges::none_of(model.tasks, has_labels))
    fail_input("--for-accuracy: no task of ", arguments.model,
               " has labels, so that an answer is right or wrong");
  const bool of_files = !arguments.data.tasks.empty();
  const RowsToScore data = of_files ? rows_of_files(arguments.data, model)
                                    : rows_of_run(arguments.model, checkpoint, arguments.part, model);
  const AllMetrics metrics = score_rows(predictor, data, arguments.compute.threads, global.quiet);
  std::vector<TaskCoverage> covered;
  if (arguments.for_accuracy) covered = cover(arguments, checkpoint, predictor, metrics, global.quiet);
  const std::string title = of_files ? "given files, " + checkpoint.string()
                                     : str(part_name(arguments.part), " part, ", checkpoint.string());
  write_results(arguments, title, model.tasks, metrics, covered, global.quiet);
}

}  // namespace

Verb setup_eval(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<EvalArguments>();
  VerbTable& verb = add_verb(root, "eval", "Score a checkpoint on a part of its run or on labelled files");
  OptionGroup(verb).argument("MODEL", arguments->model, "Run folder or checkpoint folder").require();
  add_part(verb, arguments->part, "Part of the run to score");
  add_labelled_files(verb, arguments->data,
                     "Labelled rows of task NAME, scored in place of a part of the run; may be repeated");
  OptionGroup(verb).number(
      "--for-accuracy", arguments->for_accuracy, {0.0, 1.0},
      "Share of right answers to reach: says which confidence gives it in the validation "
      "part, and what answers of that confidence are worth");
  add_json(verb, arguments->json, "the metrics");
  add_prompt(verb, arguments->prompt, "Model");
  add_decide(verb, arguments->decide, "Model");
  add_compute(verb, arguments->compute);
  return {verb.app, [arguments, &global, &verb] { run_eval(*arguments, global, *verb.app); },
          [arguments] { return needs_libtorch(arguments->compute.device); }};
}

}  // namespace mtnlp::cli
