#include "text/added_tokens.h"

#include <algorithm>

#include "text/unicode.h"

namespace mtnlp {
namespace {

/// Returns where the code point that ends at `end` begins. Needs valid text, and `end` above 0.
size_t previous(std::string_view text, size_t end) {
  size_t at = end - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

char32_t code_point_before(std::string_view text, size_t end) {
  size_t at = previous(text, end);
  return decode_utf8(text, at);
}

bool word_before(std::string_view text, size_t at) {
  return at > 0 && is_word_character(code_point_before(text, at));
}

bool word_after(std::string_view text, size_t at) {
  return at < text.size() && is_word_character(decode_utf8(text, at));
}

size_t skip_space_backwards(std::string_view text, size_t at) {
  while (at > 0 && is_white_space(code_point_before(text, at))) at = previous(text, at);
  return at;
}

size_t skip_space(std::string_view text, size_t at) {
  for (size_t next = at; next < text.size(); at = next)
    if (!is_white_space(decode_utf8(text, next))) return at;
  return at;
}

}  // namespace

void AddedTokens::add(const AddedToken& token) {
  if (token.content.empty()) return;
  trie_.insert(token.content, static_cast<int32_t>(tokens_.size()));
  tokens_.push_back(token);
  may_begin_[static_cast<unsigned char>(token.content.front())] = true;
}

bool AddedTokens::find(std::string_view text, Match& match) const {
  if (tokens_.empty()) return false;
  for (size_t at = match.from; at < text.size(); ++at) {
    if (!may_begin_[static_cast<unsigned char>(text[at])]) continue;
    const AddedToken* token = nullptr;
    size_t end = at;
    ByteTrie::Step step{ByteTrie::kRoot, ByteTrie::kNoValue};
    for (size_t i = at; i < text.size(); ++i) {
      step = trie_.step(step.node, text[i]);
      if (step.node == ByteTrie::kNowhere) break;
      if (step.value == ByteTrie::kNoValue) continue;
      token = &tokens_[static_cast<size_t>(step.value)];
      end = i + 1;
    }
    if (token == nullptr) continue;
    if (token->single_word && (word_before(text, at) || word_after(text, end))) {
      at = end - 1;
      continue;
    }
    match.begin = token->lstrip ? std::max(skip_space_backwards(text, at), match.done) : at;
    match.end = token->rstrip ? skip_space(text, end) : end;
    match.id = token->id;
    match.from = end;
    return true;
  }
  return false;
}

}  // namespace mtnlp
