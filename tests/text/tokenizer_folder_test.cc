// Tokens that the files beside a vocabulary name. The ids are those of AutoTokenizer, see tests/interop.
#include "golden.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::TempFolder;

constexpr const char* kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nnew\n";

/// vocab.txt with files beside it.
class VocabularyWith : public ::testing::Test {
 protected:
  VocabularyWith() { folder.write("vocab.txt", kVocabulary); }
  std::vector<int32_t> ids(std::string_view text) const {
    std::vector<int32_t> ids;
    load_tokenizer(folder.path())->append_pieces(text, ids);
    return ids;
  }
  TempFolder folder;
};

TEST_F(VocabularyWith, AddedTokensJson) {
  folder.write("added_tokens.json", R"({"[NEW]": 8, "[Other]": 9})");
  EXPECT_THAT(ids("a [NEW] b"), ElementsAre(5, 8, 6));
  EXPECT_THAT(ids("a[new]b [OTHER]"), ElementsAre(5, 8, 6, 9));  // looked for in the normalised text
  EXPECT_EQ(load_tokenizer(folder.path())->vocabulary_size(), 10u);
  EXPECT_EQ(load_tokenizer(folder.path())->piece(8), "[NEW]");
}

TEST_F(VocabularyWith, SpecialOnesAreLookedForInTheRawText) {
  folder.write("added_tokens.json", R"({"[NEW]": 8})");
  folder.write("tokenizer_config.json", R"({"additional_special_tokens": ["[NEW]"]})");
  EXPECT_THAT(ids("[NEW]"), ElementsAre(8));
  EXPECT_THAT(ids("[new]"), ElementsAre(1, 7, 1));
}

TEST_F(VocabularyWith, AddedTokensDecoder) {
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {
    "3": {"content": "[SEP]", "special": true, "normalized": false},
    "8": {"content": "<l>", "lstrip": true, "normalized": false},
    "9": {"content": "<r>", "rstrip": true, "normalized": false},
    "10": {"content": "word", "single_word": true, "normalized": false},
    "11": {"content": "<S>", "special": true}}})");
  folder.write("added_tokens.json", R"({"[OLD]": 77})");  // does not count beside the decoder
  EXPECT_THAT(ids("a <l> b"), ElementsAre(5, 8, 6));
  EXPECT_THAT(ids("word words <S><s>"), ElementsAre(10, 1, 11, 1, 1, 1));
  EXPECT_THAT(ids("[SEP]"), ElementsAre(3));
}

TEST_F(VocabularyWith, ATokenOfTheVocabularyKeepsItsId) {
  folder.write("added_tokens.json", R"({"new": 7})");
  EXPECT_THAT(ids("anewb"), ElementsAre(5, 7, 6));  // found inside a word
}

TEST_F(VocabularyWith, ExtraSpecialTokensComeLast) {
  folder.write("tokenizer_config.json", R"({"additional_special_tokens": ["<x>", {"content": "<y>"}]})");
  EXPECT_THAT(ids("a<y><x>"), ElementsAre(5, 9, 8));
}

TEST_F(VocabularyWith, IdsThatAreNotTheNextAreRefused) {
  const auto refused = [&](const char* json, std::initializer_list<std::string> parts) {
    folder.write("added_tokens.json", json);
    expect_error([&] { ids(""); }, parts);
  };
  refused(R"({"[NEW]": 9})", {"added_tokens.json", "\"[NEW]\"", "has the id 9", "is 8"});
  refused(R"({"[NEW]": 8, "[OTHER]": 8})", {"added_tokens.json", "has the id 8", "is 9"});
  refused(R"({"a": 8})", {"\"a\"", "has the id 8", "is 5"});
  refused(R"({"[NEW]": -1})", {"-1"});
  refused(R"({"[NEW]": 2147483648})", {"2147483648"});
  refused(R"({"[NEW]": "8"})", {"8"});
  refused("[]", {"added_tokens.json"});
  fs::remove(folder.path() / "added_tokens.json");
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "[NEW]"}}})");
  expect_error([&] { ids(""); }, {"tokenizer_config.json", "\"x\""});
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"8": {}}})");
  expect_error([&] { ids(""); }, {"tokenizer_config.json", "content"});
  folder.write("tokenizer_config.json", R"({"added_tokens_decoder": [1]})");
  expect_error([&] { ids(""); }, {"tokenizer_config.json", "added_tokens_decoder"});
}

TEST_F(VocabularyWith, SpecialTokensMapCountsOverTheConfig) {
  folder.write("tokenizer_config.json", R"({"cls_token": "[PAD]"})");
  EXPECT_EQ(load_tokenizer(folder.path())->first_id(), 0);
  folder.write("special_tokens_map.json", R"({"cls_token": {"content": "a"}, "mask_token":
    {"content": "[MASK]", "lstrip": true}})");
  EXPECT_EQ(load_tokenizer(folder.path())->first_id(), 5);
}

TEST(SentencePieceWith, AddedTokens) {
  const TempFolder folder;
  folder.write("sentencepiece.bpe.model", testing::read_golden("xlmr/sentencepiece.bpe.model"));
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "XLMRobertaTokenizer"})");
  const auto size = static_cast<int32_t>(load_tokenizer(folder.path())->vocabulary_size());
  folder.write("added_tokens.json", str("{\"<new>\": ", size, "}"));
  const auto tokenizer = load_tokenizer(folder.path());
  EXPECT_EQ(tokenizer->encode("<new>", {9})[1], size);
  folder.write("added_tokens.json", str("{\"<new>\": ", size + 1, "}"));
  expect_error([&] { load_tokenizer(folder.path()); }, {"added_tokens.json", "<new>"});
}

}  // namespace
}  // namespace mtnlp
