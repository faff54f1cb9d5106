// What the command line needs of libtorch, without a torch header.
#pragma once

namespace mtnlp {

/// Sends the warnings of libtorch, which address programmers, to the debug log.
void quiet_libtorch();

/// Returns the version of libtorch that mtnlp was compiled with.
const char* libtorch_version();

}  // namespace mtnlp
