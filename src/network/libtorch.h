// What the command line asks of libtorch itself, without its headers.
#pragma once

#include <functional>

namespace mtnlp {

/// Sends the warnings of libtorch, which are for programmers, to the debug log.
void quiet_libtorch();

/// Does so while `action` runs, in this thread.
void with_quiet_libtorch(const std::function<void()>& action);

/// Returns the version that mtnlp was compiled with.
const char* libtorch_version();

}  // namespace mtnlp
