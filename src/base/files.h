// Files: whole reads, memory maps, checksums, and writes that are either complete or absent.
//
// For the crash tests: MTNLP_TEST_SLOW_WRITE=MS in the environment makes every stage of a write (each file,
// fsync and rename) take so many milliseconds longer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mtnlp {

namespace fs = std::filesystem;

/// Default limit of a file that is read whole, in bytes.
inline constexpr size_t kMaxWholeFile = size_t{512} << 20;

/// Returns the whole file. Throws Error of kInput when it is missing, a folder or unreadable, and, before more
/// memory is taken, when it has more than `most` bytes. A pipe that has nothing yet is waited for
/// (signals.h).
std::string read_file(const fs::path& file, size_t most = kMaxWholeFile);

/// Throws Error of kInput unless `file` exists and is a readable regular file (or a pipe).
void require_file(const fs::path& file);
/// Throws Error when there is something at `folder`, which is to be made.
void require_absent(const fs::path& folder);

/// Writes the file in place, without fsync: for the files of write_folder_atomic. Throws Error of kSystem.
void write_file(const fs::path& file, std::string_view content);

/// Copies the file or folder FROM/name to TO/name, without fsync: for the files of write_folder_atomic.
/// Throws Error of kSystem.
void copy_entry(const fs::path& from, const fs::path& to, const std::string& name);

/// Writes a temporary sibling, fsyncs, renames; permissions and, where possible, the owner of a `file` that
/// was there are kept. Throws Error of kSystem; `file` is then as it was.
void write_file_atomic(const fs::path& file, std::string_view content);

/// Builds a folder that appears complete or not at all: `fill` gets a temporary sibling of `folder`, whose
/// files are fsynced and which is renamed afterwards. When `fill` throws, the sibling is removed; an Error
/// then names `folder` in its place. `folder` must not exist.
void write_folder_atomic(const fs::path& folder, const std::function<void(const fs::path&)>& fill);

/// Points the symbolic link `link` at `target` (stored as given) in one rename.
void swap_link(const fs::path& link, const fs::path& target);

/// Says whether `path` is named like what an interrupted write_file_atomic, write_folder_atomic or swap_link
/// leaves.
bool is_temporary(const fs::path& path);

/// Removes `folder`; interrupted, it leaves a temporary and never a part of the folder under its name. Throws
/// Error of kSystem.
void remove_folder_atomic(const fs::path& folder);

/// Returns the contents of these files of `folder`, and of all files in those that are folders, by their paths
/// in it.
std::map<std::string, std::string> read_entries(const fs::path& folder,
                                                const std::vector<std::string>& names);
/// Writes what read_entries gave, without fsync: for write_folder_atomic.
void write_entries(const fs::path& folder, const std::map<std::string, std::string>& contents);

/// Returns the XXH3-64 of the bytes.
uint64_t content_hash(std::string_view bytes);
/// Returns the XXH3-64 of the content as 16 hex digits: it tells a changed file, it does not protect against
/// an attacker.
std::string file_checksum(const fs::path& file);
std::string checksum(std::string_view bytes);
/// Returns the file_checksum of each of these files of `folder` that exists, by its name.
std::map<std::string, std::string> file_checksums(const fs::path& folder,
                                                  const std::vector<std::string>& names);

/// Read-only map of a regular file; the bytes live as long as the object.
class MappedFile {
 public:
  explicit MappedFile(const fs::path& file);  ///< throws Error of kInput
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Returns the path of a file that ships with mtnlp ("data/topic.csv", "models/minilm-l6"): below
/// PREFIX/share/mtnlp for an installed executable, in the source tree for one in its build folder. Returns
/// `relative` itself when found in neither.
fs::path resource_path(const fs::path& relative);

}  // namespace mtnlp
