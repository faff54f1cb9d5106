#include "train/masking.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/random.h"

namespace mtnlp {
namespace {

/// Tokens that are hidden together.
struct Word {
  uint64_t order;  ///< random; the smallest are chosen first
  size_t begin, end;
};

/// What a random number is for.
enum class Draw : uint64_t { kOrder, kHow, kOther };

uint64_t draw(uint64_t key, size_t place, Draw what) {
  return hash_key(key, uint64_t{place}, static_cast<uint64_t>(what));
}

}  // namespace

MaskedSequences Masking::operator()(std::span<const TokenIds> sequences, uint64_t key, uint64_t first) const {
  MaskedSequences masked;
  int64_t before = 0;
  for (const TokenIds& sequence : sequences) {
    const uint64_t of_row = hash_key(key, first++);
    std::vector<int32_t>& seen = masked.sequences.emplace_back(sequence.begin(), sequence.end());
    for (const size_t place : choose(sequence, of_row)) {
      masked.places.push_back(before + static_cast<int64_t>(place));
      masked.targets.push_back(sequence[place]);
      seen[place] = hidden(sequence[place], hash_key(of_row, uint64_t{place}));
    }
    before += static_cast<int64_t>(sequence.size());
  }
  return masked;
}

/// Returns the places to hide, in ascending order. A word that would hide too many tokens is passed over (as in
/// BERT's own code), unless there is no other.
std::vector<size_t> Masking::choose(std::span<const int32_t> sequence, uint64_t key) const {
  std::vector<Word> words;
  size_t tokens = 0;
  for (size_t place = 0; place < sequence.size(); ++place) {
    const auto id = static_cast<size_t>(sequence[place]);
    if (!vocabulary_.is_plain[id]) continue;
    ++tokens;
    const bool goes_on =
        options_.whole_word && !vocabulary_.begins_word[id] && !words.empty() && words.back().end == place;
    if (goes_on)
      ++words.back().end;
    else
      words.push_back({draw(key, place, Draw::kOrder), place, place + 1});
  }
  if (words.empty()) return {};
  std::ranges::sort(words, {}, [](const Word& word) { return std::pair(word.order, word.begin); });
  const auto most =
      static_cast<size_t>(std::max(1L, std::lround(options_.share * static_cast<double>(tokens))));
  std::vector<size_t> places;
  const auto take = [&](const Word& word) {
    for (size_t place = word.begin; place < word.end; ++place) places.push_back(place);
  };
  for (const Word& word : words)
    if (places.size() + (word.end - word.begin) <= most) take(word);
  if (places.empty()) take(words.front());
  std::ranges::sort(places);
  return places;
}

int32_t Masking::hidden(int32_t id, uint64_t key) const {
  const uint64_t of_ten = KeyedRandom(draw(key, 0, Draw::kHow)).below(10);
  if (of_ten < 8) return vocabulary_.mask_id;
  if (of_ten == 8) return id;
  return vocabulary_.plain[KeyedRandom(draw(key, 0, Draw::kOther)).below(vocabulary_.plain.size())];
}

}  // namespace mtnlp
