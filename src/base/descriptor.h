// File descriptors and temporaries: what files.cc, output.cc and safetensors.cc share.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/files.h"

namespace mtnlp {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Returns the system's reason for the failure of its last call.
std::string why();

/// Slows a stage of a write down as MTNLP_TEST_SLOW_WRITE asks.
void pause_for_tests();

/// Returns the folder of `file`: "." for a bare name.
fs::path parent_of(const fs::path& file);

/// Writes all of `bytes`, however often the system takes a part. False when it fails, with errno.
bool write_bytes(int fd, std::string_view bytes);

/// Throws Error of kSystem naming `file` unless the system says that what was written to `fd` is on the disk.
void sync_descriptor(int fd, const fs::path& file);

/// How the names of temporaries start.
inline constexpr std::string_view kTemporaryPrefix = ".mtnlp-tmp-";

/// Returns a name beside `file` that nobody can foresee and that is_temporary knows.
fs::path temporary_sibling(const fs::path& file);

/// A new file at such a name; `path` is for the owner alone when it is to replace a file, else of the usual
/// permissions. Throws Error of kSystem naming `file`.
struct Temporary {
  fs::path path;
  Descriptor fd;
};
Temporary create_temporary(const fs::path& file);

/// Gives a temporary the permissions and, where possible, the owner of the file that it is to replace, if
/// there is one.
void take_permissions(int fd, const fs::path& file);

/// Renames `from` to `to` and fsyncs their folder. Throws Error of kSystem; `from` is then removed.
void rename_over(const fs::path& from, const fs::path& to);

}  // namespace mtnlp
