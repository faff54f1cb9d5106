#include "tasks/reliability.h"

#include "base/error.h"
#include "base/numbers.h"
#include "tasks/task.h"

namespace mtnlp {
namespace {

OrderedJson reliability_json(const Reliability& reliability) {
  return {{"loss", reliability.loss},
          {"brier", reliability.brier},
          {"calibration_error", reliability.calibration_error}};
}

std::string change_text(const char* name, double decided, double raw) {
  return str(name, " ", fixed_text(decided, 4), " (raw ", fixed_text(raw, 4), ")");
}

}  // namespace

OrderedJson calibration_json(const Decision& decision, const Calibration& calibration) {
  return {{"temperature", decision.temperature},
          {"shifted", !decision.shift.empty()},
          {"raw", reliability_json(calibration.raw)},
          {"decided", reliability_json(calibration.decided)}};
}

std::string calibration_text(const std::string& task, const Decision& decision,
                             const Calibration& calibration) {
  const auto& [raw, decided] = calibration;
  return str("  ", task_cell(task), " with the temperature ", fixed_text(decision.temperature, 4),
             decision.shift.empty() ? "" : " and a shift", ": ", change_text("loss", decided.loss, raw.loss),
             ", ", change_text("Brier score", decided.brier, raw.brier), ", ",
             change_text("calibration error", decided.calibration_error, raw.calibration_error), "\n");
}

}  // namespace mtnlp
