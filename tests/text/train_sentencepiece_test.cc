#include "text/train_sentencepiece.h"

#include <set>

#include "base/random.h"
#include "testing.h"
#include "text/sentencepiece.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

/// Lines of words out of few syllables, so that there are pieces to find.
std::vector<std::string> lines(size_t count) {
  static constexpr const char* kSyllables[] = {"ka", "ri", "mo", "ten", "sul", "be", "lo", "vin"};
  KeyedRandom random(7);
  std::vector<std::string> texts(count);
  for (std::string& text : texts)
    for (int word = 0; word < 6; ++word) {
      if (word > 0) text += ' ';
      for (uint64_t syllables = 1 + random.below(3); syllables > 0; --syllables)
        text += kSyllables[random.below(std::size(kSyllables))];
    }
  return texts;
}

SentencePieceModel learn(std::vector<std::string> texts, size_t pieces) {
  const TempFolder folder;
  return read_sentencepiece_model(
      folder.write("m.model", train_sentencepiece(std::move(texts), {.pieces = pieces})));
}

std::string refusal(std::vector<std::string> texts, size_t pieces) {
  try {
    train_sentencepiece(std::move(texts), {.pieces = pieces});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// The number behind `mark`.
size_t valid_number(const std::string& message, const std::string& mark) {
  const size_t found = message.find(mark);
  EXPECT_NE(found, std::string::npos) << message;
  return std::stoul(message.substr(found + mark.size()));
}

TEST(TrainSentencePiece, TheModelHasThePiecesAskedForAndOurReaderOpensIt) {
  const SentencePieceModel model = learn(lines(500), 60);
  ASSERT_EQ(model.pieces.size(), 60u);
  EXPECT_EQ(model.pieces[0].text, "<unk>");
  EXPECT_EQ(model.pieces[1].text, "<s>");
  EXPECT_EQ(model.pieces[2].text, "</s>");
  EXPECT_TRUE(model.charsmap.has_value());
  std::set<std::string> texts;
  for (const auto& piece : model.pieces) texts.insert(piece.text);
  EXPECT_TRUE(texts.contains("ten"));
}

TEST(TrainSentencePiece, EqualTextsGiveEqualBytes) {
  const std::string first = train_sentencepiece(lines(3000), {.pieces = 200});
  for (int again = 0; again < 3; ++again)
    EXPECT_TRUE(train_sentencepiece(lines(3000), {.pieces = 200}) == first);
  EXPECT_FALSE(train_sentencepiece(lines(2999), {.pieces = 200}) == first);
}

TEST(TrainSentencePiece, TooManyPiecesAreRefusedWithTheNumberThatIsValid) {
  for (const auto& texts : {lines(40), {"a"}, {"the cat sat on the mat"}}) {
    const std::string message = refusal(texts, 16'000);
    EXPECT_NE(message.find("pieces is 16000"), std::string::npos) << message;
    const size_t most = valid_number(message, "at most ");
    EXPECT_EQ(learn(texts, most).pieces.size(), most);
    EXPECT_NE(refusal(texts, most + 1), "");
  }
}

TEST(TrainSentencePiece, TooFewPiecesAreRefusedWithTheNumberThatIsValid) {
  const std::string message = refusal(lines(40), 9);
  const size_t least = valid_number(message, "at least ");
  EXPECT_NE(message.find("coverage"), std::string::npos) << message;
  EXPECT_EQ(learn(lines(40), least).pieces.size(), least);
  EXPECT_NE(refusal(lines(40), least - 1), "");
}

TEST(TrainSentencePiece, TextsThatShowNothingAreRefused) {
  using Texts = std::vector<std::string>;
  for (const Texts& texts : {Texts{}, Texts{""}, Texts{" ", "\t\u00a0\u3000"}, Texts{"\u200b\ufeff", "\x01"},
                             Texts{"\xff\xfe", "\ufffd"}, Texts{"\u2581", "\u2585\u2585"}})
    expect_error([&] { train_sentencepiece(texts, {}); }, {"nothing that can be seen"});
}

TEST(TrainSentencePiece, NoTextIsSkipped) {
  std::string long_text;
  while (long_text.size() < 9000) long_text += "katen";
  for (const std::string& text : {std::string("\u2585 \xff katen \u2581"), long_text}) {
    SCOPED_TRACE(text.substr(0, 20));
    const SentencePieceModel model = learn({text}, 9);
    std::set<std::string> pieces;
    for (const auto& piece : model.pieces) pieces.insert(piece.text);
    for (const char* letter : {"k", "a", "t", "e", "n"}) EXPECT_TRUE(pieces.contains(letter)) << letter;
  }
}

TEST(TrainSentencePiece, SpecialTokensInTheTextsAreNotLearned) {
  std::vector<std::string> texts = lines(200);
  for (std::string& text : texts) text += " a<s>b </s> <mask>x <pad> \uff1cs\uff1e <unk>";
  const SentencePieceModel model = learn(std::move(texts), 80);
  std::multiset<std::string> pieces;
  for (const auto& piece : model.pieces) pieces.insert(piece.text);
  EXPECT_EQ(pieces.count("<s>"), 1u);
  EXPECT_EQ(pieces.count("<pad>") + pieces.count("<mask>"), 0u);
}

}  // namespace
}  // namespace mtnlp
