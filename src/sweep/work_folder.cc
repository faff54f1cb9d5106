#include "sweep/work_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "base/error.h"
#include "base/field.h"

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

Descriptor lock_folder(const fs::path& folder) {
  Descriptor held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (held.get() >= 0 && ::flock(held.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    fail_input(folder.string(), ": another process works in it");
  return held;
}

}  // namespace mtnlp
