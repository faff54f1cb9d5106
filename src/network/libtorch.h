// What the command line asks of libtorch itself, without its headers.
#pragma once

namespace mtnlp {

/// Sends the warnings of libtorch, which are for programmers, to the debug log.
void quiet_libtorch();

/// Returns the version that mtnlp was compiled with.
const char* libtorch_version();

}  // namespace mtnlp
