// A folder in which runs are trained, one after another or several at once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/lock.h"

namespace mtnlp {

/// Throws Error when `folder` is there and holds more than `leftovers`: what create_work_folder, stopped on its way,
/// leaves.
void require_free_folder(const fs::path& folder, const std::vector<std::string>& leftovers = {});

/// Makes a folder and those above it. Throws Error of kSystem.
void make_folder(const fs::path& folder);

/// Makes `folder` and fills it by `fill`, which may find `leftovers` of an earlier start and writes last what makes it
/// more than those. Throws Error when it holds more already, or when another process works in it.
void create_work_folder(const fs::path& folder, const std::vector<std::string>& leftovers,
                        const std::function<void()>& fill);

/// Returns what keeps other processes out of `folder` while it lives. Throws Error when one is in it already.
Lock lock_folder(const fs::path& folder);

}  // namespace mtnlp
