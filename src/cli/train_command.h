// The `mtnlp train` that data split prints: it trains on the written parts as train would on the files they
// come from.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/option_groups.h"
#include "data/write_parts.h"

namespace mtnlp::cli {

/// Options and their values; a flag has none.
using OptionWords = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// Returns what the parts' files need beside their names: the columns, labels and seed that `arguments` and
/// `seed` say, and the labels of a task when one has no row in train. Throws Error when that, the name of a
/// task, a file or `out` cannot stand in a command line on a terminal.
OptionWords options_of_parts(const DataArguments& arguments, uint64_t seed, const std::string& out,
                             const Dataset& dataset, const std::vector<Part>& parts);

/// Returns the command as a shell reads it, for the written and the given parts.
std::string train_command(const Dataset& dataset, const std::vector<WrittenPart>& files,
                          const OptionWords& options);

}  // namespace mtnlp::cli
