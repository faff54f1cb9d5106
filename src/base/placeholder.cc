#include "base/placeholder.h"

#include <fstream>

#include "base/error.h"

namespace mtnlp {
namespace {

constexpr std::string_view kPointerBegins = "version https://git-lfs.github.com/spec/";

bool is_lfs_pointer(const fs::path& file) {
  std::string begin(kPointerBegins.size(), '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return in.gcount() == static_cast<std::streamsize>(begin.size()) && begin == kPointerBegins;
}

}  // namespace

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

void refuse_placeholder(const fs::path& file) {
  std::error_code error;
  if (fs::is_symlink(file, error) && !fs::exists(file, error))
    fail_input(file.string(), ": is a link to a file that is not there; copy or download the file itself");
  if (!fs::is_regular_file(file, error)) return;
  if (fs::file_size(file, error) == 0 && !error)
    fail_input(file.string(), ": is empty; download the file again");
  if (is_lfs_pointer(file))
    fail_input(file.string(),
               ": is a git-lfs pointer in place of the file; run git lfs pull in the clone, or download the "
               "file itself");
}

}  // namespace mtnlp
