// Output of a command: standard output, a device, or a file that appears only when complete.
#pragma once

#include <fstream>
#include <ostream>
#include <string>

#include "mtnlp/base/files.h"

namespace mtnlp {

class OutputFile {
 public:
  /// "-" is standard output; a device, pipe or link is written to as it is, since a rename would put a file
  /// in its place; anything else is written as a temporary sibling. Throws Error (exit 1).
  explicit OutputFile(const std::string& file);
  /// Removes the temporary unless committed.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& stream();
  /// Hands what was written so far to the system; throws Error (exit 1) when it does not take it.
  void flush();
  /// Flushes, and renames the temporary to the file.
  void commit();

 private:
  fs::path file_, temporary_;  ///< `temporary_` is empty when `file_` is written itself
  std::ofstream out_;
  bool standard_;
};

}  // namespace mtnlp
