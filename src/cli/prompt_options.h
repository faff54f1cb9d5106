// --prompt, --prompt-text and --no-prompt of every verb that reads texts for a model.
#pragma once

#include "cli/option_table.h"
#include "hub/modules.h"

namespace mtnlp::cli {

/// Adds the three options, of which at most one may be given, below `heading`. Without any, the default
/// prompt of the folder is used.
void add_prompt(VerbTable& verb, PromptChoice& prompt, const std::string& heading = OptionGroup::kPlain);

}  // namespace mtnlp::cli
