// A folder in which runs are trained, one after another or several at once.
#pragma once

#include <string>

#include "base/descriptor.h"
#include "base/files.h"

namespace mtnlp {

/// Throws Error when `folder` is there and not empty.
void require_free_folder(const fs::path& folder);

/// Makes a folder and those above it. Throws Error of kSystem.
void make_folder(const fs::path& folder);

/// Returns what keeps other processes out of `folder` while it is open. Throws Error when one is in it already. On a
/// file system without locks there is none.
Descriptor lock_folder(const fs::path& folder);

}  // namespace mtnlp
