#include "sweep/space.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/field.h"
#include "base/json.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/random.h"
#include "base/words.h"
#include "data/key_of.h"

namespace mtnlp {
namespace {

constexpr size_t kMostSettings = 100'000;

/// Reads "1e-5..1e-4" or "1e-5..1e-4:log"; none for a plain value.
std::optional<Interval> parse_interval(const std::string& text, const std::string& whole) {
  const size_t dots = text.find("..");
  if (dots == std::string::npos) return std::nullopt;
  std::string high = text.substr(dots + 2);
  const std::string low = text.substr(0, dots);
  Interval interval;
  if (high.ends_with(":log")) {
    interval.log = true;
    high.resize(high.size() - 4);
  }
  const auto from = parse_number<double>(low), to = parse_number<double>(high);
  if (!from || !to || !std::isfinite(*from) || !std::isfinite(*to) || !(*from < *to) ||
      (interval.log && *from <= 0))
    fail_input(field("grid"), " ", shown(whole), ": ", in_quotes(text),
               " is not a range; valid is LOW..HIGH, or LOW..HIGH:log above 0, such as 1e-5..1e-4:log");
  interval.low = *from;
  interval.high = *to;
  interval.whole = parse_number<int64_t>(low) && parse_number<int64_t>(high);
  return interval;
}

std::string draw(const Axis& axis, double fraction) {
  if (!axis.interval) {
    const auto index = static_cast<size_t>(fraction * static_cast<double>(axis.values.size()));
    return axis.values[std::min(index, axis.values.size() - 1)];
  }
  const auto& [low, high, log, whole] = *axis.interval;
  const double value = log ? std::exp(std::log(low) + fraction * (std::log(high) - std::log(low)))
                           : low + fraction * (high - low + (whole ? 1 : 0));
  if (whole) return str(static_cast<int64_t>(std::min(std::floor(value), high)));
  // Three digits say all that a rate has to say, and are readable.
  const double scale = std::pow(10, 2 - std::floor(std::log10(std::abs(value))));
  return number_text(value == 0 ? 0 : std::round(value * scale) / scale);
}

}  // namespace

Axis parse_axis(const std::string& text) {
  const size_t equals = text.find('=');
  std::string option = text.substr(0, equals);
  while (option.starts_with('-')) option.erase(0, 1);
  if (equals == std::string::npos || option.empty() || equals + 1 == text.size())
    fail_input(field("grid"), ": ", in_quotes(text), " is not OPTION=VALUE;VALUE;...");
  Axis axis{option, {}, parse_interval(text.substr(equals + 1), text)};
  if (axis.interval) return axis;
  axis.values = split_text(text.substr(equals + 1), ';');
  std::vector<std::string> sorted = axis.values;
  std::ranges::sort(sorted);
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end())
    fail_input(field("grid"), " ", option, ": the value ", shown(*twice), " stands twice");
  return axis;
}

std::vector<Setting> grid_of(const std::vector<Axis>& axes) {
  std::vector<Setting> settings = {{}};
  for (const Axis& axis : axes) {
    if (axis.interval)
      fail_input(field("grid"), " ", axis.option, ": a range needs ", field("samples"),
                 ", the number of settings to draw");
    if (settings.size() * axis.values.size() > kMostSettings)
      fail_input(field("grid"), ": makes more than ", kMostSettings, " settings; ", field("samples"),
                 " draws some");
    std::vector<Setting> longer;
    for (const Setting& setting : settings)
      for (const std::string& value : axis.values) {
        longer.push_back(setting);
        longer.back().emplace_back(axis.option, value);
      }
    settings = std::move(longer);
  }
  return settings;
}

std::vector<Setting> draw_settings(const std::vector<Axis>& axes, size_t count, uint64_t seed) {
  std::vector<Setting> settings;
  constexpr size_t kTries = 100;  // of a setting that was drawn before
  for (size_t number = 0; number < count * kTries && settings.size() < count; ++number) {
    Setting setting;
    for (const Axis& axis : axes) {
      const uint64_t bits = hash_key(seed, key_of(axis.option), number);
      setting.emplace_back(axis.option, draw(axis, static_cast<double>(bits >> 11) * 0x1p-53));
    }
    if (std::ranges::find(settings, setting) == settings.end()) settings.push_back(std::move(setting));
  }
  return settings;
}

std::string setting_text(const Setting& setting) {
  std::vector<std::string> words;
  for (const auto& [option, value] : setting) words.push_back(str(option, '=', value));
  return join(words, " ");
}

}  // namespace mtnlp
