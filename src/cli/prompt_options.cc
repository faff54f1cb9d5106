#include "cli/prompt_options.h"

namespace mtnlp::cli {
namespace {

std::string check_not_empty(const std::string& text) {
  return text.empty() ? "is empty; --no-prompt puts nothing before the texts" : "";
}

}  // namespace

void add_prompt(VerbTable& verb, PromptChoice& prompt, const std::string& heading) {
  const OptionGroup options(verb, heading);
  const OptionRow& name =
      options.text("--prompt", prompt.name, "NAME",
                   "Prompt of the folder's own that goes before every text [its default]");
  const OptionRow& text =
      options.text("--prompt-text", prompt.text, "PROMPT", "Text that goes before every text, as it is");
  const OptionRow& none = options.flag("--no-prompt", prompt.none,
                                       "Nothing goes before a text, not even the folder's default prompt");
  text.parsed->check(check_not_empty)->excludes(name.parsed);
  none.parsed->excludes(name.parsed)->excludes(text.parsed);
}

}  // namespace mtnlp::cli
