// Lines of a file, a .gz or standard input through one growing window.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mtnlp {

/// How files start that are told by it: gzip, and UTF-8 and UTF-16 with a byte order mark.
inline constexpr std::string_view kGzipMagic = "\x1f\x8b", kUtf8Mark = "\xef\xbb\xbf",
                                  kUtf16LittleMark = "\xff\xfe", kUtf16BigMark = "\xfe\xff";

/// Bytes in order: plain, or out of gzip.
class ByteStream {
 public:
  /// What is wrong with the bytes themselves; LineInput adds where.
  struct Corrupt {
    std::string what;
  };
  virtual ~ByteStream() = default;
  /// Reads up to room.size() bytes; 0 at the end. Throws Corrupt.
  virtual size_t read(std::span<char> room) = 0;
};

/// "-" is standard input. Throws Error when `file` is missing or a folder.
std::unique_ptr<ByteStream> open_bytes(const std::string& file);

class LineInput {
 public:
  /// A row longer than this is refused: what forgot its closing quote must not fill the memory.
  static constexpr size_t kMaxRow = size_t{64} << 20;

  /// `name` is for messages. A byte order mark of UTF-8 is skipped, one of UTF-16 refused.
  LineInput(std::unique_ptr<ByteStream> bytes, std::string name);

  /// The next line without its ending; it lives until the next call. False at the end.
  bool next(std::string_view& line);
  /// Number of the line that `next` gave last, from 1.
  size_t line() const { return line_; }
  /// What ended that line: "\n", "\r\n", or "" at the end of the file.
  std::string_view ending() const { return ending_; }
  const std::string& name() const { return name_; }

  /// Throws Error `NAME:LINE: what`.
  [[noreturn]] void fail(size_t line, const std::string& what) const;

 private:
  bool fill();
  [[noreturn]] void give_up(const std::string& what);

  std::unique_ptr<ByteStream> bytes_;
  std::string name_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;  ///< unread part of the buffer
  size_t line_ = 0;
  std::string_view ending_;
};

}  // namespace mtnlp
