#include "eval/coverage.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/numbers.h"

namespace mtnlp {
namespace {

/// Rounds a confidence down to six digits, so that it can be shown and typed, and keeps no fewer rows then.
double typable(double confidence) {
  constexpr double kParts = 1e6;
  return std::floor(confidence * kParts) / kParts;
}

struct RankedAnswer {
  double confidence;
  bool right;
};

/// Returns the answers, the most confident first.
std::vector<RankedAnswer> ranked_answers(const RowFigures& figures, size_t rows) {
  std::vector<RankedAnswer> answers;
  for (size_t row = 0; row < rows; ++row)
    answers.push_back({figures.confidence(row), figures.error(row) == 0});
  std::ranges::stable_sort(answers, std::greater(), &RankedAnswer::confidence);
  return answers;
}

/// Calls use(Coverage) for each confidence that occurs, rounded down to six digits, the largest first.
template <typename Use>
void for_coverages(const std::vector<RankedAnswer>& answers, Use use) {
  size_t right = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    right += answers[i].right ? 1 : 0;
    const double confidence = typable(answers[i].confidence);
    const bool last_of_tie = i + 1 == answers.size() || typable(answers[i + 1].confidence) != confidence;
    if (last_of_tie) use(Coverage{confidence, answers.size(), i + 1, right});
  }
}

}  // namespace

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
  std::optional<Coverage> best;
  for_coverages(ranked_answers(figures, rows), [&](const Coverage& here) {
    if (here.accuracy() >= accuracy) best = here;
  });
  return best;
}

bool tells_confidence(const RowFigures& figures, size_t rows) {
  if (!figures.right_or_wrong()) return false;
  for (size_t row = 0; row < rows; ++row)
    if (const double confidence = figures.confidence(row); !(confidence >= 0 && confidence <= 1))
      return false;
  return rows > 0;
}

std::vector<Coverage> coverage_curve(const RowFigures& figures, size_t rows, size_t most) {
  std::vector<Coverage> curve;
  size_t next = 1;  // rows from which the next point is taken
  for_coverages(ranked_answers(figures, rows), [&](const Coverage& here) {
    if (here.kept < next && here.kept < rows) return;
    curve.push_back(here);
    next = here.kept + std::max<size_t>(1, rows / most);
  });
  return curve;
}

std::vector<ConfidenceBin> confidence_bins(const RowFigures& figures, size_t rows, size_t bins) {
  std::vector<RankedAnswer> answers = ranked_answers(figures, rows);
  std::ranges::reverse(answers);
  bins = std::min(bins, rows);
  std::vector<ConfidenceBin> result(bins);
  for (size_t bin = 0; bin < bins; ++bin) {
    ConfidenceBin& own = result[bin];
    for (size_t i = bin * rows / bins; i < (bin + 1) * rows / bins; ++i) {
      ++own.rows;
      own.right += answers[i].right ? 1 : 0;
      own.confidence += answers[i].confidence;
    }
    own.confidence /= static_cast<double>(own.rows);
  }
  return result;
}

std::string coverage_text(double accuracy, const std::optional<Coverage>& validation,
                          const std::optional<Coverage>& scored) {
  const auto share = [](size_t hits, size_t trials) {
    return fixed_text(static_cast<double>(hits) / static_cast<double>(trials), 4) + " (" +
           interval_text(wilson_interval(hits, trials)) + ")";
  };
  if (!validation || !scored)
    return str("no confidence gives an accuracy of ", number_text(accuracy), " on the validation part");
  std::string text = str("answers of a confidence from ", fixed_text(scored->confidence, 6), " reach ",
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
