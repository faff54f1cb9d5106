#include "base/descriptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace mtnlp {
namespace {

std::string unforeseeable_word() {
  uint64_t word = 0;
  while (::getrandom(&word, sizeof word, 0) != static_cast<ssize_t>(sizeof word))
    if (errno != EINTR) fail_system("no random numbers from the system: ", why());
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(word));
  return text;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::string why() {
  return std::strerror(errno);
}

void pause_for_tests() {
  if (const char* milliseconds = std::getenv("MTNLP_TEST_SLOW_WRITE"))
    ::usleep(static_cast<useconds_t>(std::strtol(milliseconds, nullptr, 10)) * 1000);
}

fs::path parent_of(const fs::path& file) {
  const fs::path parent = file.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

bool write_bytes(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

void sync_descriptor(int fd, const fs::path& file) {
  pause_for_tests();
  // Some file systems cannot sync at all, or cannot sync a folder; that is not an error.
  if (::fsync(fd) != 0 && errno != EINVAL && errno != ENOSYS)
    fail_system(file.string(), ": cannot be written: ", why());
}

fs::path temporary_sibling(const fs::path& file) {
  return parent_of(file) /
         str(kTemporaryPrefix, file.filename().string().substr(0, 100), "-", unforeseeable_word());
}

Temporary create_temporary(const fs::path& file) {
  struct stat info {};
  const mode_t mode = ::stat(file.c_str(), &info) == 0 ? 0600 : 0666;
  Temporary temporary{temporary_sibling(file), Descriptor()};
  temporary.fd =
      Descriptor(::open(temporary.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  pause_for_tests();
  if (temporary.fd.get() < 0) fail_system(file.string(), ": cannot be written: ", why());
  return temporary;
}

void take_permissions(int fd, const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return;
  // Without the right to give files away, the group alone may still be ours to give.
  if (::fchown(fd, info.st_uid, info.st_gid) != 0 && ::fchown(fd, static_cast<uid_t>(-1), info.st_gid) != 0)
    info.st_mode &= static_cast<mode_t>(~(S_ISUID | S_ISGID));
  if (::fchmod(fd, info.st_mode & 07777) != 0) fail_system(file.string(), ": cannot be written: ", why());
}

void rename_over(const fs::path& from, const fs::path& to) {
  pause_for_tests();
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const std::string reason = why();
    std::error_code ignored;
    fs::remove_all(from, ignored);
    fail_system(to.string(), ": cannot be written: ", reason);
  }
  const Descriptor folder(::open(parent_of(to).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) sync_descriptor(folder.get(), to);
}

}  // namespace mtnlp
