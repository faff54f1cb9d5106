#include "cli/train_results.h"

#include <cmath>

#include "base/numbers.h"
#include "eval/evaluator.h"

namespace mtnlp::cli {
namespace {

/// Returns a cell of metrics.csv as a number; "nan" is null.
OrderedJson number_json(const std::string& cell) {
  const double value = parse_number<double>(cell).value_or(NAN);
  return std::isnan(value) ? OrderedJson() : OrderedJson(value);
}

}  // namespace

OrderedJson results_json(const TrainResult& result) {
  constexpr std::string_view kValidation = ".val_";
  OrderedJson json = {{"done", result.done},
                      {"epochs", result.epochs},
                      {"parameters", result.outline.parameters},
                      {"trained_parameters", result.outline.trained},
                      {"score", std::isnan(result.score) ? OrderedJson() : OrderedJson(result.score)},
                      {"best_epoch", OrderedJson()},
                      {"validation", OrderedJson::object()}};
  for (const auto& [column, cell] : result.best_epoch) {
    const size_t at = column.rfind(kValidation);
    if (column == "epoch")
      json["best_epoch"] = number_json(cell);
    else if (at != std::string::npos)
      json["validation"][column.substr(0, at)][column.substr(at + kValidation.size())] = number_json(cell);
  }
  if (!result.test.empty()) json.update(metrics_json(result.tasks, result.test));
  return json;
}

std::string outline_text(const Outline& outline, size_t epochs) {
  const auto millions = [](uint64_t count) { return fixed_text(static_cast<double>(count) / 1e6, 2); };
  return str("steps: ", outline.steps, " (", epochs, " epochs of ", outline.steps_per_epoch,
             ")\nparameters: ", millions(outline.parameters), " million, ", millions(outline.trained),
             " million of them in training\nmemory: about ", outline.bytes >> 20, " MB\n");
}

}  // namespace mtnlp::cli
