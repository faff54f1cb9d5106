// The options of a verb in a run: options.toml, and the identity that --resume compares.
#pragma once

#include <vector>

#include "base/files.h"
#include "cli/option_table.h"
#include "run/options_file.h"

namespace mtnlp::cli {

/// Returns the options for options.toml: each with its value or default; those that have neither are left
/// out.
std::vector<StoredOption> stored_options(const VerbTable& verb);

/// Returns the options that shape the result, with their values; when not `given`, with their defaults
/// instead.
OptionValues identity(const VerbTable& verb, bool given = true);

/// Sets the options of `verb` that were not on the command line to the values in `stored`, which were read
/// from `file`. Throws Error naming the line of an option that is unknown or not valid.
void take_options(VerbTable& verb, const std::vector<StoredOption>& stored, const fs::path& file);

/// Sets the options of `verb` to the values that `given`, the same verb, got on its command line, but for those that
/// are not stored.
void take_given(VerbTable& verb, const VerbTable& given);

/// Throws Error for a value that is not UTF-8, which options.toml cannot hold.
void require_utf8(const VerbTable& verb);

/// The options of a verb with runs, which `add` adds, parsed anew from `stored`; those that were on the command line
/// of `given` count before them.
template <typename Arguments>
class StoredVerb {
 public:
  StoredVerb(VerbTable& (*add)(VerbTable& root, Arguments& arguments),
             const std::vector<StoredOption>& stored, const fs::path& file, const VerbTable* given = nullptr)
      : root_(make_table(app_)), verb_(add(root_, arguments_)) {
    if (given != nullptr) take_given(verb_, *given);
    take_options(verb_, stored, file);
  }
  const Arguments& arguments() const { return arguments_; }
  const VerbTable& verb() const { return verb_; }

 private:
  CLI::App app_;
  VerbTable root_;
  Arguments arguments_;
  VerbTable& verb_;
};

}  // namespace mtnlp::cli
