#include "cli/prompt_options.h"

namespace mtnlp::cli {
namespace {

std::string check_not_empty(const std::string& text) {
  return text.empty() ? "is empty; --no-prompt puts nothing before the texts" : "";
}

}  // namespace

void add_prompt(CLI::App& app, PromptChoice& prompt, const std::string& group) {
  CLI::Option* name = app.add_option("--prompt", prompt.name,
                                     "Prompt of the folder's own that goes before every text [its default]");
  CLI::Option* text =
      app.add_option("--prompt-text", prompt.text, "Text that goes before every text, as it is");
  CLI::Option* none = app.add_flag("--no-prompt", prompt.none,
                                   "Nothing goes before a text, not even the folder's default prompt");
  name->type_name("NAME");
  text->type_name("PROMPT")->check(check_not_empty)->excludes(name);
  none->excludes(name)->excludes(text);
  for (CLI::Option* option : {name, text, none})
    if (!group.empty()) option->group(group);
}

}  // namespace mtnlp::cli
