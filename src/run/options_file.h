// options.toml: the options of `mtnlp train` as TOML, so that a run can be repeated and resumed; those of `mtnlp
// adapt` stand in a table of their own.
//   [train]
//   task=["mood=rows.csv", "size=rows.csv"]
//   epochs=3
// On-disk format: read_options must go on reading what older versions wrote.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace mtnlp {

/// An option and its values as a command line would give them.
struct StoredOption {
  std::string name;                 ///< without the leading dashes
  std::vector<std::string> values;  ///< UTF-8; "true" and "false" for a flag
  size_t line = 0;                  ///< line in the file, from 1; 0 when it was not read from a file
};

/// Option, as "--lr", → its values as text; none for one that is absent.
using OptionValues = std::map<std::string, std::vector<std::string>>;

/// Writes the options in their order; one without values is left out. A value that TOML has as the same
/// number or boolean goes as that, any other as a string, so that read_options gives the same values.
std::string options_text(const std::vector<StoredOption>& options, const std::string& table = "train");

/// Reads the table of `file`. Throws Error naming the file and the line for what is not TOML, stands outside of the
/// table, or is not a text, a number, a boolean or a list of these.
std::vector<StoredOption> read_options(const fs::path& file, const std::string& table = "train");

/// Does the same for the content of a file that is called `name` in errors.
std::vector<StoredOption> parse_options(std::string_view content, const std::string& name,
                                        const std::string& table = "train");

}  // namespace mtnlp
