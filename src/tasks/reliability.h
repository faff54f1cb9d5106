// How far the probabilities of all answers are from what is true, by the logits alone and by a task's decision.
#pragma once

#include <string>

#include "base/json.h"
#include "tasks/decision.h"

namespace mtnlp {

/// NaN for what is not known.
struct Reliability {
  double loss;               ///< mean cross-entropy of the probabilities, in nats
  double brier;              ///< mean Brier score
  double calibration_error;  ///< see ranked_rows.h
};

/// Both sides of a decision.
struct Calibration {
  Reliability raw, decided;
};

/// Returns {"temperature", "shifted": whether there is a shift, "raw" and "decided": {"loss", "brier",
/// "calibration_error"}}.
OrderedJson calibration_json(const Decision& decision, const Calibration& calibration);
/// Says the same of the task called `task` in a line.
std::string calibration_text(const std::string& task, const Decision& decision,
                             const Calibration& calibration);

}  // namespace mtnlp
