// Files that stand where a model's file should be: what a clone without git-lfs or a download cut short
// leaves.
#pragma once

#include "base/files.h"

namespace mtnlp {

/// Throws Error that says what to do when `file` is a git-lfs pointer, a link to nothing or empty. A file
/// that is not there at all is left to whoever reads it.
void refuse_placeholder(const fs::path& file);

/// Says whether there is something named `path`, a link to nothing included: it must not pass for absent.
bool is_there(const fs::path& path);

}  // namespace mtnlp
