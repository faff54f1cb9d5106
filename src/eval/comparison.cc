#include "eval/comparison.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/numbers.h"
#include "base/statistics.h"

namespace mtnlp {
namespace {

/// Returns the figures that are known of both and in one unit.
std::vector<FigurePair> pair_figures(const RowFigures& a, const RowFigures& b, size_t rows) {
  const std::vector<uint32_t> once(rows, 1);
  const std::vector<double> of_a = a.values(once), of_b = b.values(once);
  const auto differences = [&](std::span<const uint32_t> counts) {
    std::vector<double> values = b.values(counts);
    const std::vector<double> before = a.values(counts);
    for (size_t i = 0; i < values.size(); ++i) values[i] -= before[i];
    return values;
  };
  const std::vector<Interval95> intervals = bootstrap_intervals(rows, differences(once), differences);
  const std::vector<Figure> figures = a.figures();
  std::vector<FigurePair> pairs;
  for (size_t i = 0; i < figures.size(); ++i)
    if (!figures[i].own_unit && !std::isnan(of_a[i]) && !std::isnan(of_b[i]))
      pairs.push_back({figures[i], of_a[i], of_b[i], intervals[i]});
  return pairs;
}

std::string p_text(double p) {
  return p < 0.0001 ? "p < 0.0001" : "p = " + fixed_text(p, 4);
}

}  // namespace

Comparison compare(const TaskMetrics& a, const TaskMetrics& b) {
  Comparison result;
  result.rows = a.rows();
  const auto of_a = a.row_figures(), of_b = b.row_figures();
  for (size_t row = 0; row < result.rows; ++row) {
    const double gain = of_a->error(row) - of_b->error(row);
    if (gain > 0) ++result.won;
    if (gain < 0) ++result.lost;
  }
  result.p = sign_test(result.won, result.lost);
  result.figures = pair_figures(*of_a, *of_b, result.rows);
  return result;
}

const char* verdict_name(Verdict verdict) {
  constexpr const char* kNames[] = {"better", "worse", "equal", "open"};
  return kNames[static_cast<size_t>(verdict)];
}

Verdict verdict_of(const Comparison& comparison, std::optional<double> margin) {
  if (comparison.rows > 0 && margin) {
    const auto [low, high] = comparison.figures.front().difference;
    if (low > -*margin && high < *margin) return Verdict::kEqual;
  }
  if (comparison.p >= 0.05) return Verdict::kOpen;
  return comparison.won > comparison.lost ? Verdict::kBetter : Verdict::kWorse;
}

std::string sentence(const Comparison& comparison, std::optional<double> margin) {
  const std::string rows = str("of ", comparison.rows, " rows B wins ", comparison.won, " and loses ",
                               comparison.lost, " (", p_text(comparison.p), ")");
  switch (verdict_of(comparison, margin)) {
    case Verdict::kBetter:
      return "B is better than A: " + rows;
    case Verdict::kWorse:
      return "B is worse than A: " + rows;
    case Verdict::kEqual:
      return str("B and A are equal within ", number_text(*margin), " of ",
                 comparison.figures.front().figure.title, ": ", rows);
    case Verdict::kOpen:
      break;
  }
  return "B and A cannot be told apart: " + rows;
}

OrderedJson to_json(const Comparison& comparison, std::optional<double> margin) {
  OrderedJson json = {{"rows", comparison.rows},
                      {"won", comparison.won},
                      {"lost", comparison.lost},
                      {"p", comparison.p},
                      {"verdict", verdict_name(verdict_of(comparison, margin))},
                      {"sentence", sentence(comparison, margin)},
                      {"figures", OrderedJson::object()}};
  for (const FigurePair& pair : comparison.figures)
    json["figures"][pair.figure.key] = {
        {"a", pair.a}, {"b", pair.b}, {"difference", pair.b - pair.a}, {"difference_ci95", pair.difference}};
  return json;
}

}  // namespace mtnlp
