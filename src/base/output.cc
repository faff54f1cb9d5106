#include "mtnlp/base/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "mtnlp/base/error.h"

namespace mtnlp {

OutputFile::OutputFile(const std::string& file) : file_(file), standard_(file == "-") {
  if (standard_) return;
  if (fs::is_directory(file_)) fail_input(file, ": is a folder, not a file");
  // A device or pipe is written to as it is; a rename would put a file in its place.
  std::error_code none;
  if (!fs::exists(file_, none) || fs::is_regular_file(file_, none)) temporary_ = temporary_sibling(file_);
  out_.open(temporary_.empty() ? file_ : temporary_, std::ios::binary | std::ios::trunc);
  if (!out_) fail_system(file, ": cannot be written: ", std::strerror(errno));
}

OutputFile::~OutputFile() {
  if (temporary_.empty() || committed_) return;
  out_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

std::ostream& OutputFile::stream() {
  return standard_ ? std::cout : out_;
}

void OutputFile::flush() {
  errno = 0;
  if (!stream().flush())
    fail_system(standard_ ? "standard output" : file_.string(),
                ": cannot be written: ", std::strerror(errno));
}

void OutputFile::commit() {
  flush();
  if (temporary_.empty()) return;
  out_.close();
  std::error_code error;
  fs::rename(temporary_, file_, error);
  if (error) fail_system(file_.string(), ": cannot be written: ", error.message());
  committed_ = true;
}

}  // namespace mtnlp
