#include "text/sentencepiece.h"

#include "golden.h"
#include "proto.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::expect_golden;
using testing::TempFolder;

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
  EXPECT_THAT(tokenizer->encode("<extra_id_0><extra_id_1>", {10}), ElementsAre(901, 900, 1));
  EXPECT_THAT(tokenizer->encode("<extra_id_0><extra_id_1>", {2}), ElementsAre(901, 1));
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

// ---- what libsentencepiece makes of a file ----

using testing::ProtoPiece;
using Type = SentencePieceModel::PieceType;

SentencePieceModel read_model(const std::string& content) {
  const TempFolder folder;
  return read_sentencepiece_model(folder.write("x.model", content));
}

TEST(SentencePieceFile, PiecesScoresAndTypes) {
  const SentencePieceModel model = read_model(
      testing::proto_model({{"<unk>", 0, 2}, {"<s>", 0, 3}, {"ab", -1.5, 1}, {"Tok", -2, 4}, {"c", -3, 5}}));
  const auto piece = [&](size_t id) { return model.pieces.at(id); };
  ASSERT_EQ(model.pieces.size(), 5u);
  EXPECT_EQ(piece(0).type, Type::kUnknown);
  EXPECT_EQ(piece(1).type, Type::kControl);
  EXPECT_EQ(piece(2).text, "ab");
  EXPECT_EQ(piece(2).score, -1.5f);
  EXPECT_EQ(piece(2).type, Type::kNormal);
  EXPECT_EQ(piece(3).type, Type::kUserDefined);
  EXPECT_EQ(piece(4).type, Type::kUnused);
  EXPECT_FALSE(model.charsmap);
}

TEST(SentencePieceFile, WhatTheLibraryRefusesIsOneLineWithItsReason) {
  const ProtoPiece unknown{"<unk>", 0, 2}, a{"a", -1, 1};
  ::testing::internal::CaptureStderr();
  expect_error(
      [&] {
        read_model(testing::proto_model({unknown, a, a}));
      },
      {"x.model", "libsentencepiece", "a is already defined"});
  expect_error([&] { read_model(testing::proto_model({a})); },
               {"x.model", "libsentencepiece", "unk is not defined"});
  expect_error([&] { read_model(testing::proto_model({unknown})); }, {"x.model", "no pieces are loaded"});
  expect_error([&] { read_model(testing::proto_model({unknown, unknown})); }, {"x.model", "already defined"});
  expect_error(
      [&] {
        read_model(testing::proto_model({unknown, a, {"", -1, 1}}));
      },
      {"x.model", "must not be empty"});
  expect_error(
      [&] {
        read_model(testing::proto_model({unknown, a, {"<0x00>", -1, 6}}));
      },
      {"x.model", "byte_fallback"});
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(SentencePieceFile, ItsOwnSelfTestIsNotRun) {
  const std::string sample =
      testing::proto_field(1, testing::proto_field(1, "a") + testing::proto_field(2, "b"));
  const std::string model = testing::proto_model({{"<unk>", 0, 2}, {"a", -1, 1}});
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(read_model(model + testing::proto_field(4, sample)).pieces.size(), 2u);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace mtnlp
