// Output of a command: standard output, a device, or a file that appears only when complete.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "base/files.h"

namespace mtnlp {

/// Where an output goes.
///   A file is written as a temporary beside it, which takes its permissions, owner where possible, and place
///   when complete; of a symbolic link, what it points at. What is read meanwhile under that name stays
///   whole. What cannot be replaced is written itself: a device, a pipe, a mount point, a file whose folder
///   admits nothing new.
///   "-", /dev/stdout, /dev/stderr and /dev/fd/N are the descriptors that the process was started with.
struct OutputPlace {
  std::string name;       ///< name that the user gave, for messages
  fs::path path;          ///< the file, with all links followed
  int descriptor = -1;    ///< open descriptor to write to; -1: `path` is the place
  bool replaced = false;  ///< whether a temporary beside the file replaces it
};

/// Finds the place of `file` and makes sure that it can be written, without writing. Throws Error: kInput for
/// what cannot be a place for output, such as a folder, kSystem for what the system denies.
OutputPlace output_place(const std::string& file);

/// Throws Error unless `file` can be written while `input` is read ("-": standard input; "": there is none):
/// for the time before the work. An output that is its own input passes only when it is `replaced`.
void check_output(const std::string& file, const std::string& input = "");

/// Says whether an output to `file` changes a regular file that is there.
bool changes_a_file(const std::string& file);
/// Says whether an output to `file` changes `other`, by whatever name or link the two are known.
bool changes_file(const std::string& file, const fs::path& other);

class OutputFile {
 public:
  /// Opens the output_place of `file`.
  explicit OutputFile(const std::string& file);
  /// Removes the temporary unless committed.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ostream& stream() { return out_; }
  /// Says whether the stream's seekp works: not on pipes.
  bool can_seek() const;
  /// Hands what was written so far to the system; throws Error of kSystem when it does not take it, Stopped
  /// when a signal came while it waited, or nobody reads any more.
  void flush();
  /// Flushes the stream, and puts the temporary, fsynced, in the file's place.
  void commit();

 private:
  class Buffer;
  [[noreturn]] void fail(int error);

  OutputPlace place_;
  fs::path temporary_;  ///< empty when the place is written itself
  std::unique_ptr<Buffer> buffer_;
  std::ostream out_;
};

}  // namespace mtnlp
