// What a report says of one task of a run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/dataset.h"
#include "eval/coverage.h"
#include "eval/scored_rows.h"
#include "eval/slices.h"
#include "infer/explain.h"

namespace mtnlp {

struct FigureFact {
  std::string key, title;
  double value;
  Interval95 interval;  ///< NaN for none
  bool own_unit;        ///< see Figure
};

/// A share, and its interval.
struct ShareFact {
  double value = 0;
  Interval95 interval = {};
};

struct ClassFact {
  std::string label;
  uint64_t rows = 0;
  ShareFact precision, recall, f1;
  double threshold;  ///< probability from which it is given; NaN where the most probable one is
};

/// How often the label `gold` got the answer `guess`, places among the classes.
struct ConfusionCell {
  size_t gold, guess;
  uint64_t rows;
};

/// How confidence and truth go together, by the logits alone or by the task's decision.
struct CalibrationFacts {
  std::vector<ConfidenceBin> bins;
  double error = 0, brier = 0;  ///< calibration error, Brier score; NaN where not known
};

/// What answers that reach an accuracy on the validation part do on the rows that were scored.
struct TrustFact {
  double accuracy;
  std::optional<Coverage> scored;
};

/// When an answer may be trusted.
struct ConfidenceFacts {
  bool several =
      false;  ///< a row may have several labels, which are all right or not; the least sure one counts
  double temperature = 1;   ///< of the decision
  bool shifted = false;     ///< whether the decision has a shift
  bool thresholds = false;  ///< whether it has thresholds
  CalibrationFacts calibration;
  std::optional<CalibrationFacts> raw;  ///< by the logits alone, where there is a decision
  std::vector<Coverage> coverage;
  std::vector<TrustFact> trust;
};

/// A row with a wrong answer.
struct WrongRow {
  uint32_t id;  ///< of the row
  std::string file;
  size_t row;                       ///< number in the file from 1, the header not counted
  std::string text, label, answer;  ///< the text as shown_segments gives it
  double confidence;                ///< NaN where not known
  double error;                     ///< see RowFigures::error
  Explanation words;                ///< what each word adds to the wrong answer; empty where not known
};

struct TaskFacts {
  std::string name, kind, outline;
  OrderedJson scores;  ///< as test.json has them
  uint64_t rows = 0;
  std::vector<FigureFact> figures;            ///< those with a title in tables first
  size_t headlines = 0;                       ///< number of these
  std::vector<ClassFact> classes;             ///< empty for a kind without labels
  std::vector<ConfusionCell> confusion;       ///< cells that are not 0; empty for a kind without it
  std::optional<ConfidenceFacts> confidence;  ///< none for a kind that does not say how sure it is
  std::vector<Slice> slices;                  ///< where it fails; empty where not looked at
  size_t wrong = 0;                           ///< rows
  std::vector<WrongRow> errors;  ///< kMostErrors of them, the most confident first, else the farthest off
};

inline constexpr size_t kMostErrors = 20;

/// What facts of a task are made of.
struct TaskAnswers {
  const Task& task;
  const Dataset& dataset;
  const ScoredRows& scored;      ///< with rows
  const ScoredRows& validation;  ///< where confidences are taken from
  std::span<const Grouping> groupings = {};
};

TaskFacts task_facts(const TaskAnswers& answers);

/// Returns the scores and, beside them, "outline", "calibration_bins", "raw_calibration", "coverage_curve",
/// "for_accuracies", "slices", "wrong" and "errors".
OrderedJson task_json(const TaskFacts& task);

}  // namespace mtnlp
