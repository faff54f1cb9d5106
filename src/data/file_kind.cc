#include "data/file_kind.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "base/error.h"
#include "data/byte_stream.h"

namespace mtnlp {
namespace {

using namespace std::string_view_literals;

struct Kind {
  size_t at;  ///< where the magic bytes lie
  std::string_view magic, what, way_out;
  bool is_word = false;  ///< the magic alone might begin a text: there must be a byte that no text has
};

constexpr std::string_view kUnpack = "unpack it and name the file in it",
                           kSaveCsv = "save the sheet as CSV (UTF-8)",
                           kWriteCsv = "write its rows as CSV or JSONL first", kNoText = "name a text file",
                           kConvert = "convert it: iconv -t UTF-8";

/// The longer magic first where one begins with another.
constexpr std::array kKinds = {
    Kind{30, "mimetypeapplication/vnd.oasis.opendocument"sv, "an OpenDocument file", kSaveCsv},
    Kind{30, "[Content_Types].xml"sv, "an Office file (xlsx or docx)", kSaveCsv},
    Kind{30, "_rels/"sv, "an Office file (xlsx or docx)", kSaveCsv},
    Kind{30, "xl/"sv, "an Excel workbook (xlsx)", kSaveCsv},
    Kind{0, "PK\x03\x04"sv, "a zip archive", kUnpack},
    Kind{0, "PK\x05\x06"sv, "an empty zip archive", kUnpack},
    Kind{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old Office file (xls or doc)", kSaveCsv},
    Kind{0, "PAR1"sv, "a Parquet file", kWriteCsv, true},
    Kind{0, "ARROW1"sv, "an Arrow (Feather) file", kWriteCsv, true},
    Kind{0, "FEA1"sv, "a Feather file", kWriteCsv, true},
    Kind{0, "Obj\x01"sv, "an Avro file", kWriteCsv},
    Kind{0, "SQLite format 3\0"sv, "an SQLite database", kWriteCsv},
    Kind{0, "\x89HDF\r\n"sv, "an HDF5 file", kWriteCsv},
    Kind{0, "\x93NUMPY"sv, "a NumPy array", kWriteCsv},
    Kind{0, "\x1f\x8b"sv, "compressed with gzip more than once", kUnpack},
    Kind{0,
         "\xfd"
         "7zXZ\0"sv,
         "compressed with xz more than once", kUnpack},
    Kind{0, "\x28\xb5\x2f\xfd"sv, "compressed with zstd more than once", kUnpack},
    Kind{0, "BZh91AY&SY"sv, "compressed with bzip2 more than once", kUnpack},
    Kind{0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive", kUnpack},
    Kind{0, "Rar!\x1a\x07"sv, "a rar archive", kUnpack},
    Kind{0, "\x04\x22\x4d\x18"sv, "compressed with lz4", kUnpack},
    Kind{0, "\x1f\x9d"sv, "compressed with compress", kUnpack},
    Kind{257, "ustar"sv, "a tar archive", kUnpack, true},
    Kind{0, "<?xml"sv, "an XML file", kWriteCsv},
    Kind{0, "%!PS"sv, "a PostScript file", kNoText},
    Kind{0, "ORC"sv, "an ORC file", kWriteCsv, true},
    Kind{0, "LZIP"sv, "compressed with lzip", kUnpack, true},
    Kind{0, "%PDF-"sv, "a PDF file", kNoText},
    Kind{0, "{\\rtf"sv, "an RTF document", "save it as plain text"},
    Kind{0, "\x89PNG"sv, "a PNG picture", kNoText},
    Kind{0, "\xff\xd8\xff"sv, "a JPEG picture", kNoText},
    Kind{0, "GIF8"sv, "a GIF picture", kNoText, true},
    Kind{0,
         "\x7f"
         "ELF"sv,
         "an executable", kNoText},
    Kind{0, "\xff\xfe\0\0"sv, "UTF-32", kConvert},
    Kind{0, "\0\0\xfe\xff"sv, "UTF-32", kConvert},
    Kind{0, kUtf16LittleMark, "UTF-16", kConvert},
    Kind{0, kUtf16BigMark, "UTF-16", kConvert},
    Kind{0, "version https://git-lfs.github.com/spec/v1"sv, "a git-lfs pointer, not the file itself",
         "fetch it with git lfs pull"},
};

bool is_html(std::string_view start) {
  const size_t first = start.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || start[first] != '<') return false;
  std::string begin(start.substr(first, 256));
  std::transform(begin.begin(), begin.end(), begin.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return begin.starts_with("<!doctype html") || begin.starts_with("<html");
}

bool has_low_control(std::string_view start) {
  return std::any_of(start.begin(), start.end(), [](char c) { return static_cast<unsigned char>(c) < 0x09; });
}

/// Returns what bytes that no text has say; "" when there are too few of them. UTF-16 without a mark has a
/// zero beside every ASCII letter or at least at its line ends.
std::string_view kind_of_bytes(std::string_view start) {
  std::array<size_t, 2> zeros{};
  size_t controls = 0;
  for (size_t i = 0; i < start.size(); ++i) {
    zeros[i % 2] += start[i] == '\0';
    const auto byte = static_cast<unsigned char>(start[i]);
    controls += byte < 0x20 && (byte < '\t' || byte > '\r') && byte != 0x1b;
  }
  const size_t all = zeros[0] + zeros[1];
  const bool one_side = std::max(zeros[0], zeros[1]) > 8 * std::min(zeros[0], zeros[1]);
  if (one_side && 4 * all >= start.size()) return "UTF-16 without a byte order mark";
  if (all > 0) return "not text (it holds zero bytes)";
  return controls > 1 && 16 * controls > start.size() ? "not text (it holds control characters)" : "";
}

}  // namespace

void require_text(std::string_view start, std::string_view name) {
  start = start.substr(0, std::min<size_t>(start.size(), 4096));
  for (const auto& [at, magic, what, way_out, is_word] : kKinds) {
    const bool in_zip = at != 30 || start.starts_with("PK\x03\x04");
    if (in_zip && start.size() > at && start.substr(at).starts_with(magic) &&
        (!is_word || has_low_control(start)))
      fail_input(name, ": is ", what, "; ", way_out);
  }
  if (is_html(start)) fail_input(name, ": is an HTML page, not the file itself; fetch it again");
  if (const std::string_view what = kind_of_bytes(start); !start.empty() && !what.empty())
    fail_input(name, ": is ", what, "; ", what.starts_with("UTF") ? kConvert : kNoText);
}

bool starts_like_another_file(std::string_view field) {
  if (field.starts_with(kUtf8Mark) || field.starts_with("sep=") || starts_compressed(field) || is_html(field))
    return true;
  return std::any_of(kKinds.begin(), kKinds.end(),
                     [&](const Kind& kind) { return kind.at == 0 && field.starts_with(kind.magic); });
}

}  // namespace mtnlp
