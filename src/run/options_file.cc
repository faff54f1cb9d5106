// Values are text on both sides; TOML's numbers and booleans are used only where they read back as the same
// text. toml++ gets only what cannot make it run out of stack or fail an assertion. Files of 0.1.0 have a
// form of their own, which OldReader reads where toml++ fails.
#include "run/options_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/printable.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr std::string_view kOldTable = "train";

template <typename Number>
std::string shortest(Number number) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

/// Says whether TOML reads the bare `text` as a number or boolean that is printed in the same way.
bool is_bare(std::string_view text) {
  if (text == "true" || text == "false") return true;
  if (text.empty() || text.find_first_not_of("+-.0123456789e") != std::string_view::npos) return false;
  const auto same = [&](auto number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && shortest(number) == text;
  };
  const bool whole = text.find_first_of(".e") == std::string_view::npos;
  return whole ? same(int64_t{}) : same(double{});
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04X", byte);
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string value_text(const std::string& value) {
  return is_bare(value) ? value : toml_string(value);
}

/// Returns `text` with each byte beyond ASCII, and each '%', as %XX. toml++ 3.3.0 sees this form alone:
/// letters beyond ASCII that stand outside of quotes, where TOML has none, lead it to undefined behaviour
/// (U+FEF7).
std::string in_ascii(std::string_view text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && c != '%') {
      ascii += c;
    } else {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      ascii += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return ascii;
}

/// Returns the text that in_ascii made `ascii` from. A '%' that an escape of TOML's made stays one.
std::string from_ascii(std::string_view ascii) {
  std::string text;
  while (!ascii.empty()) {
    const size_t plain = std::min(ascii.find('%'), ascii.size());
    text += ascii.substr(0, plain);
    ascii.remove_prefix(plain);
    if (ascii.empty()) break;
    unsigned byte = 0;
    const char* const digits = ascii.data() + 1;
    const bool ours = ascii.size() >= 3 && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2 &&
                      (byte >= 0x80 || byte == '%');
    text += ours ? static_cast<char>(byte) : '%';
    ascii.remove_prefix(ours ? 3 : 1);
  }
  return text;
}

/// A whole options.toml, whose values become texts.
class TomlReader {
 public:
  TomlReader(std::string name, std::string table) : name_(std::move(name)), table_(std::move(table)) {}

  std::vector<StoredOption> read(const toml::table& root) const {
    std::vector<StoredOption> options;
    for (const auto& [key, node] : root) {
      const std::string text = from_ascii(key.str());
      const toml::table* table = node.as_table();
      if (table == nullptr) fail(node, in_text(text), " stands outside of [", table_, "]");
      if (text != table_) fail(node, "the table [", in_text(text), "] is not known; only [", table_, "] is");
      for (const auto& [key_of_option, value] : *table) {
        const std::string option = from_ascii(key_of_option.str());
        options.push_back({option, values(option, value), line_of(value)});
      }
    }
    std::ranges::stable_sort(options, {}, &StoredOption::line);  // a table has its keys by name
    return options;
  }

 private:
  std::vector<std::string> values(std::string_view option, const toml::node& node) const {
    const toml::array* list = node.as_array();
    if (list == nullptr) return {value(option, node)};
    std::vector<std::string> all;
    for (const toml::node& entry : *list) all.push_back(value(option, entry));
    return all;
  }

  std::string value(std::string_view option, const toml::node& node) const {
    if (const auto* text = node.as_string()) return from_ascii(text->get());
    if (const auto* number = node.as_integer()) return shortest(number->get());
    if (const auto* number = node.as_floating_point()) return shortest(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    fail(node, in_text(option), " is not a text, a number, true, false or a list of these");
  }

  static size_t line_of(const toml::node& node) { return node.source().begin.line; }
  static std::string in_text(std::string_view key) { return shortened(printable(key), 60); }

  template <typename... Parts>
  [[noreturn]] void fail(const toml::node& node, const Parts&... parts) const {
    fail_input(name_, ":", line_of(node), ": ", parts...);
  }

  std::string name_, table_;
};

/// What 0.1.0 wrote that is not TOML: NAME=VALUE lines below [train], where quotes take everything literally
/// and numbers are as somebody typed them ("007", ".5"). None when a line has another form.
class OldReader {
 public:
  static std::optional<std::vector<StoredOption>> read(std::string_view content) {
    std::vector<StoredOption> options;
    if (!is_valid_utf8(content)) return std::nullopt;
    for (size_t line = 1; !content.empty(); ++line) {
      std::string_view text = content.substr(0, content.find('\n'));
      content.remove_prefix(std::min(text.size() + 1, content.size()));
      if (line == 1 && text != str("[", kOldTable, "]")) return std::nullopt;
      if (line == 1 || text.empty()) continue;
      const size_t equals = text.find('=');
      if (equals == std::string_view::npos || !is_name(text.substr(0, equals))) return std::nullopt;
      if (std::ranges::find(options, text.substr(0, equals), &StoredOption::name) != options.end())
        return std::nullopt;
      StoredOption option{std::string(text.substr(0, equals)), {}, line};
      text.remove_prefix(equals + 1);
      if (!take_values(text, option.values)) return std::nullopt;
      options.push_back(std::move(option));
    }
    return options;
  }

 private:
  static bool is_name(std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
  }

  static bool take_values(std::string_view text, std::vector<std::string>& values) {
    const bool list = text.size() > 2 && text.front() == '[' && text.back() == ']';
    if (list) text = text.substr(1, text.size() - 2);
    while (take_value(text, list, values))
      if (text.empty()) return true;
    return false;
  }

  /// Takes one value at the start of `text`, and the comma behind it.
  static bool take_value(std::string_view& text, bool list, std::vector<std::string>& values) {
    if (text.empty()) return false;
    const char quote = text.front();
    const bool in_quotes = quote == '"' || quote == '\'';
    if (in_quotes) text.remove_prefix(1);
    const size_t end = std::min(in_quotes ? text.find(quote) : text.find(','), text.size());
    if (in_quotes && end == text.size()) return false;  // not closed
    const std::string_view value = text.substr(0, end);
    if (!in_quotes && (value.empty() || value.find_first_of(" \t\"'[]#=") != std::string_view::npos))
      return false;
    values.emplace_back(value);
    text.remove_prefix(std::min(end + (in_quotes ? 1 : 0), text.size()));
    if (text.empty()) return true;
    if (!list || text.front() != ',' || text.size() == 1) return false;
    text.remove_prefix(1);
    return true;
  }
};

/// Counts the dots of a line outside of quotes and comments: those of a key like a.b.c make tables in tables.
size_t bare_dots(std::string_view line) {
  size_t dots = 0;
  char quote = '\0';
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0') {
      if (c == '#') break;
      if (c == '"' || c == '\'') quote = c;
      dots += c == '.' ? 1 : 0;
    } else if (c == quote) {
      quote = '\0';
    } else if (c == '\\' && quote == '"') {
      ++i;
    }
  }
  return dots;
}

constexpr const char* kTooDeep = "nests too deeply; an option is a value or a list of values";

constexpr const char* kNotToml =
    "is not TOML; lines are as epochs = 3, encoder = \"DIR\" or task = [\"NAME=FILE\", \"NAME=FILE\"]";

/// Says whether a line begins a table without a name, "[=" or "[[[": toml++ 3.3.0 takes for granted that one
/// follows (an assertion of its parse_key).
bool is_table_without_name(std::string_view line) {
  const auto skip = [&](std::string_view characters) {
    line.remove_prefix(std::min(line.find_first_not_of(characters), line.size()));
  };
  skip(" \t");
  if (!line.starts_with('[')) return false;
  line.remove_prefix(line.starts_with("[[") ? 2 : 1);
  skip(" \t");
  return line.empty() || (std::isalnum(static_cast<unsigned char>(line.front())) == 0 &&
                          std::string_view("_-\"']").find(line.front()) == std::string_view::npos);
}

/// Throws Error for what is not UTF-8, and for what toml++ 3.3.0 does not stand: tables so deep that it runs
/// out of stack, and tables without a name.
void require_text(std::string_view content, const std::string& name) {
  for (size_t line = 1; !content.empty(); ++line) {
    const std::string_view text = content.substr(0, content.find('\n'));
    if (!is_valid_utf8(text))
      fail_input(name, ":", line, ": holds bytes that are not UTF-8; save it as UTF-8");
    if (bare_dots(text) > 100) fail_input(name, ":", line, ": ", kTooDeep);
    if (is_table_without_name(text)) fail_input(name, ":", line, ": ", kNotToml);
    content.remove_prefix(std::min(text.size() + 1, content.size()));
  }
}

/// Returns what is wrong in our words; toml++'s are for programmers.
std::string problem_of(std::string_view description) {
  const auto says = [&](std::string_view words) { return description.find(words) != std::string_view::npos; };
  if (says("cannot redefine") || says("cannot insert")) return "names an option or table twice";
  if (says("nested value depth")) return kTooDeep;
  return kNotToml;
}

}  // namespace

std::string options_text(const std::vector<StoredOption>& options, const std::string& table) {
  std::string text = str("[", table, "]\n");
  for (const StoredOption& option : options) {
    if (option.values.empty()) continue;
    text += option.name + "=";
    if (option.values.size() == 1) {
      text += value_text(option.values[0]);
    } else {
      for (size_t i = 0; i < option.values.size(); ++i)
        text += (i == 0 ? "[" : ", ") + value_text(option.values[i]);
      text += ']';
    }
    text += '\n';
  }
  return text;
}

std::vector<StoredOption> parse_options(std::string_view content, const std::string& name,
                                        const std::string& table) {
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  require_text(content, name);
  try {
    return TomlReader(name, table).read(toml::parse(in_ascii(content)));
  } catch (const toml::parse_error& error) {
    if (table == kOldTable)
      if (auto options = OldReader::read(content)) return std::move(*options);
    fail_input(name, ":", error.source().begin.line, ": ", problem_of(error.description()));
  }
}

std::vector<StoredOption> read_options(const fs::path& file, const std::string& table) {
  return parse_options(read_file(file), file.string(), table);
}

}  // namespace mtnlp
