// Texts that are made from the table of options: help, shell completion, the manual page and docs/options.md.
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

/// Returns "MODEL", "RUN..." where it may be repeated.
std::string argument_name(const OptionRow& argument);
/// Returns the arguments of `verb` in the order of their positions.
std::vector<const OptionRow*> arguments_of(const VerbTable& verb);
/// Returns the options of `verb` by heading, without hidden ones. OptionGroup::kPlain, with --help, comes
/// last.
std::vector<GroupOfRows> groups_of(const VerbTable& verb);
/// Returns `verb` and all below it, depth first.
std::vector<const VerbTable*> all_verbs(const VerbTable& verb);

/// Returns the help of an option with its range and default: "Passes over the training rows (1 to 10000)
/// [3]". With `anywhere` a default that depends on the machine is given in words, for texts that are read on
/// other machines.
std::string explained(const OptionRow& row, bool anywhere = false);

/// Returns what `mtnlp VERB --help` prints.
std::string help_text(const VerbTable& verb);
/// Return a completion script, for bash or zsh.
std::string bash_completion(const VerbTable& root);
std::string zsh_completion(const VerbTable& root);
/// Returns the manual page, in the man macros of troff.
std::string manual_page(const VerbTable& root);
/// Returns the content of docs/options.md.
std::string options_page(const VerbTable& root);

}  // namespace mtnlp::cli
