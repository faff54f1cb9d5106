// Reads the protobuf message of a SentencePiece file. Invariants: no byte outside of the content is read,
// whatever the content says; a message that is returned has nothing in it that libsentencepiece could not
// bear.
#include "text/sentencepiece_proto.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>

#include "base/error.h"
#include "base/printable.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr size_t kLongestPiece = 1024;     // the library recurses over its bytes
constexpr size_t kMostNestedSymbols = 64;  // Darts results that the library has room for
constexpr uint64_t kUserDefined = 4, kLastType = 6;

enum class Wire { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// Walks over the fields of a protobuf message.
class ProtoReader {
 public:
  ProtoReader(std::string_view message, const fs::path& file) : left_(message), file_(file) {}

  /// Reads the next field; false at the end.
  bool next() {
    if (left_.empty()) return false;
    const char* begin = left_.data();
    const uint64_t key = varint();
    number_ = key >> 3;
    wire_ = static_cast<Wire>(key & 7);
    if (number_ == 0 || key > std::numeric_limits<uint32_t>::max()) fail();
    varint_ = wire_ == Wire::kVarint ? varint() : 0;
    bytes_ = wire_ == Wire::kVarint ? "" : take(length());
    whole_ = std::string_view(begin, static_cast<size_t>(left_.data() - begin));
    return true;
  }

  /// Says whether the field is the one of that number. Of another type than its own it is unknown to
  /// protobuf.
  bool is(uint64_t number, Wire wire) const { return number_ == number && wire_ == wire; }
  uint64_t value() const { return varint_; }         ///< value of a kVarint field
  std::string_view bytes() const { return bytes_; }  ///< content of any other field
  std::string_view whole() const { return whole_; }  ///< field with its key and length

 private:
  [[noreturn]] void fail() const {
    fail_input(file_.string(), ": is not a SentencePiece model (malformed protobuf)");
  }

  uint64_t length() {
    switch (wire_) {
      case Wire::kFixed64:
        return 8;
      case Wire::kFixed32:
        return 4;
      case Wire::kBytes:
        return varint();
      default:
        fail();
    }
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    fail();
  }

  std::string_view take(uint64_t size) {
    if (size > left_.size()) fail();
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }

  std::string_view left_;
  const fs::path& file_;
  uint64_t number_ = 0;
  Wire wire_ = Wire::kVarint;
  uint64_t varint_ = 0;
  std::string_view bytes_, whole_;
};

struct CheckedPiece {
  std::string_view text;
  bool user_defined = false;
};

CheckedPiece check_piece(std::string_view bytes, size_t id, const fs::path& file) {
  CheckedPiece piece;
  for (ProtoReader in(bytes, file); in.next();) {
    if (in.is(1, Wire::kBytes)) piece.text = in.bytes();
    if (in.is(2, Wire::kFixed32)) {
      float score = 0;
      std::memcpy(&score, in.bytes().data(), sizeof score);
      if (!std::isfinite(score))
        fail_input(file.string(), ": piece ", id, " has a score that is not a finite number");
    }
    if (!in.is(3, Wire::kVarint)) continue;
    if (in.value() < 1 || in.value() > kLastType)
      fail_input(file.string(), ": piece ", id, " is of type ", in.value(), ", valid is 1 to ", kLastType);
    piece.user_defined = in.value() == kUserDefined;
  }
  if (!is_valid_utf8(piece.text)) fail_input(file.string(), ": piece ", id, " is not UTF-8");
  if (piece.text.find('\0') != std::string_view::npos)
    fail_input(file.string(), ": piece ", id, " holds a NUL");
  if (piece.text.size() > kLongestPiece)
    fail_input(file.string(), ": piece ", id, " has ", piece.text.size(), " bytes, valid is at most ",
               kLongestPiece);
  return piece;
}

void check_trainer_spec(std::string_view bytes, const fs::path& file) {
  static constexpr const char* kModelTypes[] = {"?", "UNIGRAM", "BPE", "WORD", "CHAR"};
  constexpr uint64_t kUnigram = 1;
  for (ProtoReader in(bytes, file); in.next();) {
    if (in.is(3, Wire::kVarint) && in.value() != kUnigram)
      fail_input(file.string(), ": the SentencePiece model type ",
                 kModelTypes[in.value() < std::size(kModelTypes) ? in.value() : 0],
                 " is not supported, only UNIGRAM");
    if (in.is(24, Wire::kVarint) && in.value() != 0)
      fail_input(file.string(), ": treat_whitespace_as_suffix is not supported");
    if (in.is(35, Wire::kVarint) && in.value() != 0)
      fail_input(file.string(), ": byte_fallback is not supported");
  }
}

/// Appends the charsmap of a normalizer_spec to those before it, of which the last counts.
void read_charsmap(std::string_view bytes, const fs::path& file, std::optional<std::string_view>& charsmap) {
  for (ProtoReader in(bytes, file); in.next();)
    if (in.is(2, Wire::kBytes)) charsmap = in.bytes();
}

/// Throws Error when too many of `texts` begin with one another.
void check_nesting(std::vector<std::string_view> texts, const fs::path& file) {
  std::sort(texts.begin(), texts.end());
  std::vector<std::string_view> open;
  for (const std::string_view text : texts) {
    while (!open.empty() && !text.starts_with(open.back())) open.pop_back();
    open.push_back(text);
    if (open.size() > kMostNestedSymbols)
      fail_input(file.string(), ": more than ", kMostNestedSymbols,
                 " user-defined symbols begin with one another, up to ", shown(text));
  }
}

}  // namespace

SentencePieceProto read_sentencepiece_proto(std::string_view content, const fs::path& file) {
  SentencePieceProto proto;
  std::vector<std::string_view> symbols;
  std::optional<std::string_view> charsmap;
  for (ProtoReader in(content, file); in.next();) {
    if (in.is(1, Wire::kBytes)) {
      const CheckedPiece piece = check_piece(in.bytes(), proto.user_defined.size(), file);
      proto.user_defined.push_back(piece.user_defined);
      if (piece.user_defined) symbols.push_back(piece.text);
    } else if (in.is(2, Wire::kBytes)) {
      check_trainer_spec(in.bytes(), file);
    } else if (in.is(3, Wire::kBytes)) {
      read_charsmap(in.bytes(), file, charsmap);
    } else {
      continue;
    }
    proto.checked += in.whole();
  }
  if (proto.user_defined.empty())
    fail_input(file.string(), ": is not a SentencePiece model (it holds no pieces)");
  check_nesting(std::move(symbols), file);
  if (charsmap && !charsmap->empty()) proto.charsmap.emplace(*charsmap, file.string());
  return proto;
}

}  // namespace mtnlp
