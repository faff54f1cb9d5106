// Charts as SVG: points with intervals over numbers or names, one colour for each series, and from the seventh on
// another shape. No script, no font and no network needed; colours follow a light or dark page. The text of a chart may
// be anything: it is escaped.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mtnlp {

struct ChartPoint {
  double x = 0;  ///< with ChartOptions::names the index of a name
  double y = 0;
  double low = 0, high = 0;  ///< of the interval; equal to `y` for none
};

struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points;
};

/// A place along x with a name.
struct ChartMark {
  double x = 0;
  std::string name;
};

struct ChartOptions {
  std::string title;
  std::string x_label, y_label;
  std::vector<std::string> names = {};  ///< along x; empty: x is a number
  bool log_x = false;                   ///< x, above 0, on a logarithmic scale
  bool lines = false;                   ///< the points of a series are joined
  /// Half as wide, to be read on a small screen; with the colours of the page's style sheet, `--s0` and so on; the
  /// title is read out, but not drawn.
  bool in_page = false;
  bool whole_x = false;                                           ///< x is a whole number
  std::optional<std::array<double, 2>> x_span = {}, y_span = {};  ///< none: that of the points
  bool diagonal = false;                                          ///< a line where y is x
  std::optional<ChartMark> mark = {};
};

/// Returns an SVG document, 720 units wide, 360 in a page. Points that are not finite are left out; without any there
/// is a chart that says so. Of many joined points only the line is drawn.
std::string chart_svg(const std::vector<ChartSeries>& series, const ChartOptions& options);

/// Returns about five round numbers that span `low` to `high`.
std::vector<double> round_ticks(double low, double high);

}  // namespace mtnlp
