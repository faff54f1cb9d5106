#include "text/sentencepiece.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr size_t kUnreached = std::numeric_limits<size_t>::max();
constexpr double kUnknownPenalty = 10;

/// Bytes of the character at `at` in valid UTF-8.
size_t character_length(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

/// Walks over the fields of a protobuf message.
class ProtoReader {
 public:
  ProtoReader(std::string_view message, const fs::path& file) : bytes_(message), file_(file) {}

  /// Reads the next field; false at the end.
  bool next() {
    if (bytes_.empty()) return false;
    const uint64_t key = varint();
    field = key >> 3;
    number = 0;
    bytes = {};
    switch (key & 7) {
      case 0:
        number = varint();
        break;
      case 1:
        bytes = take(8);
        break;
      case 2:
        bytes = take(varint());
        break;
      case 5:
        bytes = take(4);
        break;
      default:
        fail();
    }
    return true;
  }

  uint64_t field = 0;
  uint64_t number = 0;     ///< value of a varint field
  std::string_view bytes;  ///< value of any other field

 private:
  [[noreturn]] void fail() const {
    fail_input(file_.string(), ": is no SentencePiece model (malformed protobuf)");
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
    if (size > bytes_.size()) fail();
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  const fs::path& file_;
};

SentencePieceModel::Piece read_piece(std::string_view bytes, const fs::path& file) {
  SentencePieceModel::Piece piece;
  for (ProtoReader in(bytes, file); in.next();) {
    if (in.field == 1) piece.text = in.bytes;
    if (in.field == 2 && in.bytes.size() == sizeof piece.score)
      std::memcpy(&piece.score, in.bytes.data(), sizeof piece.score);
    if (in.field == 3) piece.type = static_cast<SentencePieceModel::PieceType>(in.number);
  }
  if (!std::isfinite(piece.score))
    fail_input(file.string(), ": holds a piece whose score is no finite number");
  if (!is_valid_utf8(piece.text)) fail_input(file.string(), ": holds a piece that is not UTF-8");
  return piece;
}

void check_trainer_spec(std::string_view bytes, const fs::path& file) {
  static constexpr const char* kModelTypes[] = {"?", "UNIGRAM", "BPE", "WORD", "CHAR"};
  constexpr uint64_t kUnigram = 1;
  for (ProtoReader in(bytes, file); in.next();) {
    if (in.field == 3 && in.number != kUnigram)
      fail_input(file.string(), ": the SentencePiece model type ",
                 kModelTypes[in.number < std::size(kModelTypes) ? in.number : 0],
                 " is not supported, only UNIGRAM");
    if (in.field == 24 && in.number != 0)
      fail_input(file.string(), ": treat_whitespace_as_suffix is not supported");
    if (in.field == 35 && in.number != 0) fail_input(file.string(), ": byte_fallback is not supported");
  }
}

}  // namespace

std::vector<std::string> texts_of(const std::vector<UnigramPiece>& pieces) {
  std::vector<std::string> texts;
  texts.reserve(pieces.size());
  for (const UnigramPiece& piece : pieces) texts.push_back(piece.text);
  return texts;
}

Unigram::Unigram(Pipeline pipeline, const std::vector<UnigramPiece>& pieces, int32_t unknown_id,
                 WordMarks marks)
    : PipelineTokenizer(std::move(pipeline), texts_of(pieces), unknown_id), marks_(std::move(marks)) {
  double lowest = std::numeric_limits<double>::infinity();
  for (size_t id = 0; id < pieces.size(); ++id) {
    if (!pieces[id].text.empty()) trie_.insert(pieces[id].text, static_cast<int32_t>(id));
    scores_.push_back(pieces[id].score);
    lowest = std::min(lowest, pieces[id].score);
  }
  unknown_score_ = lowest - kUnknownPenalty;
}

void Unigram::append_section(std::string_view section, size_t enough, std::vector<int32_t>& ids) const {
  std::vector<Node> nodes;
  std::string word;
  size_t at = 0;
  while (at < section.size() && ids.size() < enough) {
    word.clear();
    while (at < section.size()) {
      const size_t begin = at;
      const char32_t c = decode_utf8(section, at);
      if (marks_.split_at_white_space && is_white_space(c)) break;
      word += c == ' ' ? std::string_view(marks_.mark) : section.substr(begin, at - begin);
    }
    if (word.empty()) continue;
    if (marks_.prepend && !word.starts_with(marks_.mark)) word.insert(0, marks_.mark);
    for (size_t begin = 0; begin < word.size();) {
      const size_t end = marks_.split_at_marks ? word.find(marks_.mark, begin + 1) : std::string::npos;
      append_word(std::string_view(word).substr(begin, end - begin), nodes, ids);
      begin = std::min(end, word.size());
    }
  }
}

void Unigram::append_word(std::string_view word, std::vector<Node>& nodes, std::vector<int32_t>& ids) const {
  nodes.assign(word.size() + 1, {0, kUnreached, 0});
  for (size_t begin = 0; begin < word.size();) {
    const double so_far = nodes[begin].score;
    const auto offer = [&](size_t end, int32_t id, double score) {
      Node& node = nodes[end];
      if (node.begin == kUnreached || so_far + score > node.score) node = {so_far + score, begin, id};
    };
    const size_t next = begin + character_length(word, begin);
    bool known = false;
    ByteTrie::Step step{ByteTrie::kRoot, ByteTrie::kNoValue};
    for (size_t at = begin; at < word.size(); ++at) {
      step = trie_.step(step.node, word[at]);
      if (step.node == ByteTrie::kNowhere) break;
      if (step.value == ByteTrie::kNoValue) continue;
      offer(at + 1, step.value, scores_[static_cast<size_t>(step.value)]);
      known = known || at + 1 == next;
    }
    if (!known) offer(next, unknown_id(), unknown_score_);
    begin = next;
  }
  const size_t before = ids.size();
  for (size_t end = word.size(); end > 0; end = nodes[end].begin) {
    const int32_t id = nodes[end].id;
    const bool fused = id == unknown_id() && ids.size() > before && ids.back() == unknown_id();
    if (!fused) ids.push_back(id);
  }
  std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end());
}

SentencePieceModel read_sentencepiece_model(const fs::path& file) {
  const std::string content = read_file(file);
  SentencePieceModel model;
  for (ProtoReader in(content, file); in.next();) {
    if (in.field == 1) model.pieces.push_back(read_piece(in.bytes, file));
    if (in.field == 2) check_trainer_spec(in.bytes, file);
    if (in.field != 3) continue;
    for (ProtoReader spec(in.bytes, file); spec.next();)
      if (spec.field == 2) model.charsmap = spec.bytes;
  }
  if (model.pieces.empty()) fail_input(file.string(), ": is no SentencePiece model (it holds no pieces)");
  return model;
}

}  // namespace mtnlp
