// docs/options.md, in Markdown.
#include "base/words.h"
#include "cli/help.h"

namespace mtnlp::cli {
namespace {

/// Returns `text` for a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : c == '<' ? "\\<" : std::string(1, c);
  return out;
}

std::string code(const std::string& text) {
  return text.empty() ? "" : "`" + cell(text) + "`";
}

/// Returns the help text of an option without its "[default in words]", and that default.
std::pair<std::string, std::string> without_default(const OptionRow& row) {
  const size_t bracket = row.about.rfind(" [");
  if (!row.about.ends_with(']') || bracket == std::string::npos)
    return {row.about, row.default_words.empty() ? code(row.default_value) : row.default_words};
  return {row.about.substr(0, bracket), cell(row.about.substr(bracket + 2, row.about.size() - bracket - 3))};
}

std::string in_run(const OptionRow& row) {
  return row.in_run == InRun::kShapesResult ? "fixed" : row.in_run == InRun::kFree ? "free" : "";
}

std::string table(const std::vector<const OptionRow*>& options, bool of_run) {
  std::string text = str("| | values | default |", of_run ? " resumed |" : "", " |\n|---|---|---|",
                         of_run ? "---|" : "", "---|\n");
  for (const OptionRow* option : options) {
    const auto [about, usual] = without_default(*option);
    const std::string words = option->value.empty() ? join(option->choices, "|") : option->value;
    const std::string values = option->range.empty() ? code(words) : option->range;
    const char* repeated = !option->repeated ? "" : values.empty() ? "repeated" : ", repeated";
    text += str("| ", code(join(option->names)), " | ", values, repeated, " | ", usual, " |",
                of_run ? " " + in_run(*option) + " |" : "", " ", cell(about), " |\n");
  }
  return text + "\n";
}

std::string page_section(const VerbTable& verb) {
  const bool of_run = std::ranges::find(verb.options, "--resume", &OptionRow::name) != verb.options.end();
  std::string text = "## " + path_of(*verb.app) + "\n" + verb.about() + ".\n\n";
  if (const auto arguments = arguments_of(verb); !arguments.empty()) text += table(arguments, false);
  for (const GroupOfRows& group : groups_of(verb)) {
    std::vector<const OptionRow*> options;
    for (const OptionRow* row : group.options)
      if (row->name() != "--help") options.push_back(row);
    if (options.empty()) continue;
    if (group.name != OptionGroup::kPlain) text += group.name + ":\n\n";
    text += table(options, of_run);
  }
  return text;
}

}  // namespace

std::string options_page(const VerbTable& root) {
  std::string text =
      "# Options\nWritten by `mtnlp man --markdown`; do not edit. A resumed run must have the same value of "
      "an option "
      "that is\n*fixed*, and may have another value of one that is *free*.\n\n## With every verb\n\n";
  for (const GroupOfRows& group : groups_of(root)) text += table(group.options, false);
  for (const VerbTable* verb : all_verbs(root))
    if (verb->verbs.empty()) text += page_section(*verb);
  text.pop_back();  // the last of two line ends
  return text;
}

}  // namespace mtnlp::cli
