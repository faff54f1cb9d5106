// The options of `mtnlp train` as a run keeps them: options.toml, and what --resume compares.
#pragma once

#include <vector>

#include "base/files.h"
#include "cli/train_options.h"
#include "run/options_file.h"

namespace mtnlp::cli {

/// Returns what options.toml holds: all options as resolved; those without a value are left out.
std::vector<StoredOption> stored_options(const VerbTable& verb);

/// Returns all options that shape the result; of their defaults alone for `given` false.
OptionValues identity(const VerbTable& verb, bool given = true);

/// Gives the options of `verb` that the command line did not give the values of `stored`, which `file` held.
/// Throws Error naming the line of one that is not known or not valid.
void take_options(VerbTable& verb, const std::vector<StoredOption>& stored, const fs::path& file);

/// Throws Error for a value that an options.toml could not hold.
void require_utf8(const VerbTable& verb);

/// `train` with the options of a file, and those that `given` got from a command line over them.
class StoredTrain {
 public:
  StoredTrain(const std::vector<StoredOption>& stored, const fs::path& file,
              const VerbTable* given = nullptr);
  const TrainArguments& arguments() const { return arguments_; }
  const VerbTable& verb() const { return verb_; }

 private:
  CLI::App app_;
  VerbTable root_;
  TrainArguments arguments_;
  VerbTable& verb_;
};

}  // namespace mtnlp::cli
