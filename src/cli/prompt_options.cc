#include "cli/prompt_options.h"

namespace mtnlp::cli {
namespace {

std::string check_not_empty(const std::string& text) {
  return text.empty() ? "is empty; --no-prompt embeds texts without a prompt" : "";
}

}  // namespace

void add_prompt(VerbTable& verb, PromptChoice& prompt, const std::string& heading) {
  const OptionGroup options(verb, heading);
  const OptionRow& name = options.text(
      "--prompt", prompt.name, "NAME",
      "Name of a prompt of the model folder, which goes before every text [the folder's default prompt]");
  const OptionRow& text = options.text("--prompt-text", prompt.text, "PROMPT",
                                       "Prompt itself, which goes before every text unchanged");
  const OptionRow& none = options.flag("--no-prompt", prompt.none,
                                       "Put no prompt before the texts, not even the folder's default");
  text.parsed->check(check_not_empty)->excludes(name.parsed);
  none.parsed->excludes(name.parsed)->excludes(text.parsed);
}

}  // namespace mtnlp::cli
