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

/// What the values of an option are.
enum class Values { kTexts, kNumbers, kWholeNumbers };

/// An option of train and the values that are tried.
struct Axis {
  std::string option;  ///< without dashes
  std::vector<std::string> values;
  std::optional<Interval> interval;  ///< in place of `values`
  Values kind = Values::kTexts;
};

/// Option, without dashes, and value of each axis.
using Setting = std::vector<std::pair<std::string, std::string>>;

/// Returns the axis of an option with `texts`: its values, or of numbers one range, "1e-5..1e-4" or "1e-5..1e-4:log".
/// Throws Error for none, for a value that stands twice, for a broken range, and for a logarithm of a number that is
/// not above 0.
Axis make_axis(const std::string& option, const std::vector<std::string>& texts, Values values);

/// Returns option and values of "lr=2e-5;5e-5". Throws Error for a text of another form.
std::pair<std::string, std::vector<std::string>> parse_axis(const std::string& text);

/// Returns all combinations, the last axis fastest. Throws Error for an interval, and for more than 100,000.
std::vector<Setting> grid_of(const std::vector<Axis>& axes);

/// Returns `count` settings, each value drawn by `seed`, the number of the setting and the option alone: a
/// larger count begins with the same settings. Settings that come twice are drawn anew, so there are fewer when the
/// axes do not have as many.
std::vector<Setting> draw_settings(const std::vector<Axis>& axes, size_t count, uint64_t seed);

/// Returns "lr=2e-5 freeze=none".
std::string setting_text(const Setting& setting);

}  // namespace mtnlp
