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
  std::error_code unknown;
  const fs::file_status status = fs::symlink_status(file_, unknown);
  if (!fs::exists(status) || fs::is_regular_file(status)) temporary_ = temporary_sibling(file_);
  out_.open(temporary_.empty() ? file_ : temporary_, std::ios::binary | std::ios::trunc);
  if (!out_) fail_system(file, ": cannot be written: ", std::strerror(errno));
}

OutputFile::~OutputFile() {
  if (temporary_.empty()) return;
  out_.close();
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

std::ostream& OutputFile::stream() {
  return standard_ ? std::cout : out_;
}

void OutputFile::flush() {
  errno = 0;  // stays so when an earlier write has failed
  if (!stream().flush())
    fail_system(standard_ ? "standard output" : file_.string(), ": cannot be written",
                errno == 0 ? "" : str(": ", std::strerror(errno)));
}

void OutputFile::commit() {
  flush();
  if (standard_) return;
  out_.close();
  if (temporary_.empty()) return;
  std::error_code error;
  fs::rename(temporary_, file_, error);
  if (error) fail_system(file_.string(), ": cannot be written: ", error.message());
  temporary_.clear();
}

}  // namespace mtnlp
