#include "sweep/space.h"

#include <algorithm>
#include <cmath>
#include <set>

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
std::optional<Interval> parse_interval(const std::string& option, const std::string& text, bool whole) {
  const size_t dots = text.find("..");
  if (dots == std::string::npos) return std::nullopt;
  std::string high = text.substr(dots + 2);
  Interval interval;
  if (high.ends_with(":log")) {
    interval.log = true;
    high.resize(high.size() - 4);
  }
  const auto parse = [&](const std::string& end) {
    const double number = parse_number<double>(end).value_or(NAN);
    return whole && number != std::floor(number) ? NAN : number;
  };
  interval.low = parse(text.substr(0, dots));
  interval.high = parse(high);
  interval.whole = whole;
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high) || !(interval.low < interval.high) ||
      (interval.log && interval.low <= 0))
    fail_input(field("grid"), " ", option, ": ", shown(text), " is not a range",
               whole ? " of whole numbers" : "", "; valid is LOW..HIGH, or LOW..HIGH:log above 0, such as ",
               whole ? "2..5" : "1e-5..1e-4:log");
  return interval;
}

/// Returns the value at `fraction` of the way through the interval.
std::string draw(const Interval& interval, double fraction) {
  const auto& [low, high, log, whole] = interval;
  const double end = whole ? high + 1 : high;  // each whole number has the room up to the next
  const double value = log ? std::exp(std::log(low) + fraction * (std::log(end) - std::log(low)))
                           : low + fraction * (end - low);
  if (whole) return str(static_cast<int64_t>(std::clamp(std::floor(value), low, high)));
  if (value == 0) return "0";
  // Three digits say all that a rate has to say, and are readable.
  const double scale = std::pow(10, 2 - std::floor(std::log10(std::abs(value))));
  if (!std::isfinite(scale)) return number_text(value);
  return number_text(std::clamp(std::round(value * scale) / scale, low, high));
}

std::string draw(const Axis& axis, double fraction) {
  if (axis.interval) return draw(*axis.interval, fraction);
  const auto index = static_cast<size_t>(fraction * static_cast<double>(axis.values.size()));
  return axis.values[std::min(index, axis.values.size() - 1)];
}

/// Returns how a value is compared: 1 and 1.0 are one number.
std::string spelling(const std::string& value, Values values) {
  const auto number = values == Values::kTexts ? std::nullopt : parse_number<double>(value);
  return number ? number_text(*number) : value;
}

}  // namespace

Axis make_axis(const std::string& option, const std::vector<std::string>& texts, Values values) {
  if (texts.empty()) fail_input(field("grid"), " ", option, ": has no value");
  Axis axis{option, texts, {}, values};
  if (values != Values::kTexts && texts.size() == 1)
    axis.interval = parse_interval(option, texts[0], values == Values::kWholeNumbers);
  std::set<std::string> seen;
  for (const std::string& text : texts)
    if (!seen.insert(spelling(text, values)).second)
      fail_input(field("grid"), " ", option, ": the value ", shown(text), " stands twice");
  return axis;
}

std::pair<std::string, std::vector<std::string>> parse_axis(const std::string& text) {
  const size_t equals = text.find('=');
  std::string option = text.substr(0, equals);
  while (option.starts_with('-')) option.erase(0, 1);
  if (equals == std::string::npos || option.empty() || equals + 1 == text.size())
    fail_input(field("grid"), ": ", in_quotes(text), " is not OPTION=VALUE;VALUE;...");
  return {option, split_text(text.substr(equals + 1), ';')};
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
