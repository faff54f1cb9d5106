// The parser behind parse_json: nlohmann's keeps the last of two equal keys, says where it failed in its own
// words only, and is quadratic when it is asked about keys.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/json.h"
#include "base/printable.h"
#include "base/utf8.h"

namespace mtnlp {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Walks over the text: white space, texts in quotes, digits.
class Scanner {
 public:
  Scanner(std::string_view text, const JsonOptions& options) : text_(text), options_(options) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

 protected:
  [[noreturn]] static void fail(size_t at, std::string what) { throw JsonError{std::move(what), at}; }

  [[noreturn]] void expected(const char* what) const {
    if (at_ >= text_.size()) fail(text_.size(), str("expected ", what, ", found the end"));
    const size_t length = std::max<size_t>(1, first_code_point(text_.substr(at_)).length);
    fail(at_, str("expected ", what, ", found '", printable(text_.substr(at_, length)), "'"));
  }

  /// Returns the character here, 0 at the end.
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  /// Returns the next character that is not white space, 0 at the end.
  char peek() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
    return here();
  }

  /// Steps over `word`, such as "null", whose first character is here.
  void take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) expected("a value");
    at_ += word.size();
  }

  void take_digits() {
    if (!is_digit(here())) expected("a digit");
    while (is_digit(here())) ++at_;
  }

  /// Steps over a number; true when it has no fraction and no exponent.
  bool take_number() {
    if (here() == '-') ++at_;
    if (here() == '0')
      ++at_;
    else
      take_digits();
    bool whole = true;
    if (here() == '.') {
      whole = false;
      ++at_;
      take_digits();
    }
    if (here() == 'e' || here() == 'E') {
      whole = false;
      ++at_;
      if (here() == '+' || here() == '-') ++at_;
      take_digits();
    }
    return whole;
  }

  /// Reads the text between the quote here and its closing one.
  std::string take_string() {
    const size_t opened = at_++;
    std::string out;
    for (;;) {
      const size_t start = at_;
      while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
      out += text_.substr(start, at_ - start);
      if (at_ >= text_.size()) fail(opened, "the quote that opens here is never closed");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return out;
      }
      if (c == '\\') {
        take_escape(out);
      } else if (c < 0x20) {
        fail(at_, str("a control character in a text must be written as an escape, found '",
                      printable(text_.substr(at_, 1)), "'"));
      } else {
        const size_t length = first_code_point(text_.substr(at_)).length;
        if (length == 0) fail(at_, str("the byte ", printable(text_.substr(at_, 1)), " is not UTF-8"));
        out += text_.substr(at_, length);
        at_ += length;
      }
    }
  }

  std::string_view text_;
  const JsonOptions& options_;
  size_t at_ = 0;

 private:
  static bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
  }

  void take_escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    const size_t start = at_++;
    if (here() == 'u') {
      ++at_;
      return append_utf8(take_code_point(start), out);
    }
    const size_t found = here() == '\0' ? std::string_view::npos : kNames.find(here());
    if (found == std::string_view::npos) expected("one of \" \\ / b f n r t u after a backslash");
    out += kMeanings[found];
    ++at_;
  }

  uint32_t take_four_digits() {
    uint32_t value = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    at_ += static_cast<size_t>(end - digits.data());
    if (error != std::errc() || digits.size() != 4 || end != digits.data() + 4)
      expected("four hexadecimal digits after \\u");
    return value;
  }

  /// Reads the code point of the escape that starts at `start` and of which `\u` is behind us.
  char32_t take_code_point(size_t start) {
    const uint32_t first = take_four_digits();
    if (first < 0xD800 || first > 0xDFFF) return first;
    if (first < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      const size_t second_start = at_;
      at_ += 2;
      const uint32_t second = take_four_digits();
      if (second >= 0xDC00 && second <= 0xDFFF) return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
      at_ = second_start;
    }
    fail(start, str(text_.substr(start, 6), " is half of a character (a lone surrogate)"));
  }
};

template <typename J>
class Parser : Scanner {
 public:
  using Scanner::Scanner;

  J document() {
    J json = value(0);
    if (peek(), at_ < text_.size()) expected("the end");
    return json;
  }

 private:
  /// Parses a value that lies in `depth` lists and objects.
  J value(size_t depth) {
    switch (peek()) {
      case '{':
        return object(depth + 1);
      case '[':
        return list(depth + 1);
      case '"':
        return take_string();
      case 't':
        take_word("true");
        return true;
      case 'f':
        take_word("false");
        return false;
      case 'n':
        take_word("null");
        return nullptr;
      default:
        if (here() != '-' && !is_digit(here())) expected("a value");
        return number();
    }
  }

  void enter(size_t depth) {
    if (depth > options_.max_depth) fail(at_, str("nests deeper than ", options_.max_depth, " levels"));
    ++at_;
  }

  J number() {
    const size_t start = at_;
    const bool whole = take_number();
    const std::string digits(text_.substr(start, at_ - start));
    const char *begin = digits.data(), *end = begin + digits.size();
    if (whole && *begin == '-') {
      int64_t number = 0;
      if (std::from_chars(begin, end, number).ec == std::errc()) return number;
    } else if (whole) {
      uint64_t number = 0;
      if (std::from_chars(begin, end, number).ec == std::errc()) return number;
    }
    const double number = std::strtod(begin, nullptr);
    if (std::isinf(number)) fail(start, str("the number ", shortened(digits, 40), " is too large"));
    return number;
  }

  J list(size_t depth) {
    enter(depth);
    J result = J::array();
    auto& items = result.template get_ref<typename J::array_t&>();
    if (peek() == ']') return ++at_, result;
    for (;;) {
      items.push_back(value(depth));
      if (peek() == ']') return ++at_, result;
      if (here() != ',') expected("',' or ']'");
      ++at_;
    }
  }

  J object(size_t depth) {
    enter(depth);
    J result = J::object();
    auto& members = result.template get_ref<typename J::object_t&>();
    std::set<std::string> keys;
    if (peek() == '}') return ++at_, result;
    for (;;) {
      if (peek() != '"') expected("a key in quotes");
      const size_t key_at = at_;
      std::string key = take_string();
      J& member = add(members, keys, std::move(key), key_at);
      if (peek() != ':') expected("':' after a key");
      ++at_;
      member = value(depth);
      if (peek() == '}') return ++at_, result;
      if (here() != ',') expected("',' or '}'");
      ++at_;
    }
  }

  /// Returns the place for the value of a new key; `keys` are those so far of an OrderedJson, whose own
  /// look-up is linear.
  J& add(typename J::object_t& members, std::set<std::string>& keys, std::string key, size_t key_at) {
    const auto twice = [&](const std::string& name) {
      fail(key_at, str("names the key ", in_quotes(name), " twice"));
    };
    if constexpr (std::is_same_v<J, OrderedJson>) {
      if (!keys.insert(key).second) twice(key);
      return static_cast<typename J::object_t::Container&>(members)
          .emplace_back(std::move(key), nullptr)
          .second;
    } else {
      const auto [place, fresh] = members.emplace(std::move(key), nullptr);
      if (!fresh) twice(place->first);
      return place->second;
    }
  }
};

}  // namespace

template <typename J>
J parse_json(std::string_view text, const JsonOptions& options) {
  return Parser<J>(text, options).document();
}

template Json parse_json<Json>(std::string_view, const JsonOptions&);
template OrderedJson parse_json<OrderedJson>(std::string_view, const JsonOptions&);

}  // namespace mtnlp
