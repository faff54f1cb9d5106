// The command line in words: help, shell completion, the manual page and docs/options.md, all from the table
// of options.
#pragma once

#include <string>
#include <vector>

#include "cli/option_table.h"

namespace mtnlp::cli {

/// The options of a verb under one heading.
struct GroupOfRows {
  std::string name;
  std::vector<const OptionRow*> options;
};

/// Returns the arguments of `verb` by position.
std::vector<const OptionRow*> arguments_of(const VerbTable& verb);
/// Returns the options of `verb` by heading, without hidden ones; --help and the like come last.
std::vector<GroupOfRows> groups_of(const VerbTable& verb);
/// Returns `verb` and all below it, depth first.
std::vector<const VerbTable*> all_verbs(const VerbTable& verb);

/// Returns what an option is, with its range and default: "Passes over the data (1 to 10000) [3]". With
/// `anywhere` a default that depends on the machine is in words.
std::string explained(const OptionRow& row, bool anywhere = false);

std::string help_text(const VerbTable& verb);
std::string bash_completion(const VerbTable& root);
std::string zsh_completion(const VerbTable& root);
std::string manual_page(const VerbTable& root);
/// Returns docs/options.md.
std::string options_page(const VerbTable& root);

}  // namespace mtnlp::cli
