// Bytes of a file, a compressed file or standard input, in order.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mtnlp {

/// How files start that are told by it: UTF-8 and UTF-16 with a byte order mark.
inline constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf", kUtf16LittleMark = "\xff\xfe",
                                  kUtf16BigMark = "\xfe\xff";

inline constexpr size_t kBlock = 256 << 10;  ///< bytes that are read at once

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

/// Opens `file`, "-" being standard input. gzip, bzip2, xz and zstd are recognised by their magic bytes;
/// members that follow each other are one text. Throws Error when the file is missing or a folder.
std::unique_ptr<ByteStream> open_bytes(const std::string& file);

/// Returns the endings of compressed files: ".gz", ".bz2", ".xz", ".zst".
std::span<const std::string_view> compressed_endings();

/// Says whether `bytes` begin as compressed data do that open_bytes reads.
bool starts_compressed(std::string_view bytes);

}  // namespace mtnlp
