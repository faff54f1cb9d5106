#include "report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/numbers.h"
#include "base/printable.h"

namespace mtnlp {
namespace {

constexpr double kWidth = 720, kLeft = 70, kRight = 20, kTop = 56, kPlot = 280, kBelow = 64, kLegend = 20;
// Told apart by people of any colour vision (Okabe, Ito 2008).
const std::vector<std::string> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string at(double value) {
  return fixed_text(value, 1);
}

/// From numbers to places along an axis.
struct Scale {
  double low = 0, high = 1, from = 0, to = 1;
  bool log = false;
  double operator()(double value) const {
    const double share = log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return from + share * (to - from);
  }
};

bool is_drawn(const ChartPoint& point, bool log_x) {
  return std::isfinite(point.x) && std::isfinite(point.y) && (!log_x || point.x > 0);
}

class Chart {
 public:
  Chart(const std::vector<ChartSeries>& series, const ChartOptions& options)
      : series_(series), options_(options) {
    double low = HUGE_VAL, high = -HUGE_VAL, left = HUGE_VAL, right = -HUGE_VAL;
    for (const ChartSeries& one : series)
      for (const ChartPoint& point : one.points) {
        if (!is_drawn(point, options.log_x)) continue;
        low = std::min({low, point.y, std::isfinite(point.low) ? point.low : point.y});
        high = std::max({high, point.y, std::isfinite(point.high) ? point.high : point.y});
        left = std::min(left, point.x);
        right = std::max(right, point.x);
      }
    empty_ = low > high;
    if (empty_) return;
    ticks_ = round_ticks(low, high);
    y_ = {ticks_.front(), ticks_.back(), kTop + kPlot, kTop};
    x_ = options.names.empty()
             ? numbers(left, right)
             : Scale{-0.5, static_cast<double>(options.names.size()) - 0.5, kLeft, kWidth - kRight};
  }

  std::string svg() {
    const double height =
        kTop + kPlot + kBelow + kLegend * std::ceil(static_cast<double>(series_.size()) / 2);
    out_ = str("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", kWidth, " ", height,
               "\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n<title>",
               escaped(options_.title), "</title>\n",
               "<style>text{fill:#222}.grid{stroke:#ddd}.axis{stroke:#666}@media(prefers-color-scheme:dark){"
               "text{fill:#ddd}"
               ".grid{stroke:#444}.axis{stroke:#aaa}}</style>\n");
    text(kLeft, 24, options_.title, "font-size=\"15\" font-weight=\"bold\"");
    if (empty_) {
      text(kLeft, kTop + 20, "there is nothing to show", "");
    } else {
      draw_axes();
      for (size_t i = 0; i < series_.size(); ++i) draw(i);
    }
    return std::move(out_) + "</svg>\n";
  }

 private:
  Scale numbers(double left, double right) const {
    if (options_.log_x) {
      const double room = std::pow(std::max(right / left, 1.5), 0.05);
      return {left / room, right * room, kLeft, kWidth - kRight, true};
    }
    const double room = left == right ? 1 : 0.05 * (right - left);
    return {left - room, right + room, kLeft, kWidth - kRight};
  }

  void text(double x, double y, const std::string& words, const std::string& attributes) {
    out_ += str("<text x=\"", at(x), "\" y=\"", at(y), "\" ", attributes, ">", escaped(words), "</text>\n");
  }
  void line(double x1, double y1, double x2, double y2, const std::string& attributes) {
    out_ += str("<line x1=\"", at(x1), "\" y1=\"", at(y1), "\" x2=\"", at(x2), "\" y2=\"", at(y2), "\" ",
                attributes, "/>\n");
  }

  void draw_axes() {
    for (const double tick : ticks_) {
      line(kLeft, y_(tick), kWidth - kRight, y_(tick), "class=\"grid\"");
      text(kLeft - 8, y_(tick) + 4, number_text(tick), "text-anchor=\"end\"");
    }
    line(kLeft, kTop + kPlot, kWidth - kRight, kTop + kPlot, "class=\"axis\"");
    const double below = kTop + kPlot + 18;
    for (size_t i = 0; i < options_.names.size(); ++i)
      text(x_(static_cast<double>(i)), below, options_.names[i], "text-anchor=\"middle\"");
    if (options_.names.empty())
      for (const double tick : x_ticks()) {
        line(x_(tick), kTop + kPlot, x_(tick), kTop + kPlot + 4, "class=\"axis\"");
        text(x_(tick), below, number_text(tick), "text-anchor=\"middle\"");
      }
    text((kLeft + kWidth - kRight) / 2, below + 22, options_.x_label, "text-anchor=\"middle\"");
    text(kLeft, kTop - 12, options_.y_label, "");
  }

  std::vector<double> x_ticks() const {
    std::vector<double> ticks;
    if (!options_.log_x) {
      ticks = round_ticks(x_.low, x_.high);
    } else {
      const auto first = static_cast<int>(std::floor(std::log10(x_.low))),
                 last = static_cast<int>(std::floor(std::log10(x_.high)));
      for (int power = first; power <= last; ++power)
        for (const double digit : {1, 2, 5}) ticks.push_back(digit * std::pow(10, power));
    }
    std::erase_if(ticks, [&](double tick) { return tick < x_.low || tick > x_.high; });
    return ticks;
  }

  /// Draws a series; those over names stand side by side.
  void draw(size_t index) {
    const std::string& colour = kColours[index % kColours.size()];
    const double slot =
        options_.names.empty()
            ? 0
            : 10 * (static_cast<double>(index) - (static_cast<double>(series_.size()) - 1) / 2);
    std::string path;
    for (const ChartPoint& point : series_[index].points) {
      if (!is_drawn(point, options_.log_x)) continue;
      const double x = x_(point.x) + slot, y = y_(point.y);
      if (std::isfinite(point.low) && std::isfinite(point.high) && point.low < point.high)
        line(x, y_(point.low), x, y_(point.high), str("stroke=\"", colour, "\" stroke-width=\"2\""));
      out_ += str("<circle cx=\"", at(x), "\" cy=\"", at(y), "\" r=\"4\" fill=\"", colour, "\"><title>",
                  escaped(series_[index].name), ": ", number_text(point.y), "</title></circle>\n");
      path += str(path.empty() ? "" : " ", at(x), ",", at(y));
    }
    if (options_.lines)
      out_ += str("<polyline points=\"", path, "\" fill=\"none\" stroke=\"", colour, "\"/>\n");
    const double x = kLeft + 320 * static_cast<double>(index % 2),
                 y = kTop + kPlot + kBelow + kLegend * std::floor(static_cast<double>(index) / 2);
    out_ += str("<circle cx=\"", at(x), "\" cy=\"", at(y - 4), "\" r=\"4\" fill=\"", colour, "\"/>\n");
    text(x + 10, y, shortened(series_[index].name, 46), "");
  }

  const std::vector<ChartSeries>& series_;
  const ChartOptions& options_;
  bool empty_ = true;
  std::vector<double> ticks_;
  Scale x_, y_;
  std::string out_;
};

}  // namespace

std::vector<double> round_ticks(double low, double high) {
  if (!(high > low)) high = low + std::max(std::abs(low) * 0.1, 1e-3), low -= high - low;
  const double raw = (high - low) / 4, power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double digit : {1.0, 2.0, 2.5, 5.0})
    if (digit * power >= raw) {
      step = digit * power;
      break;
    }
  std::vector<double> ticks;
  const auto first = static_cast<int64_t>(std::floor(low / step)),
             last = static_cast<int64_t>(std::ceil(high / step));
  // The text of a tick shall not show what rounding made.
  const double scale = step < 1 ? std::pow(10, std::ceil(-std::log10(step)) + 1) : 1;
  for (int64_t i = first; i <= last; ++i)
    ticks.push_back(std::round(static_cast<double>(i) * step * scale) / scale);
  return ticks;
}

std::string chart_svg(const std::vector<ChartSeries>& series, const ChartOptions& options) {
  return Chart(series, options).svg();
}

}  // namespace mtnlp
