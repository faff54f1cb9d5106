// Child processes, several at once.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace mtnlp {

/// What a child is to do.
struct Command {
  std::string name;
  std::vector<std::string> arguments;  ///< of this executable
  fs::path errors;                     ///< file that gets its stderr; its stdout is thrown away
};

/// How a child ended.
struct Ending {
  int code = 0;  ///< exit code; 128 + N where signal N ended it
  double seconds = 0;
};

/// Runs each of `commands`, `at_once` at a time, and calls `ended` for each when it ends, in the order in which
/// they end. When that throws, or a stop signal arrives (Stopped), the others are asked to end by SIGTERM and
/// waited for. They also get SIGTERM when this process dies.
void run_children(const std::vector<Command>& commands, size_t at_once,
                  const std::function<void(const Command&, const Ending&)>& ended);

/// Returns the last line of what a child printed, without the name of the program.
std::string last_line(const fs::path& errors);

/// Returns the error of `who`, which a child that failed printed last; of the kind that its exit code has.
Error failure_of(const std::string& who, const fs::path& errors, const Ending& ending);

}  // namespace mtnlp
