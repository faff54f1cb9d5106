#include "text/masked_vocabulary.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

MaskedVocabulary read(const fs::path& folder) {
  return read_masked_vocabulary(folder, *load_tokenizer(folder));
}

TEST(MaskedVocabularyTest, KnowsWhatIsSpecialAndWhereWordsBegin) {
  const fs::path folder = testing::test_path("golden/encoders/tiny-bert");
  const auto tokenizer = load_tokenizer(folder);
  const MaskedVocabulary vocabulary = read_masked_vocabulary(folder, *tokenizer);
  EXPECT_EQ(tokenizer->piece(vocabulary.mask_id), "[MASK]");
  EXPECT_EQ(vocabulary.plain.size() + 5, tokenizer->vocabulary_size());
  for (int32_t id = 0; id < static_cast<int32_t>(tokenizer->vocabulary_size()); ++id) {
    const std::string piece = tokenizer->piece(id);
    EXPECT_EQ(vocabulary.is_plain[static_cast<size_t>(id)], !(piece.size() > 1 && piece.starts_with('[')))
        << piece;
    EXPECT_EQ(vocabulary.begins_word[static_cast<size_t>(id)], !piece.starts_with("##")) << piece;
  }
}

TEST(MaskedVocabularyTest, AMaskTokenMayHaveAnotherName) {
  const TempFolder folder;
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[HIDE]\n[MASK]\nword\n");
  folder.write("tokenizer_config.json", R"({"mask_token": "[HIDE]", "tokenizer_class": "BertTokenizer"})");
  EXPECT_EQ(read(folder.path()).mask_id, 4);
}

TEST(MaskedVocabularyTest, NeedsAMaskToken) {
  const TempFolder folder;
  std::string tokenizer = read_file(testing::test_path("golden/encoders/tiny-distilbert/tokenizer.json"));
  for (size_t at = 0; (at = tokenizer.find("[MASK]")) != std::string::npos;)
    tokenizer.replace(at, 6, "hidden");
  folder.write("tokenizer.json", tokenizer);
  expect_error([&] { read(folder.path()); }, {folder.path().string(), "no mask token", "[MASK]"});
}

}  // namespace
}  // namespace mtnlp
