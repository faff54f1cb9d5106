#include "cli/help.h"

#include <algorithm>

#include "base/words.h"

namespace mtnlp::cli {
namespace {

constexpr size_t kColumns = 100, kIndent = 30;

/// Returns `name` and `about` in two columns, the second one wrapped at kColumns.
std::string two_columns(const std::string& name, const std::string& about) {
  std::string text, line = "  " + name;
  if (line.size() + 2 > kIndent) {
    text = line + "\n";
    line.clear();
  }
  line.resize(kIndent, ' ');
  for (const std::string& word : split_text(about, ' ')) {
    if (line.size() + word.size() > kColumns) {
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line.assign(kIndent, ' ');
    }
    line += word + " ";
  }
  return text + line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string with_value(const OptionRow& option) {
  return join(option.names) + (option.value.empty() ? "" : " " + option.value);
}

}  // namespace

std::vector<const OptionRow*> arguments_of(const VerbTable& verb) {
  std::vector<const OptionRow*> arguments;
  for (const OptionRow& row : verb.options)
    if (row.is_argument()) arguments.push_back(&row);
  return arguments;
}

std::string argument_name(const OptionRow& argument) {
  return argument.name() + (argument.repeated ? "..." : "");
}

std::vector<GroupOfRows> groups_of(const VerbTable& verb) {
  std::vector<GroupOfRows> groups;
  for (const OptionRow& row : verb.options) {
    if (row.is_argument() || row.group.empty()) continue;
    auto group = std::ranges::find(groups, row.group, &GroupOfRows::name);
    if (group == groups.end()) group = groups.insert(group, {row.group, {}});
    group->options.push_back(&row);
  }
  std::ranges::stable_partition(groups,
                                [](const GroupOfRows& group) { return group.name != OptionGroup::kPlain; });
  return groups;
}

std::vector<const VerbTable*> all_verbs(const VerbTable& verb) {
  std::vector<const VerbTable*> all = {&verb};
  for (const VerbTable& below : verb.verbs)
    for (const VerbTable* each : all_verbs(below)) all.push_back(each);
  return all;
}

std::string explained(const OptionRow& row, bool anywhere) {
  std::string text = row.about;
  const bool says_default = text.ends_with(']');
  if (!row.range.empty()) text.insert(std::min(text.find(" ["), text.size()), " (" + row.range + ")");
  const bool in_words = anywhere && !row.default_words.empty();
  const std::string& usual = in_words ? row.default_words : row.default_value;
  return says_default || usual.empty() ? text : text + " [" + usual + "]";
}

std::string help_text(const VerbTable& verb) {
  const std::string path = path_of(*verb.app);
  const std::vector<const OptionRow*> arguments = arguments_of(verb);
  std::string text = verb.about() + "\n\nUsage: " + path;
  for (const OptionRow* argument : arguments)
    text += argument->required ? " " + argument_name(*argument) : " [" + argument_name(*argument) + "]";
  text += verb.verbs.empty() ? " [OPTIONS]\n" : " VERB [OPTIONS]\n";
  if (!arguments.empty()) text += "\nArguments:\n";
  for (const OptionRow* argument : arguments) text += two_columns(argument->name(), explained(*argument));
  if (!verb.verbs.empty()) text += "\nVerbs:\n";
  for (const VerbTable& below : verb.verbs) text += two_columns(below.name(), below.about());
  for (const GroupOfRows& group : groups_of(verb)) {
    text += "\n" + group.name + ":\n";
    for (const OptionRow* option : group.options)
      text += two_columns(with_value(*option), explained(*option));
  }
  const bool is_root = verb.app->get_parent() == nullptr;
  text += is_root ? "\nExit codes: 0 done, 2 usage or input is wrong, 1 anything else failed, 128 + signal "
                    "when stopped.\n"
                    "mtnlp VERB --help tells more.\n"
                  : "\nWith every verb: --quiet, --log-level; with train: --config; see mtnlp --help.\n";
  return text;
}

}  // namespace mtnlp::cli
