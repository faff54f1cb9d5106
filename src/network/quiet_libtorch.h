// The words of libtorch, which are for programmers. Includes no torch header.
#pragma once

#include <functional>

namespace mtnlp {

/// Sends the warnings of libtorch to the debug log.
void quiet_libtorch();

/// Does so while `action` runs, in this thread.
void with_quiet_libtorch(const std::function<void()>& action);

}  // namespace mtnlp
