#include "text/sentencepiece.h"

#include "golden.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::expect_golden;
using testing::TempFolder;

std::vector<int32_t> pieces_of(const Unigram& model, std::string_view text) {
  std::vector<int32_t> ids;
  model.append_pieces(text, ids);
  return ids;
}

const std::vector<UnigramPiece> kPieces = {{"<unk>", 0}, {"\u2581", -3},  {"a", -2},   {"b", -2},
                                           {"ab", -3},   {"\u2581a", -2}, {"abc", -1}, {"\u2581abb", -20}};

TEST(Unigram, TakesTheBestPath) {
  const Unigram model({}, kPieces, 0);
  EXPECT_THAT(pieces_of(model, "ab"), ElementsAre(5, 3));      // -2 - 2 beats -3 - 3
  EXPECT_THAT(pieces_of(model, "abc"), ElementsAre(1, 6));     // -3 - 1
  EXPECT_THAT(pieces_of(model, "abb"), ElementsAre(5, 3, 3));  // not the long piece of -20
  EXPECT_THAT(pieces_of(model, "  ab\ta "), ElementsAre(5, 3, 5));
  EXPECT_THAT(pieces_of(model, ""), ElementsAre());
}

TEST(Unigram, OfEqualPathsTheFirstFoundStays) {
  const Unigram model({}, {{"<unk>", 0}, {"\u2581", 0}, {"x", -1}, {"xx", -2}}, 0, {.prepend = false});
  EXPECT_THAT(pieces_of(model, "xx"), ElementsAre(3));
}

TEST(Unigram, UnknownCharactersInARowAreOneUnknown) {
  const Unigram model({}, kPieces, 0);
  EXPECT_THAT(pieces_of(model, "zzz\u4E2Da"), ElementsAre(1, 0, 2));
  EXPECT_THAT(pieces_of(model, "z z"), ElementsAre(1, 0, 1, 0));
}

TEST(Unigram, UnknownCostsTenMoreThanTheWorstPiece) {
  const WordMarks bare{.prepend = false};
  EXPECT_THAT(pieces_of(Unigram({}, {{"<unk>", 0}, {"a", 9}, {"ab", -3}}, 0, bare), "ab"), ElementsAre(2));
  EXPECT_THAT(pieces_of(Unigram({}, {{"<unk>", 0}, {"a", 11}, {"ab", -3}}, 0, bare), "ab"),
              ElementsAre(1, 0));
}

TEST(Unigram, MarksInTheTextCutIt) {
  EXPECT_THAT(pieces_of(Unigram({}, kPieces, 0), "b\u2581\u2581a"), ElementsAre(1, 3, 1, 5));
  EXPECT_THAT(pieces_of(Unigram({}, kPieces, 0, {.prepend = false}), "b a"), ElementsAre(3, 2));
  const WordMarks spaces_stay{.split_at_white_space = false};
  EXPECT_THAT(pieces_of(Unigram({}, kPieces, 0, spaces_stay), "b  a"), ElementsAre(1, 3, 1, 5));
}

TEST(Unigram, BytesThatAreNotUtf8CountAsReplacementCharacters) {
  const Unigram model({}, {{"<unk>", 0}, {"\u2581", -1}, {"a", -1}, {"\uFFFD", -1}}, 0);
  EXPECT_THAT(pieces_of(model, "a\xE2\x82 \xFF"), ElementsAre(1, 2, 3, 3, 1, 3));
}

class SentencePieceGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(SentencePieceGolden, FileEqualsTheReference) {
  expect_golden(*testing::golden_tokenizer(GetParam()), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Files, SentencePieceGolden,
                         ::testing::Values("xlm-r", "albert", "albert, cased", "albert, own rules",
                                           "albert, own rules, cased", "t5", "t5, no rules",
                                           "xlm-r, length 8", "xlm-r, length 128", "xlm-r, length 512",
                                           "albert, length 8", "albert, length 128", "t5, length 8",
                                           "t5, length 128"),
                         [](const auto& tested) { return testing::test_name(tested.param); });

TEST(SentencePieceGolden, TokenizerJsonEqualsTheReference) {
  const TempFolder folder;
  folder.write("tokenizer.json", testing::read_golden("xlmr-json/tokenizer.json"));
  expect_golden(*load_tokenizer(folder.path()), "xlm-r");
}

TEST(SentencePieceIds, FairseqOrder) {
  const TempFolder folder;
  folder.write("sentencepiece.bpe.model", testing::read_golden("xlmr/sentencepiece.bpe.model"));
  folder.write("config.json", R"({"model_type":"xlm-roberta"})");
  const auto tokenizer = load_tokenizer(folder.path());
  EXPECT_EQ(tokenizer->first_id(), 0);
  EXPECT_EQ(tokenizer->piece(1), "<pad>");
  EXPECT_EQ(tokenizer->last_id(), 2);
  EXPECT_EQ(tokenizer->unknown_id(), 3);
  EXPECT_EQ(tokenizer->vocabulary_size(), 2002u);  // the 2,000 of the file, <pad> and <mask>
  EXPECT_EQ(tokenizer->piece(2001), "<mask>");
  EXPECT_EQ(tokenizer->piece(2002), "");
  EXPECT_EQ(tokenizer->piece(-1), "");
}

TEST(SentencePieceIds, T5OpensWithNothing) {
  const TempFolder folder;
  folder.write("spiece.model", testing::read_golden("t5/spiece.model"));
  folder.write("tokenizer_config.json", R"({"tokenizer_class":"T5TokenizerFast","extra_ids":2})");
  const auto tokenizer = load_tokenizer(folder.path());
  EXPECT_EQ(tokenizer->first_id(), Tokenizer::kNoId);
  EXPECT_EQ(tokenizer->last_id(), 1);
  EXPECT_EQ(tokenizer->vocabulary_size(), 902u);
  EXPECT_EQ(tokenizer->piece(900), "<extra_id_1>");
  EXPECT_THAT(tokenizer->encode("<extra_id_0><extra_id_1>", 10), ElementsAre(901, 900, 1));
  EXPECT_THAT(tokenizer->encode("<extra_id_0><extra_id_1>", 2), ElementsAre(901, 1));
  folder.write("tokenizer_config.json", R"({"tokenizer_class":"T5Tokenizer","extra_ids":-1})");
  expect_error([&] { load_tokenizer(folder.path()); }, {"tokenizer_config.json", "extra_ids", "-1"});
}

TEST(SentencePieceIds, AnUnknownClassIsRefusedByName) {
  const TempFolder folder;
  folder.write("tokenizer.model", testing::read_golden("t5/spiece.model"));
  expect_error([&] { load_tokenizer(folder.path()); },
               {"tokenizer.model", "tokenizer_class", "XLMRobertaTokenizer"});
  folder.write("tokenizer_config.json", R"({"tokenizer_class":"LlamaTokenizer"})");
  expect_error([&] { load_tokenizer(folder.path()); }, {"tokenizer.model", "LlamaTokenizer"});
  folder.write("tokenizer_config.json", R"({"tokenizer_class":"AlbertTokenizer"})");
  expect_error([&] { load_tokenizer(folder.path()); }, {"tokenizer.model", "no token \"[SEP]\""});
}

// ---- files that are broken ----

/// A protobuf field with a length, both below 128.
std::string field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

SentencePieceModel read(const std::string& content) {
  const TempFolder folder;
  return read_sentencepiece_model(folder.write("x.model", content));
}

TEST(SentencePieceFile, Fields) {
  const SentencePieceModel model = read(field(1, field(1, "ab") + std::string("\x15\0\0\x80\x3F\x18\3", 7)) +
                                        field(2, "\x18\1") + field(3, field(2, "map")) + field(9, "new"));
  ASSERT_EQ(model.pieces.size(), 1u);
  EXPECT_EQ(model.pieces[0].text, "ab");
  EXPECT_EQ(model.pieces[0].score, 1);
  EXPECT_EQ(model.pieces[0].type, SentencePieceModel::PieceType::kControl);
  EXPECT_EQ(model.charsmap, "map");
}

TEST(SentencePieceFile, UnsupportedModelsAreRefusedByName) {
  const std::string piece = field(1, field(1, "a"));
  expect_error([&] { read(piece + field(2, "\x18\2")); }, {"x.model", "BPE", "UNIGRAM"});
  expect_error([&] { read(piece + field(2, "\x18\x63")); }, {"x.model", "UNIGRAM"});
  expect_error([&] { read(piece + field(2, "\xC0\1\1")); }, {"x.model", "treat_whitespace_as_suffix"});
  expect_error([&] { read(piece + field(2, "\x98\2\1")); }, {"x.model", "byte_fallback"});
}

TEST(SentencePieceFile, MalformedIsRefused) {
  expect_error([] { read(""); }, {"x.model", "no pieces"});
  expect_error([] { read("{\"a\": 1}"); }, {"x.model", "no SentencePiece model"});
  expect_error([] { read(std::string(30, '\xFF')); }, {"x.model", "protobuf"});
  expect_error([] { read(field(1, field(1, "\xFF"))); }, {"x.model", "UTF-8"});
  const std::string whole = field(1, field(1, "ab") + std::string("\x15\0\0\x80\x3F", 5));
  for (size_t size = 1; size < whole.size(); ++size)
    expect_error([&] { read(whole.substr(0, size)); }, {"x.model", "protobuf"});
}

}  // namespace
}  // namespace mtnlp
