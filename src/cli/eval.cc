#include <algorithm>
#include <iostream>
#include <optional>

#include "base/log.h"
#include "base/output.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/neighbour.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "cli/rows_to_score.h"
#include "data/encoded_rows.h"
#include "data/row_places.h"
#include "eval/coverage.h"
#include "eval/evaluator.h"
#include "eval/mistakes.h"
#include "eval/slices.h"
#include "report/tables.h"
#include "run/run_folder.h"
#include "tasks/task_kind.h"

namespace mtnlp::cli {
namespace {

struct EvalArguments {
  std::string model, json, errors;
  std::vector<std::string> slice_columns;
  bool slices = false;
  Part part = Part::kTest;
  std::optional<double> for_accuracy;
  DataArguments data;
  PromptChoice prompt;
  std::optional<Decide> decide;
  ComputeArguments compute;
};

/// What a model makes of rows.
struct ScoredData {
  EncodedRows encoded;
  AllMetrics metrics;
  std::vector<AnsweredRows> answered = {};  ///< parallel to the metrics
};

ScoredData score_data(const Predictor& predictor, const RowsToScore& data, int threads, bool quiet) {
  const ModelSettings& model = predictor.settings();
  ScoredData scored{encode_to_score(data.dataset, model, threads), {}};
  scored.answered.resize(model.tasks.size());
  Progress progress("eval", data.rows.size(), "sentences", {.quiet = quiet});
  scored.metrics =
      evaluate(predictor.embedder(), predictor.heads(), model.tasks, scored.encoded, data.rows, &progress,
               [&](size_t task, uint32_t row, std::span<const float> outputs) {
                 AnsweredRows& own = scored.answered[task];
                 own.rows.push_back(row);
                 own.answers.push_back(model.tasks[task].kind->answer_text(model.tasks[task], outputs));
               });
  return scored;
}

/// Returns the slices of each task, in which the rows are cut by what is asked for.
std::vector<std::vector<Slice>> cut_slices(const EvalArguments& arguments, const RowsToScore& data,
                                           const ScoredData& scored, const ModelSettings& model) {
  std::vector<Grouping> groupings = usual_groupings(data.dataset, scored.encoded, data.rows, model);
  if (!arguments.slice_columns.empty()) {
    const std::vector<RowPlace> places = read_places(data.dataset, data.rows, arguments.slice_columns);
    for (size_t i = 0; i < arguments.slice_columns.size(); ++i)
      groupings.push_back(
          group_by_column(arguments.slice_columns[i], i, places, data.rows, data.dataset.rows.size()));
  }
  std::vector<std::vector<Slice>> slices;
  for (size_t task = 0; task < scored.metrics.size(); ++task)
    slices.push_back(slices_of(*scored.metrics[task]->row_figures(), scored.answered[task].rows, groupings));
  return slices;
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
  const AllMetrics validation = score_data(predictor, part, arguments.compute.threads, quiet).metrics;
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

/// All that is said of the rows.
struct Results {
  std::string title;
  ScoredData scored;
  std::vector<TaskCoverage> covered = {};
  std::vector<std::vector<Slice>> slices = {};  ///< parallel to the metrics; empty where none are asked for
};

void print_results(const EvalArguments& arguments, const std::vector<Task>& tasks, const Results& results) {
  std::cout << metrics_table(tasks, results.scored.metrics, results.title);
  for (const TaskCoverage& own : results.covered)
    std::cout << "\n"
              << task_cell(own.task) << ": "
              << coverage_text(*arguments.for_accuracy, own.validation, own.scored) << "\n";
  for (size_t task = 0; task < results.slices.size(); ++task)
    if (results.scored.metrics[task]->rows() > 0)
      std::cout << "\n" << slices_text(tasks[task].name, results.slices[task]);
  std::cout << std::flush;
}

void write_results(const EvalArguments& arguments, const std::vector<Task>& tasks, const Results& results) {
  OrderedJson json = metrics_json(tasks, results.scored.metrics);
  for (const TaskCoverage& own : results.covered)
    json["tasks"][own.task]["for_accuracy"] = coverage_json(*arguments.for_accuracy, own.scored);
  for (size_t task = 0; task < results.slices.size(); ++task)
    if (results.scored.metrics[task]->rows() > 0)
      json["tasks"][tasks[task].name]["slices"] = slices_json(results.slices[task]);
  write_json(arguments.json, json);
}

void write_errors(const std::string& file, const Dataset& dataset, const ScoredData& scored) {
  OutputFile out(file);
  const size_t mistakes = write_mistakes(out.stream(), dataset, scored.metrics, scored.answered);
  out.commit();
  log_info(str(mistakes, mistakes == 1 ? " wrong answer, " : " wrong answers, the surest first: ", file));
}

/// Throws Error for outputs and options that cannot be.
void check_arguments(const EvalArguments& arguments, const CLI::App& verb) {
  refuse_idle_options(verb, !arguments.data.tasks.empty());
  if (!arguments.json.empty()) check_output_of_model(arguments.json, arguments.model);
  if (!arguments.errors.empty()) check_output_of_model(arguments.errors, arguments.model);
  if (!arguments.errors.empty() && arguments.errors == arguments.json)
    fail_input("--errors and --json are both ", arguments.json);
  if (arguments.errors == "-") fail_input("--errors - is not a file; standard output is for the figures");
}

void run_eval(const EvalArguments& arguments, const GlobalOptions& global, const CLI::App& verb) {
  check_arguments(arguments, verb);
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
  Results results{of_files ? "given files, " + checkpoint.string()
                           : str(part_name(arguments.part), " part, ", checkpoint.string()),
                  score_data(predictor, data, arguments.compute.threads, global.quiet)};
  if (arguments.for_accuracy)
    results.covered = cover(arguments, checkpoint, predictor, results.scored.metrics, global.quiet);
  if (arguments.slices || !arguments.slice_columns.empty())
    results.slices = cut_slices(arguments, data, results.scored, model);
  if (!arguments.errors.empty()) write_errors(arguments.errors, data.dataset, results.scored);
  if (arguments.json != "-" && !global.quiet) print_results(arguments, model.tasks, results);
  if (!arguments.json.empty()) write_results(arguments, model.tasks, results);
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
  OptionGroup(verb).flag(
      "--slices", arguments->slices,
      "Score rows by length, source and truncation too, and name slices that are worse than the "
      "other rows beyond noise");
  OptionGroup(verb).list(
      "--slice", arguments->slice_columns, "COLUMN",
      "Column of the files by whose values rows are scored, beside those of --slices; may be "
      "repeated");
  OptionGroup(verb).text("--errors", arguments->errors, "FILE",
                         "CSV file for all wrong answers, the surest first: task, file, line, text, label, "
                         "predicted, probability");
  add_json(verb, arguments->json, "the metrics");
  add_prompt(verb, arguments->prompt, "Model");
  add_decide(verb, arguments->decide, "Model");
  add_compute(verb, arguments->compute);
  return {verb.app, [arguments, &global, &verb] { run_eval(*arguments, global, *verb.app); },
          [arguments] { return needs_libtorch(arguments->compute.device); }};
}

}  // namespace mtnlp::cli
