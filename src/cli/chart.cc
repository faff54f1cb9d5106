#include "report/chart.h"

#include <algorithm>
#include <cmath>

#include "base/numbers.h"
#include "base/output.h"
#include "cli/cli.h"
#include "cli/option_groups.h"

namespace mtnlp::cli {
namespace {

struct ChartArguments {
  std::string file, out = "-";
  ChartOptions options;
};

std::vector<ChartSeries> read_series(const std::string& file, ChartOptions& options) {
  const auto reader = open_rows(file, {.format = RowFormat::kCsv});
  const size_t name = require_column(*reader, "series"), x = require_column(*reader, "x"),
               y = require_column(*reader, "y"), low = require_column(*reader, "low"),
               high = require_column(*reader, "high");
  std::vector<Row> rows;
  for (Row row; reader->next(row);) rows.push_back(row);
  const bool named = std::ranges::any_of(
      rows, [&](const Row& row) { return !parse_number<double>(row.fields[x]).has_value(); });
  std::vector<ChartSeries> series;
  for (const Row& row : rows) {
    const auto number = [&](size_t column) { return parse_number<double>(row.fields[column]).value_or(NAN); };
    auto found = std::ranges::find(series, row.fields[name], &ChartSeries::name);
    if (found == series.end()) found = series.insert(series.end(), {row.fields[name], {}});
    ChartPoint point{named ? 0 : number(x), number(y), number(low), number(high)};
    if (named) {
      const auto at = std::ranges::find(options.names, row.fields[x]) - options.names.begin();
      if (at == std::ssize(options.names)) options.names.push_back(row.fields[x]);
      point.x = static_cast<double>(at);
    }
    found->points.push_back(point);
  }
  return series;
}

}  // namespace

Verb setup_chart(VerbTable& root, const GlobalOptions&) {
  auto arguments = std::make_shared<ChartArguments>();
  VerbTable& verb = add_verb(root, "chart", "Draw figures as SVG");
  const OptionGroup group(verb);
  group.argument("FILE", arguments->file, "CSV with the columns series, x, y, low and high").require();
  group.text("--title", arguments->options.title, "WORDS", "Title");
  group.text("--x-label", arguments->options.x_label, "WORDS", "What x is");
  group.text("--y-label", arguments->options.y_label, "WORDS", "What y is");
  group.flag("--log-x", arguments->options.log_x, "Draw x on a logarithmic scale");
  group.flag("--lines", arguments->options.lines, "Join the points of a series");
  group.text("--out", arguments->out, "FILE", "File to write; - is standard output");
  return {verb.app, [arguments] {
            ChartOptions options = arguments->options;
            const std::vector<ChartSeries> series = read_series(arguments->file, options);
            OutputFile out(arguments->out);
            out.stream() << chart_svg(series, options);
            out.commit();
          }};
}

}  // namespace mtnlp::cli
