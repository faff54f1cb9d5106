// What holds of every tokenizer and every text.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "text/tokenizer.h"

namespace mtnlp::fuzz {

inline void check_text(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<int32_t> all;
  tokenizer.append_pieces(text, all);
  const auto known = [&](int32_t id) {
    return id >= 0 && static_cast<size_t>(id) < tokenizer.vocabulary_size();
  };
  require(std::all_of(all.begin(), all.end(), known), "every id is below the size of the vocabulary");
  std::vector<int32_t> first;
  tokenizer.append_first_pieces(text, 5, first);
  const auto compared = static_cast<std::ptrdiff_t>(std::min<size_t>(5, all.size()));
  require(first.size() >= static_cast<size_t>(compared) &&
              std::equal(all.begin(), all.begin() + compared, first.begin()),
          "the first ids are those of the whole");
  for (const auto truncation : {Truncation::kHead, Truncation::kTail, Truncation::kHeadTail}) {
    size_t full = 0;
    const auto ids = tokenizer.encode(text, {8, truncation}, &full);
    require(ids.size() == std::min<size_t>(8, full), "encode fills the length, or has all");
    const TextCut three{8, truncation, 4, 3};
    const TokenIds windows = tokenizer.encode(Segments{text}, three, &full);
    require(windows.sequences() <= 3 && (full > 8 || windows.size() == full), "windows are few, and needed");
    require(full <= 8 || windows.size() > 8, "what does not fit has several windows");
    const auto form = tokenizer.pair_form();
    if (!form || form->separators > 4) continue;
    const Encoding pair = tokenizer.encode(Segments{text, "a second text"}, {8, truncation}, &full);
    require(pair.ids.size() == std::min<size_t>(8, full), "encode of a pair fills the length, or has all");
    require(form->second_type == (pair.second_type < pair.ids.size()), "a pair has two types, or one");
  }
}

/// A few texts that go every way through a tokenizer.
inline void check_texts(const Tokenizer& tokenizer) {
  for (const char* text :
       {"", "  ", "Hello world, na\u00EFve caf\u00E9!", "[CLS] <s> [MASK]</s> <unk>", "\u4E2D\u6587\u0130",
        "\xff\xc3", "a\u0301\u0345\u1E9B\u0323", "The striker scored twice."})
    check_text(tokenizer, text);
}

}  // namespace mtnlp::fuzz
