// What the command line needs of libtorch, without a torch header.
#pragma once

#include <functional>

namespace mtnlp {

/// Sends the warnings of libtorch, which address programmers, to the debug log.
void quiet_libtorch();

/// Does so while `action` runs, in this thread.
void with_quiet_libtorch(const std::function<void()>& action);

/// Returns the version of libtorch that mtnlp was compiled with.
const char* libtorch_version();

}  // namespace mtnlp
