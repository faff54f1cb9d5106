#include "sweep/work_folder.h"

#include <algorithm>

#include "base/error.h"
#include "base/field.h"

namespace mtnlp {

void require_free_folder(const fs::path& folder, const std::vector<std::string>& leftovers) {
  if (!fs::exists(folder)) return;
  const auto is_leftover = [&](const fs::directory_entry& entry) {
    return is_temporary(entry.path()) ||
           std::ranges::find(leftovers, entry.path().filename().string()) != leftovers.end();
  };
  if (!fs::is_directory(folder) || !std::ranges::all_of(fs::directory_iterator(folder), is_leftover))
    fail_input(folder.string(), ": exists already; ", field("resume"), " goes on with what began there");
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_system(folder.string(), ": cannot be made: ", error.message());
}

void create_work_folder(const fs::path& folder, const std::vector<std::string>& leftovers,
                        const std::function<void()>& fill) {
  require_free_folder(folder, leftovers);
  make_folder(folder);
  const Lock lock = lock_folder(folder);
  require_free_folder(folder, leftovers);  // another may have filled it before
  fill();
}

Lock lock_folder(const fs::path& folder) {
  Lock lock(folder, Lock::Kind::kAlone);
  if (!lock.is_granted()) fail_input(folder.string(), ": another process works in it");
  return lock;
}

}  // namespace mtnlp
