// libsentencepiece's own segmentation as a reference: on every text the two agree, or a reason that
// sentencepiece.h names explains why not.
#include <algorithm>
#include <array>

#include <sentencepiece_processor.h>

#include "base/random.h"
#include "golden.h"
#include "proto.h"
#include "text/sentencepiece.h"

namespace mtnlp {
namespace {

/// What came of a text, and the reasons to differ.
enum Outcome {
  kSameIds,
  kToken,       ///< a special token or a user-defined symbol is written in it
  kQuotes,      ///< ALBERT's quotes are
  kWhiteSpace,  ///< it is cut otherwise at white space or at U+2581
  kRules,       ///< the charsmap replaces characters otherwise
  kWrong,       ///< no reason is known
  kOutcomes
};
using OutcomeCounts = std::array<size_t, kOutcomes>;

std::string without_white_space(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = decode_utf8(text, at);
    if (c != 0x2581 && !is_white_space(c)) out += text.substr(begin, at - begin);
  }
  return out;
}

/// The tokenizer of a golden case, and libsentencepiece on the same file.
class Both {
 public:
  explicit Both(const std::string& name)
      : fairseq_(name == "xlm-r"),
        albert_(name.starts_with("albert")),
        ours_(testing::golden_tokenizer(name)) {
    const std::string bytes = testing::read_golden(testing::golden_case(name)["file"]);
    const testing::TempFolder folder;
    model_ = read_sentencepiece_model(folder.write("spiece.model", bytes));
    if (!library_.LoadFromSerializedProto(bytes).ok()) fail_system("the library refuses ", name);
    for (size_t id = 0; id < ours_->vocabulary_size(); ++id) {
      const std::string text = ours_->piece(static_cast<int32_t>(id));
      const auto& known = model_.pieces;
      const auto same =
          std::find_if(known.begin(), known.end(), [&](const auto& p) { return p.text == text; });
      using Type = SentencePieceModel::PieceType;
      if (same == known.end() || (same->type != Type::kNormal)) tokens_.push_back(text);
    }
  }

  const SentencePieceModel& model() const { return model_; }

  Outcome compare(const std::string& text) const {
    std::vector<int32_t> ours;
    ours_->append_pieces(text, ours);
    if (fairseq_)  // the ids of the file, where <unk> is 0 and <s> 1
      for (int32_t& id : ours) id = id == 3 ? 0 : id - 1;
    std::vector<int32_t> theirs;
    std::string their_text;
    const auto encoded = library_.EncodeAsImmutableProto(text);
    for (const auto& piece : encoded.pieces()) {
      theirs.push_back(static_cast<int32_t>(piece.id()));
      their_text += piece.piece();
    }
    if (ours == theirs) return kSameIds;
    for (const std::string& token : tokens_)
      if (text.find(token) != std::string::npos) return kToken;
    if (albert_ && (text.find("``") != std::string::npos || text.find("''") != std::string::npos))
      return kQuotes;
    const std::string our_text = normalized(text);
    if (our_text == their_text) return kWrong;
    return without_white_space(our_text) == without_white_space(their_text) ? kWhiteSpace : kRules;
  }

 private:
  /// What our charsmap makes of `text`, as words that each open with U+2581.
  std::string normalized(const std::string& text) const {
    std::string mapped, words;
    if (model_.charsmap)
      model_.charsmap->append_normalized(text, mapped);
    else
      mapped = text;
    bool in_word = false;
    for (size_t at = 0; at < mapped.size();) {
      const size_t begin = at;
      const char32_t c = decode_utf8(mapped, at);
      const bool white = is_white_space(c);
      if (!white && !in_word && c != 0x2581) words += "\u2581";
      if (!white) words.append(mapped, begin, at - begin);
      in_word = !white;
    }
    return words;
  }

  bool fairseq_, albert_;
  std::unique_ptr<Tokenizer> ours_;
  sentencepiece::SentencePieceProcessor library_;
  SentencePieceModel model_;
  std::vector<std::string> tokens_;
};

struct Case {
  const char* name;
  OutcomeCounts lines, sweep, drawn;
};

void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.name;
}

class SentencePieceLibraryFiles : public ::testing::TestWithParam<Case> {
 protected:
  void check(const std::string& text, OutcomeCounts& counts) const {
    const Outcome outcome = both_.compare(text);
    ++counts[outcome];
    EXPECT_NE(outcome, kWrong) << ::testing::PrintToString(text.substr(0, 200));
  }

  Both both_{GetParam().name};
};

TEST_P(SentencePieceLibraryFiles, OnTheGoldenLines) {
  OutcomeCounts counts{};
  for (const std::string& line : testing::golden_lines()) check(line, counts);
  EXPECT_EQ(counts, GetParam().lines);
}

TEST_P(SentencePieceLibraryFiles, OnEachCharacterBetweenTwoLetters) {
  OutcomeCounts counts{};
  for (char32_t c = 1; c < 0x110000; c += c < 0x20000 ? 1 : 61) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text = "a";
    append_utf8(c, text);
    check(text + "b", counts);
  }
  EXPECT_EQ(counts, GetParam().sweep);
}

TEST_P(SentencePieceLibraryFiles, OnTextsDrawnFromItsPieces) {
  KeyedRandom random(23);
  const auto& pieces = both_.model().pieces;
  OutcomeCounts counts{};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (uint64_t left = 1 + random.below(12); left > 0; --left) {
      text += pieces[random.below(pieces.size())].text;
      if (random.below(8) == 0) append_utf8(static_cast<char32_t>(0x21 + random.below(0x3000)), text);
    }
    for (size_t at; (at = text.find("\u2581")) != std::string::npos;) text.replace(at, 3, " ");
    check(text, counts);
  }
  EXPECT_EQ(counts, GetParam().drawn);
}

// The counts of each Outcome: of the lines, of the characters, of the texts drawn.
const Case kCases[] = {
    {"xlm-r", {4539, 203, 0, 19, 243, 0}, {145138, 0, 0, 1, 0, 0}, {19762, 192, 0, 1, 45, 0}},
    {"albert, cased", {4221, 597, 43, 11, 132, 0}, {145135, 3, 0, 1, 0, 0}, {18881, 1056, 0, 1, 62, 0}},
    {"albert, own rules, cased",
     {3743, 613, 43, 250, 355, 0},
     {142821, 3, 0, 23, 2292, 0},
     {18897, 1062, 1, 24, 16, 0}},
    {"t5", {4668, 165, 0, 16, 155, 0}, {145138, 0, 0, 1, 0, 0}, {19503, 438, 0, 1, 58, 0}},
    {"t5, no rules", {4521, 165, 0, 318, 0, 0}, {145115, 0, 0, 24, 0, 0}, {19537, 438, 0, 25, 0, 0}},
};

INSTANTIATE_TEST_SUITE_P(Golden, SentencePieceLibraryFiles, ::testing::ValuesIn(kCases),
                         [](const auto& tested) { return testing::test_name(tested.param.name); });

/// What T5's tokenizer and the library make of `text` with a model of <unk>, two control pieces and `pieces`,
/// whose ids begin at 3.
std::pair<std::vector<int32_t>, std::vector<int32_t>> ids_of(const std::vector<testing::ProtoPiece>& pieces,
                                                             const std::string& text) {
  std::string bytes = testing::proto_model({{"<unk>", 0, 2}, {"<pad>", 0, 3}, {"</s>", 0, 3}});
  for (const auto& piece : pieces) bytes += testing::proto_piece(piece);
  const testing::TempFolder folder;
  folder.write("spiece.model", bytes);
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer"})");
  std::vector<int32_t> ours;
  load_tokenizer(folder.path())->append_pieces(text, ours);
  sentencepiece::SentencePieceProcessor library;
  EXPECT_TRUE(library.LoadFromSerializedProto(bytes).ok());
  return {ours, library.EncodeAsIds(text)};
}

TEST(SentencePieceLibrary, UnusedPiecesAreTakenByTransformersOnly) {
  const auto [ours, theirs] = ids_of({{"\u2581", -2, 1}, {"a", -2, 1}, {"\u2581a", -1, 5}}, "a");
  EXPECT_THAT(ours, ::testing::ElementsAre(5));
  EXPECT_THAT(theirs, ::testing::ElementsAre(3, 4));
}

TEST(SentencePieceLibrary, SumsInFloatMakeTies) {
  const auto [ours, theirs] = ids_of({{"\u2581y", -1e7, 1}, {"x", -1.1F, 1}, {"xx", -2.3F, 1}}, "yxx");
  EXPECT_THAT(ours, ::testing::ElementsAre(3, 4, 4));
  EXPECT_THAT(theirs, ::testing::ElementsAre(3, 5));
}

TEST(SentencePieceLibrary, WhatFollowsAUserDefinedSymbolIsATextOfItsOwn) {
  const auto [ours, theirs] = ids_of({{"\u2581", -2, 1}, {"a", -2, 1}, {"Tok", 0, 4}}, "Toka");
  EXPECT_THAT(ours, ::testing::ElementsAre(5, 3, 4));
  EXPECT_THAT(theirs, ::testing::ElementsAre(3, 5, 4));
}

}  // namespace
}  // namespace mtnlp
