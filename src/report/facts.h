// All that a report says of runs, as plain facts: the page (page.h) and its JSON are written from them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/statistics.h"
#include "data/data_check.h"
#include "eval/comparison.h"
#include "eval/coverage.h"
#include "report/task_facts.h"
#include "run/metrics_table.h"

namespace mtnlp {

/// An option of train in a run.
struct OptionFact {
  std::string name;  ///< "--epochs"
  std::vector<std::string> values;
  bool is_default = false;
};

/// How often a run's data was gone through, and what that gave.
struct EpochFacts {
  MetricsTable table{{}};        ///< metrics.csv
  std::optional<size_t> chosen;  ///< row of the checkpoint that was scored
};

struct RunFacts {
  std::string name;         ///< folder, as the user named it
  std::string note;         ///< setting, of a run of a sweep
  std::string checkpoint;   ///< name of the folder that was scored
  OrderedJson model;        ///< see model_info.h
  Part part = Part::kTest;  ///< what was scored: the validation part where there are no test rows
  EpochFacts epochs;
  std::vector<TaskFacts> tasks;  ///< those with rows
  DataCheck data;
  std::vector<std::string> warnings;  ///< about the data, and of the training
  std::vector<OptionFact> options;
  std::string command;  ///< trains the run again
};

/// Two runs on the rows of a task that both were scored on.
struct PairFacts {
  size_t a = 0, b = 0;  ///< indices of runs
  std::string task;
  Comparison comparison;
  double p = 1;  ///< corrected for the number of pairs of this task (Holm)

  /// Says what is shown of B by the corrected p.
  Verdict verdict() const;
};

/// What a sweep says of its settings, the best first.
struct SweepFacts {
  struct Setting {
    std::string text;
    uint64_t epochs = 0;
    size_t failed = 0;  ///< runs without a result
    Estimate score;     ///< over the seeds
  };
  std::string name;     ///< folder
  std::string verdict;  ///< one sentence
  std::vector<Setting> settings;
};

struct ReportFacts {
  std::vector<RunFacts> runs;
  std::vector<PairFacts> pairs;
  std::vector<SweepFacts> sweeps;
};

/// Returns "A" for the first run, "B" for the second, at most kMostRuns of them.
std::string run_letter(size_t run);
inline constexpr size_t kMostRuns = 26;

/// Returns the epochs of `run`, of which `checkpoint` was scored; none before the first has ended.
EpochFacts epoch_facts(const fs::path& run, const fs::path& checkpoint);

/// Returns the warnings of `data`, and those in the log of `run` that say something else.
std::vector<std::string> all_warnings(const fs::path& run, const DataCheck& data);

/// A run's answers, to be paired with those of another.
struct RunAnswers {
  const std::vector<Task>& tasks;
  const std::vector<DatasetRow>& rows;
  const std::vector<ScoredRows>& scored;  ///< parallel to `tasks`
};

/// Compares each two of the first kMostPaired runs, and the others with the first, in the tasks that both have, on the
/// rows that both were scored on: those with equal texts and targets.
std::vector<PairFacts> compare_runs(const std::vector<RunAnswers>& runs);
inline constexpr size_t kMostPaired = 6;

/// Returns every number of the page and more: {"runs": [{"letter", "run", "checkpoint", "model", "epochs", "part",
/// "tasks", "data", "warnings",
/// "options", "command"}], "pairs", "sweeps"}; "tasks" has for each task what test.json has, and
/// beside it what task_json adds.
OrderedJson report_json(const ReportFacts& facts);

}  // namespace mtnlp
