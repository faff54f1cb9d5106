// Completion scripts for bash and zsh. Invariant: verbs, options and choices come from the table of options
// alone.
#include <algorithm>
#include <iostream>

#include "base/words.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/option_groups.h"

namespace mtnlp::cli {
namespace {

std::vector<std::string> option_names(const VerbTable& verb) {
  std::vector<std::string> names;
  for (const GroupOfRows& group : groups_of(verb))
    for (const OptionRow* option : group.options)
      for (const std::string& name : option->names)
        if (name.starts_with("--")) names.push_back(name);
  return names;
}

std::vector<std::string> verb_names(const VerbTable& verb) {
  std::vector<std::string> names;
  for (const VerbTable& below : verb.verbs) names.push_back(below.name());
  return names;
}

/// Returns the path of `verb` without "mtnlp": "data check".
std::string below_root(const VerbTable& verb) {
  const std::string path = path_of(*verb.app);
  const size_t space = path.find(' ');
  return space == std::string::npos ? "" : path.substr(space + 1);
}

/// Returns `text` for a zsh completion in single quotes, where brackets and colons have a meaning.
std::string zsh_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return escaped;
}

/// Returns the action by which zsh completes the value of `option`.
std::string zsh_values(const OptionRow& option) {
  if (!option.choices.empty()) return "(" + join(option.choices, " ") + ")";
  if (option.value == "NAME=FILE") return "_mtnlp_named_file";
  if (option.value == "DIR" || option.name() == "MODEL") return "_files -/";
  if (option.value == "FILE" || option.name() == "FILE" || option.name() == "--config") return "_files";
  return " ";
}

std::string zsh_function(const VerbTable& verb) {
  std::string name = "_" + path_of(*verb.app);
  std::replace(name.begin(), name.end(), ' ', '_');
  std::string text = name + "() {\n";
  if (!verb.verbs.empty()) {
    text += "  local -a verbs=(\n";
    for (const VerbTable& below : verb.verbs)
      text += "    '" + below.name() + ":" + zsh_escaped(below.about()) + "'\n";
    text += "  )\n  local curcontext=$curcontext context state line\n  local -A opt_args\n";
  }
  text += verb.verbs.empty() ? "  _arguments" : "  _arguments -C";
  for (const GroupOfRows& group : groups_of(verb))
    for (const OptionRow* option : group.options)
      for (const std::string& option_name : option->names) {
        text += str(" \\\n    '", option->repeated ? "*" : "", option_name, "[",
                    zsh_escaped(explained(*option)), "]");
        if (!option->value.empty()) text += str(":", zsh_escaped(option->value), ":", zsh_values(*option));
        text += '\'';
      }
  for (const OptionRow* argument : arguments_of(verb))
    text += str(" \\\n    '", argument->repeated ? "*" : "", ":") + argument->name() + ":" +
            zsh_values(*argument) + "'";
  if (!verb.verbs.empty()) {
    text += " \\\n    '1:verb:->verb' '*::arguments:->arguments'\n  case $state in\n";
    text += "    verb) _describe verb verbs ;;\n    arguments)\n      case $line[1] in\n";
    for (const VerbTable& below : verb.verbs)
      text += "        " + below.name() + ") " + name + "_" + below.name() + " ;;\n";
    text += "      esac ;;\n  esac";
  }
  return text + "\n}\n\n";
}

enum class Shell { kBash, kZsh };

}  // namespace

std::string bash_completion(const VerbTable& root) {
  std::string verbs, values, options, words;
  for (const VerbTable* verb : all_verbs(root)) {
    const std::string path = below_root(*verb);
    if (verb != &root) verbs += (verbs.empty() ? "" : "|") + ("'" + path + "'");
    options += "    '" + path + "') words='" + join(option_names(*verb), " ") + "' ;;\n";
    if (!verb->verbs.empty())
      words += "    '" + path + "') words='" + join(verb_names(*verb), " ") + "' ;;\n";
    for (const OptionRow& row : verb->options) {
      const std::string offered = "words='" + join(row.choices, " ") + "' ;;\n";
      if (row.choices.empty()) continue;
      if (row.is_argument())
        words += str("    '", path, "') ", offered);
      else
        values += str("    ", verb == &root ? "*" : "'" + path + "'", "' ", row.name(), "') ", offered);
    }
  }
  return "# bash completion of mtnlp, made by mtnlp completion bash\n"
         "_mtnlp() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= words= i\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case ${verb:+$verb }${COMP_WORDS[i]} in\n"
         "    " +
         verbs +
         ") verb=${verb:+$verb }${COMP_WORDS[i]} ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$verb $prev\" in\n" +
         values +
         "  esac\n"
         "  if [[ -z $words && $cur == -* ]]; then\n"
         "    case $verb in\n" +
         options +
         "    esac\n"
         "  elif [[ -z $words ]]; then\n"
         "    case $verb in\n" +
         words +
         "    esac\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o default -F _mtnlp mtnlp\n";
}

std::string zsh_completion(const VerbTable& root) {
  std::string text =
      "#compdef mtnlp\n# zsh completion of mtnlp, made by mtnlp completion zsh\n\n"
      "_mtnlp_named_file() {\n  compset -P '*='\n  _files\n}\n\n";
  for (const VerbTable* verb : all_verbs(root)) text += zsh_function(*verb);
  // Loaded through fpath, the file is the body of the function; sourced, it registers the function.
  return text +
         "if [ \"$funcstack[1]\" = _mtnlp ]; then\n  _mtnlp \"$@\"\nelse\n  compdef _mtnlp mtnlp\nfi\n";
}

Verb setup_completion(VerbTable& root, const GlobalOptions&) {
  auto shell = std::make_shared<std::optional<Shell>>();
  VerbTable& verb = add_verb(root, "completion", "Print a completion script for a shell");
  const Choices<Shell> shells = {{"bash", Shell::kBash}, {"zsh", Shell::kZsh}};
  OptionGroup(verb).choice("SHELL", *shell, shells, "Shell that the script is for").require();
  return {verb.app, [shell, &root] {
            std::cout << (*shell == Shell::kBash ? bash_completion(root) : zsh_completion(root))
                      << std::flush;
          }};
}

}  // namespace mtnlp::cli
