#include "cli/describe.h"

#include <algorithm>

#include "base/suggest.h"

namespace mtnlp::cli {
namespace {

/// CLI11 says "TYPE:what the validator takes", where ours take a range or "a|b|c".
void set_value(const std::string& type, OptionText& text) {
  const size_t colon = type.find(':');
  const std::string validator = colon == std::string::npos ? "" : type.substr(colon + 1);
  if (validator.find('|') != std::string::npos) {
    text.value = validator;
    text.words = split(validator, '|');
  } else if (!validator.empty()) {
    text.value = "N";
    const size_t explained = std::min(text.about.find(" ["), text.about.size());
    text.about.insert(explained, " (" + validator + ")");
  } else {
    text.value = type;
  }
}

OptionText describe(const CLI::Option& option) {
  OptionText text;
  text.about = option.get_description();
  text.required = option.get_required();
  if (!option.nonpositional()) text.names.push_back(option.get_name(true));
  for (const std::string& name : option.get_snames()) text.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  if (option.get_items_expected_max() == 0) return text;
  const bool explains_default = text.about.ends_with(']');
  set_value(option.get_type_name(), text);
  text.repeated = option.get_expected_max() == CLI::detail::expected_max_vector_size;
  if (!explains_default && !option.get_default_str().empty())
    text.about += " [" + option.get_default_str() + "]";
  return text;
}

constexpr size_t kColumns = 100, kIndent = 30;

/// `name` and `about` in two columns, the second one wrapped.
std::string two_columns(const std::string& name, const std::string& about) {
  std::string text, line = "  " + name;
  if (line.size() + 2 > kIndent) {
    text = line + "\n";
    line.clear();
  }
  line.resize(kIndent, ' ');
  for (const std::string& word : split(about, ' ')) {
    if (line.size() + word.size() > kColumns) {
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
      line.assign(kIndent, ' ');
    }
    line += word + " ";
  }
  return text + line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string with_value(const OptionText& option) {
  std::string text;
  for (const std::string& name : option.names) text += (text.empty() ? "" : ", ") + name;
  if (!option.value.empty() && option.names[0].starts_with('-')) text += " " + option.value;
  return text;
}

}  // namespace

std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return (parent == nullptr ? "" : path_of(*parent) + " ") + app.get_name();
}

VerbText describe(const CLI::App& app) {
  VerbText text{app.get_name(), path_of(app), app.get_description(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (!option->nonpositional()) {
      text.arguments.push_back(describe(*option));
      continue;
    }
    const std::string& name = option->get_group();
    if (name.empty()) continue;  // hidden
    auto group = std::ranges::find(text.groups, name, &OptionGroup::name);
    if (group == text.groups.end()) group = text.groups.insert(group, {name, {}});
    group->options.push_back(describe(*option));
  }
  // Help and the like come last.
  std::stable_partition(text.groups.begin(), text.groups.end(),
                        [](const OptionGroup& group) { return group.name != "Options"; });
  for (const CLI::App* verb : app.get_subcommands(nullptr)) text.verbs.push_back(describe(*verb));
  return text;
}

std::vector<const VerbText*> all_verbs(const VerbText& verb) {
  std::vector<const VerbText*> all = {&verb};
  for (const VerbText& below : verb.verbs)
    for (const VerbText* each : all_verbs(below)) all.push_back(each);
  return all;
}

std::string help_text(const VerbText& verb) {
  std::string text = verb.about + "\n\nUsage: " + verb.path;
  for (const OptionText& argument : verb.arguments)
    text += argument.required ? " " + argument.names[0] : " [" + argument.names[0] + "]";
  text += verb.verbs.empty() ? " [OPTIONS]\n" : " VERB [OPTIONS]\n";
  if (!verb.arguments.empty()) text += "\nArguments:\n";
  for (const OptionText& argument : verb.arguments) text += two_columns(argument.names[0], argument.about);
  if (!verb.verbs.empty()) text += "\nVerbs:\n";
  for (const VerbText& below : verb.verbs) text += two_columns(below.name, below.about);
  for (const OptionGroup& group : verb.groups) {
    text += "\n" + group.name + ":\n";
    for (const OptionText& option : group.options) text += two_columns(with_value(option), option.about);
  }
  const bool is_root = verb.path == verb.name;
  text += is_root ? "\nExit codes: 0 done, 2 usage or input is wrong, 1 anything else failed, 128 + signal "
                    "when stopped.\n"
                    "mtnlp VERB --help tells more.\n"
                  : "\nWith every verb: --quiet, --log-level; with train: --config; see mtnlp --help.\n";
  return text;
}

}  // namespace mtnlp::cli
