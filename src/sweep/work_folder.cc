#include "sweep/work_folder.h"

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/field.h"
#include "base/signals.h"

namespace mtnlp {

void require_free_folder(const fs::path& folder) {
  if (fs::exists(folder) && !(fs::is_directory(folder) && fs::is_empty(folder)))
    fail_input(folder.string(), ": exists already; ", field("resume"), " goes on with what began there");
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_system(folder.string(), ": cannot be made: ", error.message());
}

void create_work_folder(const fs::path& folder, const std::function<void(const fs::path&)>& fill) {
  require_free_folder(folder);
  if (!fs::exists(folder)) {
    make_folder(parent_of(folder));
    return write_folder_atomic(folder, fill);
  }
  // A folder that is there stays the same one: it may be where a disk is mounted.
  const Lock lock = lock_folder(folder);
  require_free_folder(folder);  // another may have filled it before
  try {
    fill(folder);
  } catch (...) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) fs::remove_all(entry.path(), error);
    throw;
  }
}

void wait_until_left(const fs::path& run) {
  constexpr int kTries = 500;
  for (int i = 0; i < kTries && !Lock(run, Lock::Kind::kAlone).is_granted(); ++i) {
    throw_if_stopped();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Lock lock_folder(const fs::path& folder) {
  Lock lock(folder, Lock::Kind::kAlone);
  if (!lock.is_granted()) fail_input(folder.string(), ": another process works in it");
  return lock;
}

}  // namespace mtnlp
