// --prompt, --prompt-text and --no-prompt of every verb that reads texts for a model.
#pragma once

#include <CLI/CLI.hpp>

#include "hub/modules.h"

namespace mtnlp::cli {

/// At most one of the three may be given, in the help under `group`; without any the folder's default prompt
/// holds.
void add_prompt(CLI::App& app, PromptChoice& prompt, const std::string& group = "");

}  // namespace mtnlp::cli
