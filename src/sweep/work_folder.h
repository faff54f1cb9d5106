// A folder in which runs are trained, one after another or several at once.
#pragma once

#include <functional>
#include <string>

#include "base/files.h"
#include "base/lock.h"

namespace mtnlp {

/// Throws Error when `folder` is there and not empty.
void require_free_folder(const fs::path& folder);

/// Makes a folder and those above it. Throws Error of kSystem.
void make_folder(const fs::path& folder);

/// Makes `folder`, which gets what `fill` writes to the folder that it is given, or nothing when that throws. Throws Error
/// when it is there and not empty, or when another process works in it.
void create_work_folder(const fs::path& folder, const std::function<void(const fs::path&)>& fill);

/// Waits until no process trains in the folder of `run`: children go on for a moment after whoever started them was
/// killed. Gives up after some seconds. Throws Stopped.
void wait_until_left(const fs::path& run);

/// Returns what keeps other processes out of `folder` while it lives. Throws Error when one is in it already.
Lock lock_folder(const fs::path& folder);

}  // namespace mtnlp
