#include "text/unigram.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr size_t kUnreached = std::numeric_limits<size_t>::max();
constexpr double kUnknownPenalty = 10;

/// Returns the bytes of the character at `at` in valid UTF-8.
size_t character_length(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
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

}  // namespace mtnlp
