#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "report/chart.h"
#include "report/page.h"

namespace mtnlp {
namespace {

ChartSeries reliability_series(const std::string& name, const std::vector<ConfidenceBin>& bins) {
  ChartSeries series{name, {}};
  for (const ConfidenceBin& bin : bins) {
    const auto [low, high] = wilson_interval(bin.right, bin.rows);
    series.points.push_back({bin.confidence, bin.accuracy(), low, high});
  }
  return series;
}

/// Returns a tenth below which no confidence and no interval lies.
double lowest_tenth(const std::vector<ChartSeries>& series) {
  double low = 1;
  for (const ChartSeries& one : series)
    for (const ChartPoint& point : one.points) low = std::min({low, point.x, point.low});
  return std::max(0.0, std::floor(10 * low) / 10);
}

Html reliability_chart(const ConfidenceFacts& facts) {
  const bool both = facts.raw.has_value();
  std::vector<ChartSeries> series = {
      reliability_series(both ? "as decided" : "answers", facts.calibration.bins)};
  if (both) series.push_back(reliability_series("by the logits alone", facts.raw->bins));
  const double low = lowest_tenth(series);
  const std::string title = "Confidence and accuracy, in bins of equally many rows";
  const std::string svg = chart_svg(series, {.title = title,
                                             .x_label = "mean confidence",
                                             .y_label = "accuracy",
                                             .in_page = true,
                                             .x_span = {{low, 1}},
                                             .y_span = {{low, 1}},
                                             .diagonal = true});
  return element("figure", element("figcaption", title + "; on the dashed line confidence is what it says") +
                               Html::of_code(svg));
}

Html coverage_chart(const ConfidenceFacts& facts) {
  ChartSeries series{"answers", {}};
  double low = 1;
  for (const Coverage& point : facts.coverage) {
    series.points.push_back({point.share(), point.accuracy(), point.accuracy(), point.accuracy()});
    low = std::min(low, point.accuracy());
  }
  low = std::max(0.0, std::floor(10 * low - 0.01) / 10);
  const std::string title = "Accuracy of the most confident answers, by their share of all";
  const std::string svg = chart_svg({series}, {.title = title,
                                               .x_label = "share of the answers that are kept",
                                               .y_label = "accuracy",
                                               .lines = true,
                                               .in_page = true,
                                               .x_span = {{0, 1}},
                                               .y_span = {{low, 1}}});
  return element("figure", element("figcaption", title) + Html::of_code(svg));
}

Html calibration_table(const ConfidenceFacts& facts) {
  if (std::isnan(facts.calibration.error)) return {};
  HtmlTable table{facts.several ? "How far the probabilities of all labels are from what is true"
                                : "How far confidence is from accuracy",
                  {"probabilities", "calibration error", "Brier score"},
                  {}};
  const auto add = [&](const std::string& name, const CalibrationFacts& own) {
    table.rows.push_back({name, figure_text(own.error), figure_text(own.brier)});
  };
  if (!facts.raw) {
    add("of the logits", facts.calibration);
    return table_html(table);
  }
  add("of the logits alone", *facts.raw);
  add(str("with the temperature ", fixed_text(facts.temperature, 4), facts.shifted ? " and a shift" : ""),
      facts.calibration);
  return table_html(table);
}

Html trust_table(const ConfidenceFacts& facts) {
  HtmlTable table{
      "Answers to trust: the confidence that reaches an accuracy on the validation part, and what it gives "
      "here",
      {"accuracy to reach", "confidence from", "share of the answers", "accuracy of these"},
      {}};
  const auto share = [](size_t hits, size_t trials) {
    if (trials == 0) return Html("–");
    return Html(figure_text(static_cast<double>(hits) / static_cast<double>(trials))) +
           element("small", range_text(wilson_interval(hits, trials)));
  };
  for (const auto& [accuracy, scored] : facts.trust) {
    if (!scored)
      table.rows.push_back({number_text(accuracy), "none reaches it", "–", "–"});
    else
      table.rows.push_back({number_text(accuracy), fixed_text(scored->confidence, 6),
                            share(scored->kept, scored->rows), share(scored->right, scored->kept)});
  }
  return table_html(table);
}

Html bins_table(const std::string& caption, const std::vector<ConfidenceBin>& bins) {
  HtmlTable table{caption, {"mean confidence", "accuracy", "95% interval", "rows"}, {}};
  for (const ConfidenceBin& bin : bins)
    table.rows.push_back({figure_text(bin.confidence), figure_text(bin.accuracy()),
                          range_text(wilson_interval(bin.right, bin.rows)), str(bin.rows)});
  return table_html(table);
}

Html coverage_table(const std::vector<Coverage>& coverage) {
  HtmlTable table{"Coverage", {"share of the answers", "confidence from", "accuracy", "rows"}, {}};
  const size_t every = std::max<size_t>(1, coverage.size() / 20);
  for (size_t i = 0; i < coverage.size(); ++i)
    if (i % every == 0 || i + 1 == coverage.size())
      table.rows.push_back({figure_text(coverage[i].share()), fixed_text(coverage[i].confidence, 6),
                            figure_text(coverage[i].accuracy()), str(coverage[i].kept)});
  return table_html(table);
}

}  // namespace

Html confidence_html(const ConfidenceFacts& facts) {
  Html numbers = bins_table("Calibration", facts.calibration.bins);
  if (facts.raw) numbers += bins_table("Calibration by the logits alone", facts.raw->bins);
  const Html of_several =
      facts.several
          ? element("p",
                    "A row is right when all its labels are, and its confidence is the probability of the "
                    "label that is least sure; accuracy is often below that.")
          : Html();
  return element("h4", "Confidence") + of_several +
         in_class("div", "charts", reliability_chart(facts) + coverage_chart(facts)) +
         calibration_table(facts) + trust_table(facts) +
         folded("Numbers of both charts", numbers + coverage_table(facts.coverage));
}

}  // namespace mtnlp
