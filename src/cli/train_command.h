// The command that `mtnlp data split` prints. It trains on the written parts just as train would on the files
// that they come from.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/option_groups.h"
#include "data/write_parts.h"

namespace mtnlp::cli {

/// Options with their values; a flag has no value.
using OptionWords = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// Returns the options that the command needs beside the files: those of `arguments` about columns and
/// labels, the seed, and --labels for a task that has a label without rows in the training part. Throws Error
/// when one of these, the name of a task, a file or `out` has characters that cannot be printed in a command.
OptionWords options_of_parts(const DataArguments& arguments, uint64_t seed, const std::string& out,
                             const Dataset& dataset, const std::vector<Part>& parts);

/// Returns `word` for a shell, in quotes where it needs them.
std::string shell_word(const std::string& word);

/// Returns `command`, such as "mtnlp train", with the options behind it, quoted for a shell.
std::string command_text(const std::string& command, const OptionWords& options);

/// Returns the line that says how a run or a sweep becomes a page.
std::string report_line(const fs::path& folder);

/// Returns the command for the written and the given parts, quoted for a shell.
std::string train_command(const Dataset& dataset, const std::vector<WrittenPart>& files,
                          const OptionWords& options);

}  // namespace mtnlp::cli
