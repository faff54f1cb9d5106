// The settings of a sweep: what is tried.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mtnlp {

/// Numbers to draw from.
struct Interval {
  double low = 0, high = 0;
  bool log = false;    ///< uniform in the logarithm
  bool whole = false;  ///< whole numbers
};

/// An option of train and the values that are tried.
struct Axis {
  std::string option;  ///< without dashes
  std::vector<std::string> values;
  std::optional<Interval> interval;  ///< in place of `values`
};

/// Option, without dashes, and value of each axis.
using Setting = std::vector<std::pair<std::string, std::string>>;

/// Reads "lr=2e-5;5e-5" or "lr=1e-5..1e-4:log", two numbers with an end that may be "log". Throws Error for
/// anything else, a value that stands twice, and a logarithm of a number that is not above 0.
Axis parse_axis(const std::string& text);

/// Returns all combinations, the last axis fastest. Throws Error for an interval, and for more than 100,000.
std::vector<Setting> grid_of(const std::vector<Axis>& axes);

/// Returns `count` settings, each value drawn by `seed`, the number of the setting and the option alone: a
/// larger count begins with the same settings. Settings that come twice are drawn anew.
std::vector<Setting> draw_settings(const std::vector<Axis>& axes, size_t count, uint64_t seed);

/// Returns "lr=2e-5 freeze=none".
std::string setting_text(const Setting& setting);

}  // namespace mtnlp
