#include "data/format_look.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/field.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "base/words.h"

namespace mtnlp {
namespace {

/// Returns the first line of `text`, which is shortened to what follows; `whole` says whether its end is
/// known.
std::string_view take_line(std::string_view& text, bool& whole) {
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  const size_t end = text.find_first_of("\r\n");
  whole = end != std::string_view::npos;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(line.size());
  return line;
}

std::string without_quotes(std::string cell) {
  if (cell.size() > 1 && cell.starts_with('"') && cell.ends_with('"')) return cell.substr(1, cell.size() - 2);
  return cell;
}

/// Says whether `cell` might be the name of a column rather than a part of a sentence.
bool is_like_a_name(const std::string& cell) {
  constexpr size_t kLongest = 40, kMostSpaces = 2;
  if (cell.empty() || cell.size() > kLongest || cell.front() == ' ' || cell.back() == ' ') return false;
  const auto first = static_cast<unsigned char>(cell.front());
  const bool begins = std::isalpha(first) != 0 || first == '_' || first >= 0x80;
  return begins && cell.find_first_of("!?\"") == std::string::npos && cell.back() != '.' &&
         static_cast<size_t>(std::ranges::count(cell, ' ')) <= kMostSpaces;
}

/// Returns the names in the first line of `start` where it looks like a header, and the delimiter between
/// them.
std::pair<std::vector<std::string>, char> header_by_look(std::string_view start) {
  bool whole = false;
  const std::string first(take_line(start, whole));
  const std::string second(take_line(start, whole));
  for (const char delimiter : kDelimiters) {
    std::vector<std::string> names = split_text(first, delimiter);
    for (std::string& name : names) name = without_quotes(std::move(name));
    if (names.size() < 2 || !std::ranges::all_of(names, is_like_a_name)) continue;
    if (!whole || split_text(second, delimiter).size() >= names.size()) return {std::move(names), delimiter};
  }
  return {{without_quotes(first)}, ','};
}

}  // namespace

RowFormat json_by_look(std::string_view start) {
  const auto after = [&](size_t at) {
    const size_t next = start.find_first_not_of(kJsonSpace, at);
    return next == std::string_view::npos ? std::pair{start.size(), '\0'} : std::pair{next, start[next]};
  };
  const auto [first, bracket] = after(0);
  const auto [second, follows] = after(first + 1);
  if (bracket == '[' && (follows == '{' || follows == ']')) return RowFormat::kJson;
  return bracket == '{' && (follows == '"' || follows == '}') ? RowFormat::kJsonl : RowFormat::kAuto;
}

const char* format_by_look(std::string_view start) {
  if (const RowFormat json = json_by_look(start); json != RowFormat::kAuto)
    return json == RowFormat::kJson ? "json" : "jsonl";
  start.remove_prefix(std::min(start.find_first_not_of("\r\n"), start.size()));
  const std::string_view line = start.substr(0, start.find_first_of("\r\n"));
  if (line.starts_with("sep=") && line.size() == 5) return "csv";
  for (const char delimiter : kDelimiters) {
    for (std::string_view rest = line;;) {
      const size_t length = rest.find(delimiter);
      std::string name(rest.substr(0, length));
      std::erase_if(name, [](char c) { return c == '"' || c == ' '; });
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (name == "text" || name == "label") return delimiter == '\t' ? "tsv" : "csv";
      if (length == std::string_view::npos) break;
      rest.remove_prefix(length + 1);
    }
  }
  return "";
}

std::vector<std::string> doubts_about_lines(const RowReader& reader, const TextColumns& wanted) {
  const auto [names, delimiter] = header_by_look(reader.start());
  std::vector<std::string> lacking;
  for (const std::string& column : wanted.all())
    if (std::ranges::find(names, column) == names.end()) lacking.push_back(column);
  if (names.size() < 2 && !lacking.empty()) return {};  // one cell is a header only by a name that is known
  const std::string format = delimiter == '\t' ? "tsv" : "csv";
  std::vector<std::string> shown_names;
  for (const std::string& name : names) shown_names.push_back(shown(name));
  const bool other = delimiter == ';' || delimiter == '|';
  return {str(reader.name(), ": is read as plain lines, but its first line looks like a header: ",
              few_of(shown_names), lacking.empty() ? "" : str(", without ", shown(lacking[0])), "; ",
              field("format"), " ", format, other ? str(" ", field("delimiter"), " '", delimiter, "'") : "",
              lacking.empty() ? "" : " " + field("text_column") + " NAME", " reads it with columns, ",
              field("format"), " lines as it is")};
}

}  // namespace mtnlp
