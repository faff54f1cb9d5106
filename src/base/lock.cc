#include "base/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace mtnlp {

Lock::Lock(const fs::path& path, Kind kind, Wait wait) : opened_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!is_open()) return;
  const int how = (kind == Kind::kShared ? LOCK_SH : LOCK_EX) | (wait == Wait::kNo ? LOCK_NB : 0);
  int result = 0;
  do result = ::flock(opened_.get(), how);
  while (result != 0 && errno == EINTR);
  granted_ = result == 0 || errno != EWOULDBLOCK;
}

bool Lock::is_still(const fs::path& path) const {
  struct stat held {
  }, found{};
  return ::fstat(opened_.get(), &held) == 0 && ::stat(path.c_str(), &found) == 0 &&
         held.st_ino == found.st_ino && held.st_dev == found.st_dev;
}

}  // namespace mtnlp
