// Labels that look alike have one key; what is said of a pair is the first of kWays that holds. Numbers are
// compared as decimal text, never as floats.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>

#include <utf8proc.h>

#include "base/error.h"
#include "base/printable.h"
#include "tasks/label_warnings.h"
#include "text/fold_text.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

/// Letters and signs that look like one of ASCII, case folded.
constexpr std::pair<char32_t, char> kTwins[] = {
    {0x3b1, 'a'},   {0x3b2, 'b'},   {0x3b5, 'e'},  {0x3b6, 'z'},  {0x3b7, 'h'},   {0x3b9, 'i'},
    {0x3ba, 'k'},   {0x3bc, 'm'},   {0x3bd, 'n'},  {0x3bf, 'o'},  {0x3c1, 'p'},   {0x3c4, 't'},
    {0x3c5, 'y'},   {0x3c7, 'x'},   {0x430, 'a'},  {0x432, 'b'},  {0x435, 'e'},   {0x43a, 'k'},
    {0x43c, 'm'},   {0x43d, 'h'},   {0x43e, 'o'},  {0x440, 'p'},  {0x441, 'c'},   {0x442, 't'},
    {0x443, 'y'},   {0x445, 'x'},   {0x455, 's'},  {0x456, 'i'},  {0x458, 'j'},   {0x4bb, 'h'},
    {0x501, 'd'},   {0x51b, 'q'},   {0x51d, 'w'},  {0x2010, '-'}, {0x2011, '-'},  {0x2012, '-'},
    {0x2013, '-'},  {0x2014, '-'},  {0x2015, '-'}, {0x2212, '-'}, {0x2018, '\''}, {0x2019, '\''},
    {0x201b, '\''}, {0x2032, '\''}, {0x2bc, '\''}, {0x201c, '"'}, {0x201d, '"'},  {0x201e, '"'}};

std::string mapped(const std::string& text, int options) {
  utf8proc_uint8_t* result = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &result,
                                 static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE));
  if (size < 0) return text;
  std::string copy(reinterpret_cast<const char*>(result), static_cast<size_t>(size));
  std::free(result);  // utf8proc hands out malloc's memory
  return copy;
}

std::string composed(const std::string& text) {
  return mapped(text, UTF8PROC_COMPOSE);
}

/// Returns a key that is equal for labels that look alike.
std::string look_of(const std::string& label) {
  const std::string folded =
      mapped(without_invisible(label), UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  std::string look;
  for (size_t at = 0; at < folded.size();) {
    const char32_t c = decode_utf8(folded, at);
    const auto twin = std::ranges::find(kTwins, c, &std::pair<char32_t, char>::first);
    append_utf8(twin == std::end(kTwins) ? c : static_cast<char32_t>(twin->second), look);
  }
  return fold_text(look);
}

/// Takes the digits off the start of `text`.
std::string_view take_digits(std::string_view& text) {
  const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

/// Returns a key that is equal for equal decimal numbers, exactly: "01", "1.0", "+1" and "1e0" are one, "1,5"
/// is "1.5". None for any other text.
std::optional<std::string> number_of(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  std::string digits(take_digits(text));
  long exponent = 0;
  if (text.starts_with('.') || text.starts_with(',')) {
    text.remove_prefix(1);
    const std::string_view fraction = take_digits(text);
    exponent = -static_cast<long>(fraction.size());
    digits += fraction;
  }
  if (digits.empty()) return std::nullopt;
  if (text.starts_with('e')) {
    text.remove_prefix(text.starts_with("e+") ? 2 : 1);
    int shift = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), shift);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    exponent += shift;
  }
  if (!text.empty()) return std::nullopt;
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) return "0";
  const size_t size = digits.find_last_not_of('0') + 1;
  exponent += static_cast<long>(digits.size() - size);
  return str(minus ? "-" : "", digits.substr(0, size), 'e', exponent);
}

/// Ways to look alike, and what is said of each.
constexpr std::array kWays = {
    "are one number",
    "differ only in how Unicode composes their accents",
    "differ only in invisible characters",
    "differ only in case or white space",
    "look alike",
};

size_t way_of(const std::string& a, const std::string& b) {
  const std::string one = composed(a), other = composed(b);
  if (one == other) return 1;
  if (without_invisible(one) == without_invisible(other)) return 2;
  return fold_text(one) == fold_text(other) ? 3 : 4;
}

}  // namespace

std::vector<std::string> look_alikes(const std::vector<std::string>& labels) {
  std::array<std::vector<std::string>, kWays.size()> pairs;
  std::map<std::string, const std::string*> by_look, by_number;
  for (const std::string& label : labels) {
    if (label.size() > kLongestLabel) continue;
    const std::string look = look_of(label);
    const auto note = [&](size_t way, const std::string& first) {
      pairs[way].push_back(shown(first) + " and " + shown(label));
    };
    const auto [alike, is_new] = by_look.emplace(look, &label);
    if (!is_new) {
      note(way_of(*alike->second, label), *alike->second);
    } else if (const auto number = number_of(look)) {
      const auto [equal, is_first] = by_number.emplace(*number, &label);
      if (!is_first) note(0, *equal->second);
    }
  }
  std::vector<std::string> lines;
  for (size_t way = 0; way < kWays.size(); ++way)
    if (!pairs[way].empty())
      lines.push_back(
          str("the labels ", few_of(pairs[way]), pairs[way].size() > 3 ? " pairs " : " ", kWays[way]));
  return lines;
}

}  // namespace mtnlp
