#include "report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "report/html.h"

namespace mtnlp {
namespace {

// Told apart by people of any colour vision (Okabe, Ito 2008).
const std::vector<std::string> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
constexpr const char* kStyle =
    "<style>text{fill:#222}.grid{stroke:#ddd}.axis{stroke:#666}@media(prefers-color-scheme:dark){"
    "text{fill:#ddd}"
    ".grid{stroke:#444}.axis{stroke:#aaa}}</style>\n";
constexpr size_t kMostDots = 40;  ///< of a joined series

/// Where the parts of a chart stand, in units.
struct ChartFrame {
  double width, left, right, top, plot, below, legend;
  double column;  ///< of the legend
  size_t name;    ///< bytes of a series' name
  double bottom() const { return top + plot; }
  double end() const { return width - right; }
};
constexpr ChartFrame kDocument = {720, 70, 20, 56, 280, 64, 20, 320, 46};
constexpr ChartFrame kInPage = {360, 46, 14, 26, 190, 56, 18, 156, 20};

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
      : series_(series), options_(options), frame_(options.in_page ? kInPage : kDocument) {
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
    if (options.y_span) low = (*options.y_span)[0], high = (*options.y_span)[1];
    ticks_ = round_ticks(low, high);
    y_ = {ticks_.front(), ticks_.back(), frame_.bottom(), frame_.top};
    x_ = options.names.empty()
             ? numbers(left, right)
             : Scale{-0.5, static_cast<double>(options.names.size()) - 0.5, frame_.left, frame_.end()};
  }

  std::string svg() {
    const double lines_of_legend = has_legend() ? std::ceil(static_cast<double>(series_.size()) / 2) : 0;
    const double height = frame_.bottom() + frame_.below + frame_.legend * lines_of_legend;
    out_ = str("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", frame_.width, " ", height,
               "\" role=\"img\" ",
               options_.in_page ? "class=\"chart\"" : "font-family=\"sans-serif\" font-size=\"12\"",
               ">\n<title>", escaped(options_.title), "</title>\n");
    if (!options_.in_page) {
      out_ += kStyle;
      text(frame_.left, 24, options_.title, "font-size=\"15\" font-weight=\"bold\"");
    }
    if (empty_) {
      text(frame_.left, frame_.top + 20, "there is nothing to show", "");
    } else {
      draw_axes();
      if (options_.mark) draw_mark(*options_.mark);
      for (size_t i = 0; i < series_.size(); ++i) draw(i);
    }
    return std::move(out_) + "</svg>\n";
  }

 private:
  /// Says whether the names of the series are drawn: in a page the title names one alone.
  bool has_legend() const { return !options_.in_page || series_.size() > 1; }

  Scale numbers(double left, double right) const {
    if (options_.x_span) return {(*options_.x_span)[0], (*options_.x_span)[1], frame_.left, frame_.end()};
    if (options_.log_x) {
      const double room = std::pow(std::max(right / left, 1.5), 0.05);
      return {left / room, right * room, frame_.left, frame_.end(), true};
    }
    const double room = left == right ? 1 : 0.05 * (right - left);
    return {left - room, right + room, frame_.left, frame_.end()};
  }

  /// Returns the attribute that gives `what`, "fill" or "stroke", the colour of a series.
  std::string paint(const char* what, size_t index) const {
    const size_t colour = index % kColours.size();
    return options_.in_page ? str("style=\"", what, ":var(--s", colour, ")\"")
                            : str(what, "=\"", kColours[colour], "\"");
  }

  void text(double x, double y, const std::string& words, const std::string& attributes) {
    out_ += str("<text x=\"", at(x), "\" y=\"", at(y), "\" ", attributes, ">", escaped(words), "</text>\n");
  }
  void line(double x1, double y1, double x2, double y2, const std::string& attributes) {
    out_ += str("<line x1=\"", at(x1), "\" y1=\"", at(y1), "\" x2=\"", at(x2), "\" y2=\"", at(y2), "\" ",
                attributes, "/>\n");
  }

  /// Draws a dot of a series, `inside` it what it says to a pointer: a circle, and where the colours are used up and begin
  /// again a square, then a diamond.
  void dot(double x, double y, size_t index, const std::string& inside = "") {
    const size_t shape = index / kColours.size() % 3;
    const std::string colour = paint("fill", index);
    if (shape == 0)
      out_ +=
          str("<circle cx=\"", at(x), "\" cy=\"", at(y), "\" r=\"4\" ", colour, ">", inside, "</circle>\n");
    else
      out_ += str("<rect x=\"", at(x - 3.5), "\" y=\"", at(y - 3.5), "\" width=\"7\" height=\"7\" ",
                  shape == 1 ? "" : str("transform=\"rotate(45 ", at(x), " ", at(y), ")\" "), colour, ">",
                  inside, "</rect>\n");
  }

  void draw_axes() {
    for (const double tick : ticks_) {
      line(frame_.left, y_(tick), frame_.end(), y_(tick), "class=\"grid\"");
      text(frame_.left - 8, y_(tick) + 4, number_text(tick), "text-anchor=\"end\"");
    }
    line(frame_.left, frame_.bottom(), frame_.end(), frame_.bottom(), "class=\"axis\"");
    const double below = frame_.bottom() + 18;
    for (size_t i = 0; i < options_.names.size(); ++i)
      text(x_(static_cast<double>(i)), below, options_.names[i], "text-anchor=\"middle\"");
    if (options_.names.empty())
      for (const double tick : x_ticks()) {
        line(x_(tick), frame_.bottom(), x_(tick), frame_.bottom() + 4, "class=\"axis\"");
        text(x_(tick), below, number_text(tick), "text-anchor=\"middle\"");
      }
    text((frame_.left + frame_.end()) / 2, below + 22, options_.x_label, "text-anchor=\"middle\"");
    text(options_.in_page ? 4 : frame_.left, frame_.top - 12, options_.y_label, "");
    if (options_.diagonal) {
      const double low = std::max(x_.low, y_.low), high = std::min(x_.high, y_.high);
      line(x_(low), y_(low), x_(high), y_(high), "class=\"axis\" stroke-dasharray=\"3 4\"");
    }
  }

  void draw_mark(const ChartMark& mark) {
    const double x = x_(mark.x);
    const bool is_right = x > (frame_.left + frame_.end()) / 2;
    line(x, frame_.top, x, frame_.bottom(), "class=\"axis\" stroke-dasharray=\"3 4\"");
    text(is_right ? x + 4 : x - 4, frame_.top - 4, mark.name,
         is_right ? "text-anchor=\"end\"" : "text-anchor=\"start\"");
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
    std::erase_if(ticks, [&](double tick) {
      return tick < x_.low || tick > x_.high || (options_.whole_x && tick != std::round(tick));
    });
    return ticks;
  }

  /// Draws a series; those over names stand side by side.
  void draw(size_t index) {
    const double slot =
        options_.names.empty()
            ? 0
            : 10 * (static_cast<double>(index) - (static_cast<double>(series_.size()) - 1) / 2);
    const bool dots = !options_.lines || series_[index].points.size() <= kMostDots;
    std::string path;
    for (const ChartPoint& point : series_[index].points) {
      if (!is_drawn(point, options_.log_x)) continue;
      const double x = x_(point.x) + slot, y = y_(point.y);
      if (std::isfinite(point.low) && std::isfinite(point.high) && point.low < point.high)
        line(x, y_(point.low), x, y_(point.high), paint("stroke", index) + " stroke-width=\"2\"");
      if (dots)
        dot(x, y, index,
            str("<title>", escaped(series_[index].name), ": ", number_text(point.y), "</title>"));
      path += str(path.empty() ? "" : " ", at(x), ",", at(y));
    }
    if (options_.lines)
      out_ += str("<polyline points=\"", path, "\" fill=\"none\" ", paint("stroke", index),
                  options_.in_page && index % 2 == 1 ? " stroke-dasharray=\"6 3\"" : "", "/>\n");
    if (!has_legend()) return;
    const double x = frame_.left + frame_.column * static_cast<double>(index % 2),
                 y = frame_.bottom() + frame_.below +
                     frame_.legend * std::floor(static_cast<double>(index) / 2);
    dot(x, y - 4, index);
    text(x + 10, y, shortened(series_[index].name, frame_.name), "");
  }

  const std::vector<ChartSeries>& series_;
  const ChartOptions& options_;
  ChartFrame frame_;
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
