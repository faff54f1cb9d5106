#include <algorithm>
#include <map>

#include "base/output.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/neighbour.h"
#include "cli/option_groups.h"
#include "cli/rows_to_score.h"
#include "cli/train_command.h"
#include "cli/train_options.h"
#include "data/encoded_rows.h"
#include "eval/scored_rows.h"
#include "report/model_info.h"
#include "report/page.h"
#include "run/options_file.h"
#include "run/run_folder.h"
#include "sweep/summary.h"
#include "text/segments.h"

namespace mtnlp::cli {
namespace {

constexpr size_t kMostSettings = 4;  ///< of a sweep whose runs are in a report

struct ReportArguments {
  std::vector<std::string> runs;
  std::string out = "report.html", json;
  ComputeArguments compute;
};

/// A run to report on.
struct NamedRun {
  std::string path;
  std::string setting = {};  ///< of a run of a sweep
};

/// A run and its answers.
struct ScoredRun {
  RunFacts facts;
  Dataset dataset;
  std::vector<ScoredRows> scored = {};  ///< parallel to the tasks of the data set
};

/// Adds the first run of each of the best settings of `sweep`, and what the sweep says of all.
void add_sweep(const std::string& sweep, std::vector<NamedRun>& runs, ReportFacts& facts) {
  const SweepRecord record = SweepRecord::read(sweep);
  const std::vector<SettingSummary> summaries = summarize(record);
  SweepFacts& own = facts.sweeps.emplace_back(SweepFacts{sweep, verdict(record, summaries), {}});
  size_t taken = 0;
  for (const SettingSummary& summary : summaries) {
    const std::string text = setting_text(record.settings[summary.setting]);
    own.settings.push_back({text, summary.epochs, summary.failed, summary.score});
    for (const uint64_t seed : record.seeds) {
      const auto found = record.runs.find(run_name(summary.setting, seed));
      if (taken == kMostSettings || found == record.runs.end() || !found->second.failure.empty()) continue;
      runs.push_back({(fs::path(sweep) / "runs" / found->first).string(), text});
      ++taken;
      break;
    }
  }
  if (taken == 0) fail_input(sweep, ": is a sweep in which no run has a result yet");
}

std::vector<NamedRun> find_runs(const std::vector<std::string>& named, ReportFacts& facts) {
  std::vector<NamedRun> runs;
  for (const std::string& name : named) {
    if (fs::exists(fs::path(name) / "sweep.json"))
      add_sweep(name, runs, facts);
    else
      runs.push_back({name});
  }
  if (runs.size() > kMostRuns) fail_input("report takes at most ", kMostRuns, " runs; found ", runs.size());
  for (const NamedRun& run : runs)
    if (const ModelFolder held = resolve_model(run.path); run_of_model(run.path).empty())
      fail_input(run.path, ": is not a run folder, which alone says how a model was trained");
  return runs;
}

/// Returns the options of `run` as train has them, and the command that trains it again.
void take_options_of(const fs::path& run, RunFacts& facts) {
  const fs::path file = run / "options.toml";
  if (!fs::exists(file)) return;
  CLI::App app;
  VerbTable root = make_table(app);
  TrainArguments arguments;
  const VerbTable& train = add_train(root, arguments);
  OptionWords words;
  for (const auto& [key, values, line] : read_options(file)) {
    const std::string name = "--" + key;
    const auto row = std::ranges::find(train.options, name, [](const OptionRow& own) { return own.name(); });
    const bool known = row != train.options.end(), flag = known && row->flag;
    const std::vector<std::string> usual = {flag ? "false" : known ? row->default_value : ""};
    facts.options.push_back({name, values, values == usual});
    if (facts.options.back().is_default) continue;
    for (const std::string& value : values)
      words.emplace_back(name, flag ? std::nullopt : std::optional(value));
  }
  facts.command = command_text("mtnlp train", words);
}

/// Says of the errors of `facts` what each word adds to the wrong answer.
void explain_errors(const Explainer& explainer, const Predictor& predictor, const Dataset& dataset,
                    TaskFacts& facts) {
  const std::vector<Task>& tasks = predictor.settings().tasks;
  const auto task = std::ranges::find(tasks, facts.name, &Task::name);
  if (facts.errors.empty() || !Explainer::explains(*task)) return;
  std::vector<std::string> texts;
  for (const WrongRow& row : facts.errors) texts.push_back(dataset.rows[row.id].text);
  std::vector<Segments> segments;
  for (const std::string& text : texts) segments.push_back(segments_of(text));
  auto explained = explainer.explain(texts, predictor.outputs(predictor.embed(segments)));
  for (size_t i = 0; i < texts.size(); ++i)
    facts.errors[i].words = std::move(explained[i][static_cast<size_t>(task - tasks.begin())]);
}

/// Scores a run on its test part, or its validation part where that has no rows, and finds all facts.
ScoredRun score_run(const NamedRun& named, const ReportArguments& arguments, const GlobalOptions& global) {
  const ModelFolder held = resolve_model(named.path);
  const fs::path run = run_of_model(named.path);
  const Predictor predictor = load(held, {}, arguments.compute, global, /*need_heads=*/true);
  const ModelSettings& settings = predictor.settings();
  SplitRecord record = record_of_run(named.path, held, settings);
  const EncodedRows encoded = encode_to_score(record.dataset, settings, arguments.compute.threads);
  const auto score = [&](Part part) {
    const std::vector<uint32_t> rows = rows_of_part(record.parts, part);
    Progress progress(part_name(part), rows.size(), "sentences", {.quiet = global.quiet});
    const auto embedded = embed_rows(predictor.embedder(), encoded, rows, &progress);
    return score_rows(predictor.heads(), settings.tasks, encoded, embedded);
  };
  const std::vector<ScoredRows> validation = score(Part::kValidation);
  ScoredRun result{{}, std::move(record.dataset), score(Part::kTest)};
  RunFacts& facts = result.facts;
  if (std::ranges::all_of(result.scored, [](const ScoredRows& own) { return own.size() == 0; })) {
    facts.part = Part::kValidation;
    result.scored = validation;
  }
  facts.name = named.path;
  facts.note = named.setting;
  facts.checkpoint = held.path().filename().string();
  facts.model = model_info(named.path);
  facts.epochs = epoch_facts(run, held);
  const std::vector<Grouping> groupings =
      usual_groupings(result.dataset, encoded, rows_of_part(record.parts, facts.part), settings);
  for (size_t t = 0; t < settings.tasks.size(); ++t)
    if (result.scored[t].size() > 0)
      facts.tasks.push_back(
          task_facts({settings.tasks[t], result.dataset, result.scored[t], validation[t], groupings}));
  if (Explainer::can_hide(*settings.tokenizer, held.path())) {
    const Explainer explainer(predictor, held.path());
    for (TaskFacts& task : facts.tasks) explain_errors(explainer, predictor, result.dataset, task);
  }
  if (facts.tasks.empty())
    fail_input(named.path, ": has no row to be scored on, in its test and validation part");
  facts.data = check_data(result.dataset, record.parts, settings.tokenizer.get(), settings.cut,
                          arguments.compute.threads);
  facts.warnings = all_warnings(run, facts.data);
  take_options_of(run, facts);
  return result;
}

/// Throws Error when an output cannot be written, or would change a run or the other output.
void check_outputs(const ReportArguments& arguments, const std::vector<NamedRun>& runs) {
  for (const std::string& file : {arguments.out, arguments.json})
    if (!file.empty())
      for (const NamedRun& run : runs) check_output_of_model(file, run.path);
  if (!arguments.json.empty() &&
      (arguments.json == arguments.out || changes_file(arguments.json, arguments.out)))
    fail_input("--out and --json name one file, ", arguments.out, "; write to two");
}

void run_report(const ReportArguments& arguments, const GlobalOptions& global) {
  ReportFacts facts;
  const std::vector<NamedRun> named = find_runs(arguments.runs, facts);
  check_outputs(arguments, named);
  catch_stop_signals();
  std::vector<ScoredRun> runs;
  for (const NamedRun& one : named) runs.push_back(score_run(one, arguments, global));
  std::vector<RunAnswers> answers;
  for (ScoredRun& run : runs) {
    facts.runs.push_back(std::move(run.facts));
    answers.push_back({run.dataset.tasks, run.dataset.rows, run.scored});
  }
  facts.pairs = compare_runs(answers);
  OutputFile page(arguments.out);
  page.stream() << report_page(facts);
  if (!arguments.json.empty()) write_json(arguments.json, report_json(facts));
  page.commit();
  if (arguments.out != "-") log_info("the report is in " + arguments.out);
}

}  // namespace

Verb setup_report(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<ReportArguments>();
  VerbTable& verb = add_verb(root, "report", "Write all about runs as one page for a browser");
  OptionGroup(verb)
      .arguments(
          "RUN", arguments->runs,
          "Run folder, or the folder of a sweep, of which the best settings are taken; of several runs each "
          "two are compared")
      .require();
  OptionGroup(verb, "Output").text("--out", arguments->out, "FILE", "Page to write; - is standard output");
  OptionGroup(verb, "Output")
      .text("--json", arguments->json, "FILE",
            "File that gets every number of the page as JSON; - is standard output");
  add_compute(verb, arguments->compute);
  return {verb.app, [arguments, &global] { run_report(*arguments, global); },
          [arguments] { return needs_libtorch(arguments->compute.device); }};
}

}  // namespace mtnlp::cli
