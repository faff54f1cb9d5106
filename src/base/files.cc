#include "mtnlp/base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "mtnlp/base/error.h"

namespace mtnlp {
namespace {

constexpr std::string_view kTemporary = ".mtnlp-tmp-";

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string why() {
  return std::strerror(errno);
}

/// MTNLP_TEST_SLOW_WRITE
void pause_for_tests() {
  if (const char* milliseconds = std::getenv("MTNLP_TEST_SLOW_WRITE"))
    ::usleep(static_cast<useconds_t>(std::atoi(milliseconds)) * 1000);
}

fs::path parent_of(const fs::path& file) {
  const fs::path parent = file.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

void sync_path(const fs::path& path, int flags) {
  pause_for_tests();
  const Descriptor fd(::open(path.c_str(), O_RDONLY | flags));
  // Some file systems cannot sync a folder (EINVAL); that is no failure of ours.
  if (fd.get() < 0 || (::fsync(fd.get()) != 0 && errno != EINVAL))
    fail_system(path.string(), ": cannot be written: ", why());
}

void rename_over(const fs::path& from, const fs::path& to) {
  pause_for_tests();
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const std::string reason = why();
    std::error_code ignored;
    fs::remove_all(from, ignored);
    fail_system(to.string(), ": cannot be written: ", reason);
  }
  sync_path(parent_of(to), O_DIRECTORY);
}

/// The message of `error` with the path that the user knows instead of its temporary sibling.
[[noreturn]] void rethrow(const Error& error, const fs::path& temporary, const fs::path& path) {
  std::string message = error.what();
  if (const size_t at = message.find(temporary.string()); at != std::string::npos)
    message.replace(at, temporary.string().size(), path.string());
  throw Error(message, error.code());
}

void write_all(const fs::path& file, std::string_view content, bool sync) {
  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  pause_for_tests();
  if (fd.get() < 0) fail_system(file.string(), ": cannot be written: ", why());
  while (!content.empty()) {
    const ssize_t wrote = ::write(fd.get(), content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) fail_system(file.string(), ": cannot be written: ", why());
    content.remove_prefix(static_cast<size_t>(wrote));
  }
  if (sync && ::fsync(fd.get()) != 0) fail_system(file.string(), ": cannot be written: ", why());
}

}  // namespace

fs::path temporary_sibling(const fs::path& file) {
  return parent_of(file) / str(kTemporary, file.filename().string(), "-", ::getpid());
}

void require_file(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0)
    fail_input(file.string(), errno == ENOENT ? ": no such file" : ": cannot be read: " + why());
  if (S_ISDIR(info.st_mode)) fail_input(file.string(), ": is a folder, not a file");
  if (::access(file.c_str(), R_OK) != 0) fail_input(file.string(), ": cannot be read: ", why());
}

namespace {

/// Calls `use` with the file's bytes, block after block.
template <typename Use>
void for_each_block(const fs::path& file, Use use) {
  require_file(file);
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) fail_input(file.string(), ": cannot be read: ", why());
  std::string block(1 << 18, '\0');
  for (;;) {
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_input(file.string(), ": cannot be read: ", why());
    if (got == 0) return;
    use(std::string_view(block).substr(0, static_cast<size_t>(got)));
  }
}

std::string hex(uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::string read_file(const fs::path& file) {
  std::string content;
  for_each_block(file, [&](std::string_view block) { content += block; });
  return content;
}

void write_file(const fs::path& file, std::string_view content) {
  write_all(file, content, false);
}

void copy_entry(const fs::path& from, const fs::path& to, const std::string& name) {
  std::error_code error;
  fs::copy(from / name, to / name, fs::copy_options::recursive, error);
  if (error) fail_system((to / name).string(), ": cannot be written: ", error.message());
}

void write_file_atomic(const fs::path& file, std::string_view content) {
  const fs::path temporary = temporary_sibling(file);
  try {
    write_all(temporary, content, true);
  } catch (const Error& error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    rethrow(error, temporary, file);
  }
  rename_over(temporary, file);
}

void write_folder_atomic(const fs::path& folder, const std::function<void(const fs::path&)>& fill) {
  const fs::path temporary = temporary_sibling(folder);
  std::error_code error;
  fs::remove_all(temporary, error);
  if (!fs::create_directory(temporary, error))
    fail_system(folder.string(), ": cannot be written: ", error.message());
  try {
    fill(temporary);
    for (const auto& entry : fs::recursive_directory_iterator(temporary))
      if (!entry.is_symlink()) sync_path(entry.path(), 0);
    sync_path(temporary, O_DIRECTORY);
  } catch (const Error& failure) {
    fs::remove_all(temporary, error);
    rethrow(failure, temporary, folder);
  } catch (...) {
    fs::remove_all(temporary, error);
    throw;
  }
  rename_over(temporary, folder);
}

void swap_link(const fs::path& link, const fs::path& target) {
  const fs::path temporary = temporary_sibling(link);
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) != 0)
    fail_system(link.string(), ": cannot be written: ", why());
  rename_over(temporary, link);
}

void remove_temporaries(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (is_temporary(it->path())) {
      std::error_code ignored;
      fs::remove_all(it->path(), ignored);
    }
}

bool is_temporary(const fs::path& path) {
  return path.filename().string().starts_with(kTemporary);
}

void remove_folder_atomic(const fs::path& folder) {
  const fs::path temporary = temporary_sibling(folder);
  std::error_code error;
  fs::remove_all(temporary, error);
  fs::rename(folder, temporary, error);
  if (!error) fs::remove_all(temporary, error);
  if (error) fail_system(folder.string(), ": cannot be removed: ", error.message());
}

std::string checksum(std::string_view bytes) {
  return hex(XXH3_64bits(bytes.data(), bytes.size()));
}

std::string file_checksum(const fs::path& file) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(state.get());
  for_each_block(
      file, [&](std::string_view block) { XXH3_64bits_update(state.get(), block.data(), block.size()); });
  return hex(XXH3_64bits_digest(state.get()));
}

MappedFile::MappedFile(const fs::path& file) : path_(file) {
  require_file(file);
  const Descriptor fd(
      ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // a pipe must not make us wait
  struct stat info {};
  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0) fail_input(file.string(), ": cannot be read: ", why());
  if (!S_ISREG(info.st_mode)) fail_input(file.string(), ": is not a regular file");
  if (info.st_size == 0) return;
  size_ = static_cast<size_t>(info.st_size);
  void* map = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (map == MAP_FAILED) fail_input(file.string(), ": cannot be mapped: ", why());
  data_ = static_cast<const std::byte*>(map);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

fs::path resource_path(const fs::path& relative) {
  if (relative.is_absolute() || fs::exists(relative)) return relative;
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  // PREFIX/bin/mtnlp beside PREFIX/share/mtnlp, or build/release/mtnlp inside the source tree.
  for (const fs::path& home : {folder / ".." / "share" / "mtnlp", folder / ".." / ".."})
    if (fs::exists(home / relative, error)) return fs::weakly_canonical(home / relative, error);
  return relative;
}

}  // namespace mtnlp
