#include "eval/coverage.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/numbers.h"

namespace mtnlp {

Coverage coverage_at(const RowFigures& figures, size_t rows, double confidence) {
  Coverage coverage{confidence, rows};
  for (size_t row = 0; row < rows; ++row) {
    if (!(figures.confidence(row) >= confidence)) continue;
    ++coverage.kept;
    coverage.right += figures.error(row) == 0 ? 1 : 0;
  }
  return coverage;
}

std::optional<Coverage> coverage_for(const RowFigures& figures, size_t rows, double accuracy) {
  std::vector<std::pair<double, bool>> answers;  // confidence, right
  for (size_t row = 0; row < rows; ++row)
    answers.emplace_back(figures.confidence(row), figures.error(row) == 0);
  std::ranges::sort(answers, std::greater(), &std::pair<double, bool>::first);
  std::optional<Coverage> best;
  size_t right = 0;
  for (size_t i = 0; i < rows; ++i) {
    right += answers[i].second ? 1 : 0;
    const bool last_of_tie = i + 1 == rows || answers[i + 1].first != answers[i].first;
    const Coverage here{answers[i].first, rows, i + 1, right};
    if (last_of_tie && here.accuracy() >= accuracy) best = here;
  }
  return best;
}

std::string coverage_text(double accuracy, const std::optional<Coverage>& validation,
                          const std::optional<Coverage>& scored) {
  const auto share = [](size_t hits, size_t trials) {
    return fixed_text(static_cast<double>(hits) / static_cast<double>(trials), 4) + " (" +
           interval_text(wilson_interval(hits, trials)) + ")";
  };
  if (!validation || !scored)
    return str("no confidence gives an accuracy of ", number_text(accuracy), " on the validation part");
  std::string text = str("answers of a confidence from ", fixed_text(scored->confidence, 4), " reach ",
                         number_text(accuracy), " on the validation part; here they are ",
                         share(scored->kept, scored->rows), " of all");
  if (scored->kept > 0) text += str(", and ", share(scored->right, scored->kept), " of them right");
  return text;
}

OrderedJson coverage_json(double accuracy, const std::optional<Coverage>& scored) {
  OrderedJson json = {{"accuracy", accuracy}};
  for (const char* key :
       {"confidence", "coverage", "coverage_ci95", "covered_accuracy", "covered_accuracy_ci95"})
    json[key] = OrderedJson();
  if (!scored) return json;
  json["confidence"] = scored->confidence;
  json["coverage"] = scored->share();
  json["coverage_ci95"] = wilson_interval(scored->kept, scored->rows);
  if (scored->kept == 0) return json;
  json["covered_accuracy"] = scored->accuracy();
  json["covered_accuracy_ci95"] = wilson_interval(scored->right, scored->kept);
  return json;
}

}  // namespace mtnlp
