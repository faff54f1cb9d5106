#include "text/wordpiece.h"

#include <algorithm>
#include <utility>

#include "text/unicode.h"

namespace mtnlp {
namespace {

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

WordPiece::WordPiece(Pipeline pipeline, std::vector<std::string> pieces, int32_t unknown_id,
                     const WordPieceOptions& options)
    : PipelineTokenizer(std::move(pipeline), pieces, unknown_id), longest_word_(options.longest_word) {
  for (size_t id = 0; id < pieces.size(); ++id)
    if (!pieces[id].empty()) trie_.insert(pieces[id], static_cast<int32_t>(id));
  inside_ = trie_.find(options.continuing_prefix);
}

void WordPiece::append_section(std::string_view section, size_t enough, std::vector<int32_t>& ids) const {
  size_t at = 0;
  for (std::string_view word; ids.size() < enough && !(word = next_bert_word(section, at)).empty();)
    append_word(word, ids);
}

void WordPiece::append_word(std::string_view word, std::vector<int32_t>& ids) const {
  const size_t before = ids.size();
  if (word.size() > longest_word_ && count_characters(word) > longest_word_)
    return ids.push_back(unknown_id());
  for (size_t begin = 0; begin < word.size();) {
    ByteTrie::Step step{begin == 0 ? ByteTrie::kRoot : inside_, ByteTrie::kNoValue};
    size_t end = begin;
    int32_t id = ByteTrie::kNoValue;
    for (size_t at = begin; at < word.size(); ++at) {
      step = trie_.step(step.node, word[at]);
      if (step.node == ByteTrie::kNowhere) break;
      if (step.value == ByteTrie::kNoValue) continue;
      id = step.value;
      end = at + 1;
    }
    if (id == ByteTrie::kNoValue) {
      ids.resize(before);
      return ids.push_back(unknown_id());
    }
    ids.push_back(id);
    begin = end;
  }
}

}  // namespace mtnlp
