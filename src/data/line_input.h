// Lines of a file, a compressed file or standard input through one growing window.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/byte_stream.h"

namespace mtnlp {

class LineInput {
 public:
  /// Longest row in bytes, 64 MiB; a longer one is refused: what forgot its closing quote must not fill the
  /// memory.
  static constexpr size_t kMaxRow = size_t{64} << 20;

  /// Reads `bytes`; `name` is for messages. Byte order marks of UTF-8 are skipped.
  LineInput(std::unique_ptr<ByteStream> bytes, std::string name);

  /// Reads the next line without its ending; it lives until the next call. False at the end.
  bool next(std::string_view& line);
  /// Returns the number of the line that `next` gave last, from 1.
  size_t line() const { return line_; }
  /// Returns what ended that line: "\n", "\r\n", "\r", or "" at the end of the file.
  std::string_view ending() const { return ending_; }
  const std::string& name() const { return name_; }
  /// Returns the number of byte order marks at the start.
  size_t marks() const { return marks_; }
  /// Returns the bytes that are known so far and not given yet: before the first `next` the start of the
  /// file.
  std::string_view ahead() const { return {buffer_.data() + begin_, end_ - begin_}; }
  /// Reads on until `ahead` holds a byte that is not white space; false at the end.
  bool look_ahead();

  /// Keeps the lines behind the last one, up to `release` or `go_back`, which gives them once more.
  void hold() { held_ = {begin_, line_}; }
  void release() { held_.reset(); }
  void go_back();

  /// Throws Error `NAME:LINE: what`.
  [[noreturn]] void fail(size_t line, const std::string& what) const;

 private:
  bool fill();
  size_t find_line_end(size_t from);
  std::string_view take(size_t length, size_t ending);
  [[noreturn]] void give_up(const std::string& what);

  std::unique_ptr<ByteStream> bytes_;
  std::string name_;
  std::vector<char> buffer_;
  struct Place {
    size_t begin, line;
  };
  size_t begin_ = 0, end_ = 0;  ///< unread part of the buffer
  std::optional<Place> held_;   ///< where the lines that are held begin in the buffer
  size_t no_newline_ = 0;       ///< there is no "\n" from `begin_` to here
  size_t line_ = 0, marks_ = 0;
  std::string_view ending_;
};

}  // namespace mtnlp
