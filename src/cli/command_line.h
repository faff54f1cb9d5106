// What runs a command line. Without the headers of CLI11, which take seconds to compile.
#pragma once

#include <string>
#include <vector>

namespace mtnlp {
struct Libtorch;  // train/libtorch.h
}

namespace mtnlp::cli {

/// Exit codes of the executable. 128 + signal is used when a signal ended the run.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,  ///< the machine failed us
  kUsage = 2,   ///< the input or the command line is wrong
};

/// Runs `mtnlp train` with these arguments inside another program: it prints nothing, leaves signals alone and
/// does not set up logging. Throws Error.
void train_quietly(const std::vector<std::string>& arguments, const Libtorch& libtorch);

/// Parses the command line and runs its verb; without `libtorch` (null) it starts mtnlp-train in its place for a
/// verb that needs it. Turns every failure into one line on stderr. Returns the exit code.
int run_mtnlp(int argc, char** argv, const Libtorch* libtorch);

}  // namespace mtnlp::cli
