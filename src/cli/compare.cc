#include <algorithm>
#include <iostream>

#include "base/output.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/neighbour.h"
#include "cli/option_groups.h"
#include "cli/rows_to_score.h"
#include "data/encoded_rows.h"
#include "data/known_parts.h"
#include "eval/answers.h"
#include "eval/comparison.h"
#include "eval/evaluator.h"
#include "report/tables.h"
#include "run/run_folder.h"
#include "run/split_record.h"

namespace mtnlp::cli {
namespace {

struct CompareArguments {
  std::string a, b, json;
  std::vector<std::string> predictions;
  Part part = Part::kTest;
  std::optional<double> margin;
  DataArguments data;
  ComputeArguments compute;
};

/// Answers to the rows.
struct Scored {
  std::string name;         ///< of the model or the file
  RowsToScore data;         ///< its tasks are those of the model
  AllMetrics metrics = {};  ///< parallel to the tasks
};

/// Warns of rows that trained `model`: they flatter it.
void warn_of_trained(const std::string& model, const std::vector<Task>& tasks, const RowsToScore& data) {
  const fs::path run = run_of_model(model);
  if (run.empty() || !fs::exists(run / "split.csv")) return;
  const KnownParts known = read_known_parts(run, tasks);
  size_t trained = 0;
  for (const uint32_t row : data.rows) {
    const auto found = known.find(text_key(data.dataset.rows[row].text));
    trained += found != known.end() && found->second == Part::kTrain ? 1 : 0;
  }
  if (trained > 0)
    log_warning(str(model, ": was trained on ", trained, " of the ", data.rows.size(),
                    " rows; on these it looks better than it is"));
}

/// Throws Error unless the model B has the tasks `of_a`, each of the same kind.
void require_tasks_of(const std::string& b, const std::vector<Task>& of_b, const std::vector<Task>& of_a) {
  for (const Task& task : of_a) {
    const auto found = std::ranges::find(of_b, task.name, &Task::name);
    if (found == of_b.end())
      fail_input(b, ": has no task ", shown(task.name),
                 ", which A has; name rows of what both have with --task");
    if (found->kind != task.kind)
      fail_input(b, ": its task ", shown(task.name), " is ", found->kind->name(), ", that of A is ",
                 task.kind->name());
  }
}

/// Returns the tasks that the rows have targets of.
std::vector<Task> answered_tasks(const Scored& scored) {
  std::vector<Task> tasks;
  for (size_t t = 0; t < scored.metrics.size(); ++t)
    if (scored.metrics[t]->rows() > 0) tasks.push_back(scored.data.dataset.tasks[t]);
  return tasks;
}

/// Scores `model` on the files of `arguments`, or on a part of the run of A, whose tasks with rows
/// are `of_a` unless it is A itself.
Scored score_model(const CompareArguments& arguments, const std::string& model, const std::vector<Task>* of_a,
                   const GlobalOptions& global) {
  const ModelFolder held = resolve_model(model), a = resolve_model(arguments.a);
  const Predictor predictor = load(held, {}, arguments.compute, global, /*need_heads=*/true);
  const ModelSettings& settings = predictor.settings();
  const bool of_files = !arguments.data.tasks.empty();
  if (of_a != nullptr) require_tasks_of(model, settings.tasks, *of_a);
  Scored scored{model, of_files ? rows_of_files(arguments.data, settings)
                                : rows_of_run(arguments.a, a.path(), arguments.part, settings)};
  warn_of_trained(model, settings.tasks, scored.data);
  const EncodedRows encoded = encode_to_score(scored.data.dataset, settings, arguments.compute.threads);
  Progress progress("compare", scored.data.rows.size(), "sentences", {.quiet = global.quiet});
  const auto embedded = embed_rows(predictor.embedder(), encoded, scored.data.rows, &progress);
  scored.metrics = evaluate(predictor.heads(), settings.tasks, encoded, embedded);
  return scored;
}

/// Scores the answers in `file`, with `separator` between several labels, to the rows of `data`.
Scored score_file(const std::string& file, const std::string& separator, RowsToScore data) {
  Scored scored{file, std::move(data)};
  std::vector<std::string> warnings;
  scored.metrics = score_answers(file, separator, scored.data.dataset, scored.data.rows, warnings);
  log_warnings(warnings);
  return scored;
}

/// Throws Error unless the rows of both are the same.
void require_same_rows(const Scored& a, const Scored& b) {
  const auto places = [](const RowsToScore& data) {
    std::vector<std::pair<uint32_t, uint32_t>> found;
    for (const uint32_t row : data.rows)
      found.emplace_back(data.dataset.rows[row].source, data.dataset.rows[row].row);
    return found;
  };
  if (places(a.data) != places(b.data))
    fail_input(b.name, ": does not read the same rows as ", a.name,
               ": their text columns differ, and some texts are blank");
}

/// Scores A and B, of which each is a model or a file of predictions.
std::pair<Scored, Scored> score_both(const CompareArguments& arguments, const GlobalOptions& global) {
  const std::vector<std::string>& files = arguments.predictions;
  const std::string& separator = arguments.data.label_separator;
  const size_t models = (arguments.a.empty() ? 0 : 1) + (arguments.b.empty() ? 0 : 1);
  if (models + files.size() != 2)
    fail_input("compare takes two: models, A and B, or files of --predictions in their place; found ", models,
               " of the first and ", files.size(), " of the other");
  if (models == 0) {
    if (arguments.data.tasks.empty())
      fail_input("--predictions without a model needs the labelled rows, as --task NAME=FILE");
    RowsToScore data = all_rows(make_dataset(arguments.data.dataset_options()));
    Scored a = score_file(files[0], separator, data);
    return {std::move(a), score_file(files[1], separator, std::move(data))};
  }
  Scored a = score_model(arguments, arguments.a, nullptr, global);
  const std::vector<Task> tasks = answered_tasks(a);
  Scored b = models == 2 ? score_model(arguments, arguments.b, &tasks, global)
                         : score_file(files[0], separator, a.data);
  require_same_rows(a, b);
  return {std::move(a), std::move(b)};
}

/// Throws Error when --json would change what is compared.
void check_outputs(const CompareArguments& arguments) {
  check_output(arguments.json);
  for (const std::string& file : arguments.predictions)
    if (changes_file(arguments.json, file))
      fail_input(file, ": would be overwritten by --json; write to another file");
  for (const std::string& model : {arguments.a, arguments.b})
    if (!model.empty()) check_output_of_model(arguments.json, model);
}

void run_compare(const CompareArguments& arguments, const GlobalOptions& global, const CLI::App& verb) {
  refuse_idle_options(verb, !arguments.data.tasks.empty());
  if (!arguments.json.empty()) check_outputs(arguments);
  catch_stop_signals();
  const auto [a, b] = score_both(arguments, global);
  const std::vector<Task>&of_a = a.data.dataset.tasks, &of_b = b.data.dataset.tasks;
  std::vector<std::string> names;
  std::vector<Comparison> comparisons;
  for (size_t t = 0; t < of_a.size(); ++t) {
    if (a.metrics[t]->rows() == 0) continue;
    names.push_back(of_a[t].name);
    comparisons.push_back(compare(*a.metrics[t], *b.metrics[require_task(of_b, names.back(), "--task")]));
  }
  if (names.empty()) fail_input("no rows to compare the models on");
  if (arguments.json != "-" && !global.quiet)
    std::cout << str("A: ", printable(a.name), "\nB: ", printable(b.name), "\n",
                     comparison_text(names, comparisons, arguments.margin))
              << std::flush;
  if (arguments.json.empty()) return;
  OrderedJson json = {{"a", a.name}, {"b", b.name}, {"tasks", OrderedJson::object()}};
  for (size_t t = 0; t < names.size(); ++t)
    json["tasks"][names[t]] = to_json(comparisons[t], arguments.margin);
  write_json(arguments.json, json);
}

}  // namespace

Verb setup_compare(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<CompareArguments>();
  VerbTable& verb =
      add_verb(root, "compare", "Say whether one model is better than another on the same rows");
  OptionGroup(verb).argument("A", arguments->a, "Run folder or checkpoint folder");
  OptionGroup(verb).argument("B", arguments->b, "Run folder or checkpoint folder");
  add_part(verb, arguments->part, "Part of A's run whose rows both answer");
  add_labelled_files(verb, arguments->data,
                     "Labelled rows of task NAME, answered in place of a part of A's run; may be repeated");
  OptionGroup(verb).list(
      "--predictions", arguments->predictions, "FILE",
      "Answers of any program in place of a model: a row for each row of the labelled file, "
      "in its order, with a column NAME for each task; may be repeated");
  OptionGroup(verb).number("--margin", arguments->margin, {0.0, 1.0},
                           "Difference of accuracy that does not matter: models whose difference surely lies "
                           "within it are called equal");
  add_json(verb, arguments->json, "the comparison");
  add_compute(verb, arguments->compute);
  return {verb.app, [arguments, &global, &verb] { run_compare(*arguments, global, *verb.app); },
          [arguments] { return needs_libtorch(arguments->compute.device); }};
}

}  // namespace mtnlp::cli
