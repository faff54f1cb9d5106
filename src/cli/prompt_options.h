// --prompt, --prompt-text and --no-prompt of every verb that reads texts for a model.
#pragma once

#include "cli/option_table.h"
#include "hub/modules.h"

namespace mtnlp::cli {

/// At most one of the three may be given, below `heading` of the help; without any the folder's default
/// prompt holds.
void add_prompt(VerbTable& verb, PromptChoice& prompt, const std::string& heading = OptionGroup::kPlain);

}  // namespace mtnlp::cli
