// Everything is written under a name of its own beside the target, fsynced and then renamed, and the target's
// folder is fsynced last: after a crash the old content is there or the new, and perhaps a temporary. Reads
// go block by block through one descriptor, and check the size before they take more memory.
#include "base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/signals.h"

namespace mtnlp {
namespace {

void sync_path(const fs::path& path, int flags) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags));
  if (fd.get() < 0) fail_system(path.string(), ": cannot be written: ", why());
  sync_descriptor(fd.get(), path);
}

/// Throws the message of `error` with the path that the user knows instead of its temporary sibling.
[[noreturn]] void rethrow(const Error& error, const fs::path& temporary, const fs::path& path) {
  std::string message = error.whole();
  if (const size_t at = message.find(temporary.string()); at != std::string::npos)
    message.replace(at, temporary.string().size(), path.string());
  throw Error(message, error.kind());
}

/// Returns a descriptor to read `file`; opening never waits, as it would for a pipe that nobody writes to.
Descriptor open_to_read(const fs::path& file) {
  Descriptor fd(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) fail_input(file.string(), ": cannot be read: ", why());
  return fd;
}

}  // namespace

void require_absent(const fs::path& folder) {
  if (fs::exists(folder)) fail_input(folder.string(), ": is there already; name a folder that is not");
}

void require_file(const fs::path& file) {
  if (file.empty()) fail_input("an empty file name");
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
  const Descriptor fd = open_to_read(file);
  struct stat info {};
  const bool may_wait = ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode);
  std::string block(1 << 18, '\0');
  for (;;) {
    if (may_wait) wait_readable(fd.get());
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
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

std::string read_file(const fs::path& file, size_t most) {
  const auto check = [&](uintmax_t size) {
    if (size > most)
      fail_input(file.string(), ": is larger than ", most >> 20, " MiB, the most that such a file may have");
  };
  std::error_code unknown;
  if (const auto size = fs::file_size(file, unknown); !unknown) check(size);
  std::string content;
  for_each_block(file, [&](std::string_view block) {
    check(content.size() + block.size());
    content += block;
  });
  return content;
}

void write_file(const fs::path& file, std::string_view content) {
  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  pause_for_tests();
  if (fd.get() < 0 || !write_bytes(fd.get(), content))
    fail_system(file.string(), ": cannot be written: ", why());
}

void copy_entry(const fs::path& from, const fs::path& to, const std::string& name) {
  const fs::path target = to / name;
  if (fs::is_directory(from / name)) {
    if (::mkdir(target.c_str(), 0777) != 0) fail_system(target.string(), ": cannot be written: ", why());
    for (const auto& entry : fs::directory_iterator(from / name))
      copy_entry(from / name, target, entry.path().filename().string());
    return;
  }
  const Descriptor fd(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (fd.get() < 0) fail_system(target.string(), ": cannot be written: ", why());
  for_each_block(from / name, [&](std::string_view block) {
    if (!write_bytes(fd.get(), block)) fail_system(target.string(), ": cannot be written: ", why());
  });
}

void write_file_atomic(const fs::path& file, std::string_view content) {
  const Temporary temporary = create_temporary(file);
  try {
    if (!write_bytes(temporary.fd.get(), content)) fail_system(file.string(), ": cannot be written: ", why());
    take_permissions(temporary.fd.get(), file);
    sync_descriptor(temporary.fd.get(), file);
  } catch (const Error&) {
    ::unlink(temporary.path.c_str());
    throw;
  }
  rename_over(temporary.path, file);
}

void write_folder_atomic(const fs::path& folder, const std::function<void(const fs::path&)>& fill) {
  const fs::path temporary = temporary_sibling(folder);
  std::error_code error;
  if (::mkdir(temporary.c_str(), 0777) != 0) fail_system(folder.string(), ": cannot be written: ", why());
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
  if (::symlink(target.c_str(), temporary.c_str()) != 0)
    fail_system(link.string(), ": cannot be written: ", why());
  rename_over(temporary, link);
}

bool is_temporary(const fs::path& path) {
  return path.filename().string().starts_with(kTemporaryPrefix);
}

void remove_folder_atomic(const fs::path& folder) {
  const fs::path temporary = temporary_sibling(folder);
  std::error_code error;
  fs::rename(folder, temporary, error);
  if (!error) fs::remove_all(temporary, error);
  if (error) fail_system(folder.string(), ": cannot be removed: ", error.message());
}

std::map<std::string, std::string> read_entries(const fs::path& folder,
                                                const std::vector<std::string>& names) {
  std::map<std::string, std::string> contents;
  for (const std::string& name : names) {
    if (!fs::is_directory(folder / name)) {
      contents[name] = read_file(folder / name);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(folder / name))
      if (entry.is_regular_file())
        contents[fs::relative(entry.path(), folder).generic_string()] = read_file(entry.path());
  }
  return contents;
}

void write_entries(const fs::path& folder, const std::map<std::string, std::string>& contents) {
  for (const auto& [name, content] : contents) {
    fs::create_directories((folder / name).parent_path());
    write_file(folder / name, content);
  }
}

uint64_t content_hash(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string checksum(std::string_view bytes) {
  return hex(content_hash(bytes));
}

std::string file_checksum(const fs::path& file) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(state.get());
  for_each_block(
      file, [&](std::string_view block) { XXH3_64bits_update(state.get(), block.data(), block.size()); });
  return hex(XXH3_64bits_digest(state.get()));
}

std::map<std::string, std::string> file_checksums(const fs::path& folder,
                                                  const std::vector<std::string>& names) {
  std::map<std::string, std::string> checksums;
  for (const std::string& name : names)
    if (fs::exists(folder / name)) checksums[name] = file_checksum(folder / name);
  return checksums;
}

MappedFile::MappedFile(const fs::path& file) : path_(file) {
  require_file(file);
  const Descriptor fd = open_to_read(file);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) fail_input(file.string(), ": cannot be read: ", why());
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
