#include "text/tokenizer.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/log.h"
#include "golden.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::expect_golden;
using ::testing::HasSubstr;
using testing::TempFolder;

constexpr const char* kVocabularyLines =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nB\nb\n\u00E9\ne\n##b\nx\n\u4E2D\n";

// ---- encode ----

/// Every byte is its own id; 300 opens, 301 closes.
class Bytes : public Tokenizer {
 public:
  void append_pieces(std::string_view text, std::vector<int32_t>& ids) const override {
    for (const char c : text) ids.push_back(c);
  }
  const char* kind() const override { return "bytes"; }
  size_t vocabulary_size() const override { return 302; }
  std::string piece(int32_t) const override { return ""; }
  int32_t unknown_id() const override { return 0; }
  int32_t first_id() const override { return 300; }
  int32_t last_id() const override { return 301; }
};

TEST(Encode, EnclosesAndCuts) {
  const Bytes bytes;
  EXPECT_THAT(bytes.encode("abc", {5}), ElementsAre(300, 'a', 'b', 'c', 301));
  EXPECT_THAT(bytes.encode("", {5}), ElementsAre(300, 301));
  EXPECT_THAT(bytes.encode("abcdef", {5}), ElementsAre(300, 'a', 'b', 'c', 301));
  EXPECT_THAT(bytes.encode("abcdef", {5, Truncation::kTail}), ElementsAre(300, 'd', 'e', 'f', 301));
  EXPECT_THAT(bytes.encode("abcdefghi", {6, Truncation::kHeadTail}),
              ElementsAre(300, 'a', 'g', 'h', 'i', 301));
  EXPECT_THAT(bytes.encode("abc", {5, Truncation::kHeadTail}), ElementsAre(300, 'a', 'b', 'c', 301));
  EXPECT_THAT(bytes.encode("abc", {2, Truncation::kHeadTail}), ElementsAre(300, 301));
  expect_error([&] { bytes.encode("abc", {1}); }, {"maximal length", "1", "2"});
}

TEST(Encode, HeadTailOfThePaper) {
  const std::string text = std::string(1000, 'h') + std::string(1000, 't');
  const auto ids = Bytes().encode(text, {512, Truncation::kHeadTail});
  EXPECT_EQ(ids.size(), 512u);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 'h'), 128);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 't'), 382);
}

TEST(Encode, WindowsOverlapAndHoldALongText) {
  const Bytes bytes;
  const TextCut cut{.max_length = 6, .stride = 2};  // a window holds 4 of a text
  const Encoding windows = bytes.encode(Segments{"abcdefg"}, cut);
  EXPECT_THAT(windows.ids, ElementsAre(300, 'a', 'b', 'c', 'd', 301, 300, 'c', 'd', 'e', 'f', 301, 300, 'e',
                                       'f', 'g', 301));
  const TokenIds ids = windows;
  ASSERT_EQ(ids.sequences(), 3u);
  EXPECT_THAT((std::vector{ids.end_of(0), ids.end_of(1), ids.end_of(2)}), ElementsAre(6, 12, 17));
  const Encoding whole = bytes.encode(Segments{"abcd"}, cut);
  EXPECT_THAT(whole.ids, ElementsAre(300, 'a', 'b', 'c', 'd', 301));
  EXPECT_EQ(TokenIds(whole).sequences(), 1u);
  EXPECT_EQ(TokenIds(whole).end_of(0), 6u);
  EXPECT_EQ(bytes.encode(Segments{"abcde"}, cut).ids.size(), 11u);  // a second window of one new token
}

TEST(Encode, WindowsAreSoManyAtMostAndTheCutKeepsTheEndThatWasAskedFor) {
  const Bytes bytes;
  const auto encode = [&](Truncation truncation, size_t* length) {
    return bytes.encode("abcdefghij", {6, truncation, 2, 2}, length);
  };
  EXPECT_EQ((TextCut{6, Truncation::kHead, 2, 2}).longest(), 8u);
  size_t length = 0;
  EXPECT_THAT(encode(Truncation::kHead, &length),
              ElementsAre(300, 'a', 'b', 'c', 'd', 301, 300, 'c', 'd', 'e', 'f', 301));
  EXPECT_EQ(length, 12u);
  EXPECT_EQ(encode(Truncation::kHead, nullptr), encode(Truncation::kHead, &length));
  EXPECT_THAT(encode(Truncation::kTail, nullptr),
              ElementsAre(300, 'e', 'f', 'g', 'h', 301, 300, 'g', 'h', 'i', 'j', 301));
  EXPECT_EQ(bytes.encode("abcdefghij", {6, Truncation::kHead, 2, 1}), bytes.encode("abcdefghij", {6}));
}

TEST(Encode, EachWindowHasThePrompt) {
  Bytes bytes;
  bytes.use_prompt("p");
  EXPECT_THAT(bytes.encode("abcde", {6, Truncation::kHead, 2}),
              ElementsAre(300, 'p', 'a', 'b', 'c', 301, 300, 'p', 'c', 'd', 'e', 301));
  expect_error([&] { bytes.encode("", {6, Truncation::kHead, 4}); }, {"stride", "is 4", "valid are 1 to 3"});
}

TEST(Encode, PairsHaveNoWindows) {
  expect_error(
      [] {
        Bytes().encode(Segments{"a", "b"}, {.max_length = 9, .stride = 2});
      },
      {"windows are for single texts"});
}

TEST(Encode, TellsTheFullLength) {
  size_t length = 0;
  EXPECT_EQ(Bytes().encode("abcdef", {5, Truncation::kHead}, &length).size(), 5u);
  EXPECT_EQ(length, 8u);
  Bytes().encode("", {5, Truncation::kTail}, &length);
  EXPECT_EQ(length, 2u);
}

TEST(Encode, ThePromptGoesBeforeTheTextAndIsNeverCut) {
  Bytes bytes;
  bytes.use_prompt("pq");
  EXPECT_EQ(bytes.prompt_pieces(), 2u);
  EXPECT_THAT(bytes.encode("abc", {9}), ElementsAre(300, 'p', 'q', 'a', 'b', 'c', 301));
  EXPECT_THAT(bytes.encode("abcdef", {6}), ElementsAre(300, 'p', 'q', 'a', 'b', 301));
  EXPECT_THAT(bytes.encode("abcdef", {6, Truncation::kTail}), ElementsAre(300, 'p', 'q', 'e', 'f', 301));
  EXPECT_THAT(bytes.encode("abcdefghi", {8, Truncation::kHeadTail}),
              ElementsAre(300, 'p', 'q', 'a', 'g', 'h', 'i', 301));
  EXPECT_THAT(bytes.encode("", {9}), ElementsAre(300, 'p', 'q', 301));
  size_t length = 0;
  bytes.encode("abcdef", {6, Truncation::kHead}, &length);
  EXPECT_EQ(length, 10u);
  expect_error([&] { bytes.encode("a", {4}); }, {"prompt \"pq\" has 2 tokens", "no room", "4 tokens"});
}

/// The first `head` and the last `tail` of `pieces`, enclosed.
std::vector<int32_t> ends_of(const Tokenizer& tokenizer, std::span<const int32_t> pieces, size_t head,
                             size_t tail) {
  std::vector<int32_t> ids;
  if (tokenizer.first_id() != Tokenizer::kNoId) ids.push_back(tokenizer.first_id());
  for (const int32_t id : pieces.first(head)) ids.push_back(id);
  for (const int32_t id : pieces.last(tail)) ids.push_back(id);
  ids.push_back(tokenizer.last_id());
  return ids;
}

/// Bytes with a form of pairs.
class PairBytes : public Bytes {
 public:
  explicit PairBytes(PairForm form) : form_(form) {}
  std::optional<PairForm> pair_form() const override { return form_; }

 private:
  PairForm form_;
};

TEST(EncodePair, PutsBothTextsIntoOneSequence) {
  const PairBytes as_bert({1, true}), as_xlmr({2, false});
  const Encoding bert = as_bert.encode(Segments{"ab", "c"}, {20});
  EXPECT_THAT(bert.ids, ElementsAre(300, 'a', 'b', 301, 'c', 301));
  EXPECT_EQ(bert.second_type, 4u);
  const Encoding xlmr = as_xlmr.encode(Segments{"ab", "c"}, {20});
  EXPECT_THAT(xlmr.ids, ElementsAre(300, 'a', 'b', 301, 301, 'c', 301));
  EXPECT_EQ(xlmr.second_type, TokenIds::kNone);
  EXPECT_THAT(as_bert.encode(Segments{"ab", ""}, {20}).ids, ElementsAre(300, 'a', 'b', 301, 301));
  EXPECT_THAT(as_bert.encode(Segments{"", "c"}, {20}).ids, ElementsAre(300, 301, 'c', 301));
  const Encoding single = as_bert.encode(Segments{"ab"}, {20});
  EXPECT_EQ(single.ids, as_bert.encode("ab", {20}));
  EXPECT_EQ(single.second_type, TokenIds::kNone);
}

TEST(EncodePair, CutsTheLongerTextFirst) {
  const PairBytes bytes({1, true});
  const auto cut = [&](const char* first, const char* second, size_t room,
                       Truncation end = Truncation::kHead) {
    std::string text;
    for (const int32_t id : bytes.encode(Segments{first, second}, {room + 3, end}).ids)
      text += id < 300 ? std::string(1, static_cast<char>(id)) : id == 300 ? "[" : "]";
    return text;
  };
  EXPECT_EQ(cut("abcdef", "xy", 5), "[abc]xy]");
  EXPECT_EQ(cut("ab", "uvwxyz", 5), "[ab]uvw]");
  EXPECT_EQ(cut("abcdef", "uvwxyz", 4), "[ab]uv]");
  EXPECT_EQ(cut("abcdef", "uvwxyz", 5),
            "[ab]uvw]");  // of equal ones the second keeps one more, as the library has it
  EXPECT_EQ(cut("abcdefg", "uvwxyz", 5), "[abc]uv]");
  EXPECT_EQ(cut("abcdef", "uvwxyz", 0), "[]]");
  EXPECT_EQ(cut("abcdef", "uvwxyz", 5, Truncation::kTail), "[ef]xyz]");
  EXPECT_EQ(cut("abcdefgh", "stuvwxyz", 8, Truncation::kHeadTail), "[afgh]sxyz]");
  size_t length = 0;
  const Encoding whole = bytes.encode(Segments{"abcdef", "xy"}, {8, Truncation::kHead}, &length);
  EXPECT_EQ(whole.ids.size(), 8u);
  EXPECT_EQ(length, 11u);
}

TEST(EncodePair, ThePromptStandsBeforeTheFirstTextAndIsNeverCut) {
  PairBytes bytes({1, true});
  bytes.use_prompt("pqr");
  EXPECT_THAT(bytes.encode(Segments{"ab", "c"}, {20}).ids,
              ElementsAre(300, 'p', 'q', 'r', 'a', 'b', 301, 'c', 301));
  EXPECT_THAT(bytes.encode(Segments{"ab", "uvwxyz"}, {7}).ids,
              ElementsAre(300, 'p', 'q', 'r', 301, 'u', 301));
  expect_error([&] { bytes.encode(Segments{"a", "b"}, {6}); }, {"prompt \"pqr\" has 3 tokens", "6 tokens"});
}

TEST(EncodePair, RefusesWhatHasNoPlaceForIt) {
  expect_error([] { Bytes().encode(Segments{"a", "b"}, {20}); }, {"no form for pairs"});
  expect_error(
      [] {
        PairBytes({2, false}).encode(Segments{"a", "b"}, {3});
      },
      {"maximal length", "3", "pairs", "4"});
}

class PairGoldens : public ::testing::TestWithParam<const char*> {};

TEST_P(PairGoldens, EqualTheReference) {
  static const Json kGolden = testing::golden_json("pairs.json");
  const auto tokenizer = testing::golden_tokenizer(GetParam());
  const auto pairs = kGolden["pairs"].get<std::vector<std::pair<size_t, size_t>>>();
  ASSERT_GE(pairs.size(), 100u);
  for (const auto& [length, expected] : kGolden["cases"].at(GetParam()).items())
    for (size_t i = 0; i < pairs.size() && !HasFailure(); ++i) {
      const auto& [first, second] = pairs[i];
      const bool tail = length.starts_with("tail ");
      const size_t most = length == "all" ? 1'000'000 : std::stoul(length.substr(tail ? 5 : 0));
      const Encoding found =
          tokenizer->encode(Segments{testing::golden_lines()[first], testing::golden_lines()[second]},
                            {most, tail ? Truncation::kTail : Truncation::kHead});
      const std::string text =
          str(testing::joined(found.ids), " | ", std::min(found.second_type, found.ids.size()));
      EXPECT_EQ(testing::crc32_hex(text), expected[i])
          << length << ", lines " << first << " and " << second << ": " << text;
    }
}

INSTANTIATE_TEST_SUITE_P(Families, PairGoldens, ::testing::Values("minilm", "xlm-r", "albert", "t5"),
                         [](const auto& tested) { return testing::test_name(tested.param); });

class CutGoldens : public ::testing::TestWithParam<const char*> {};

TEST_P(CutGoldens, KeepTheEndsAskedFor) {
  const auto tokenizer = testing::golden_tokenizer(GetParam());
  const size_t opening = tokenizer->first_id() == Tokenizer::kNoId ? 0 : 1;
  const std::vector<std::string>& lines = testing::golden_lines();
  size_t cut = 0;
  for (size_t i = 0; i < lines.size() && !HasFailure(); ++i) {
    const std::vector<int32_t> whole = tokenizer->encode(lines[i], {1'000'000});
    ASSERT_TRUE(testing::equals_golden(testing::golden_case(GetParam()), i, whole)) << "line " << i;
    const auto pieces = std::span(whole).subspan(opening, whole.size() - opening - 1);
    for (const size_t length : {2, 3, 8, 33, 128}) {
      const size_t room = length - opening - 1;
      if (pieces.size() <= room) continue;
      ++cut;
      const auto quarter = static_cast<size_t>(std::lround(static_cast<double>(room) / 4));
      EXPECT_EQ(tokenizer->encode(lines[i], {length, Truncation::kTail}),
                ends_of(*tokenizer, pieces, 0, room))
          << "line " << i << ", length " << length;
      EXPECT_EQ(tokenizer->encode(lines[i], {length, Truncation::kHeadTail}),
                ends_of(*tokenizer, pieces, quarter, room - quarter))
          << "line " << i << ", length " << length;
    }
  }
  EXPECT_GT(cut, 10'000u);
}

INSTANTIATE_TEST_SUITE_P(Families, CutGoldens, ::testing::Values("minilm", "xlm-r", "albert", "t5"),
                         [](const auto& tested) { return testing::test_name(tested.param); });

// ---- bytes that are not UTF-8 ----

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

class BadBytes : public ::testing::TestWithParam<const char*> {};

TEST_P(BadBytes, EqualWhatTheReferenceMakesOfReplacementCharacters) {
  const auto tokenizer = testing::golden_tokenizer(GetParam());
  const std::vector<std::string>& lines = testing::golden_lines();
  size_t tried = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string line = replaced(lines[i], "\uFFFD", "\xFF");
    if (line == lines[i]) continue;
    ++tried;
    const std::vector<int32_t> ids = tokenizer->encode(line, {1'000'000});
    EXPECT_TRUE(testing::equals_golden(testing::golden_case(GetParam()), i, ids)) << "line " << i;
  }
  EXPECT_GE(tried, 20u);
}

TEST_P(BadBytes, OfBrokenSequencesToo) {
  const auto tokenizer = testing::golden_tokenizer(GetParam());
  for (const std::string bad : {"\x80", "\xC3", "\xE2\x82", "\xC0\x80", "\xED\xA0\x80", "\xF0\x9F\x98",
                                "\xF5\x80\x80\x80", "\xF4\x90\x80\x80"}) {
    std::string good;
    for (size_t i = 0; i < bad.size(); ++i) good += "\uFFFD";
    for (const std::string context :
         {"?", "? word", "the ?word", "wo?rd", "word?", "[SEP]?</s> caf\u00E9?\u0301"})
      EXPECT_EQ(tokenizer->encode(replaced(context, "?", bad), {100}),
                tokenizer->encode(replaced(context, "?", good), {100}))
          << Json(replaced(context, "?", bad)).dump(-1, ' ', true, Json::error_handler_t::replace);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, BadBytes,
                         ::testing::Values("minilm", "not cleaned", "xlm-r", "albert", "albert, own rules",
                                           "t5", "t5, no rules"),
                         [](const auto& tested) { return testing::test_name(tested.param); });

// ---- where settings come from ----

std::vector<int32_t> ids_of(const TempFolder& folder, std::string_view text) {
  return load_tokenizer(folder.path())->encode(text, {100});
}

TEST(VocabTxt, Alone) {
  const TempFolder folder;
  folder.write("vocab.txt", kVocabularyLines);
  const auto tokenizer = load_tokenizer(folder.path());
  EXPECT_EQ(tokenizer->vocabulary_size(), 13u);
  EXPECT_EQ(tokenizer->unknown_id(), 1);
  EXPECT_EQ(tokenizer->piece(6), "B");
  EXPECT_THAT(tokenizer->encode("A B \u00C9 ab[MASK]q [sep]", {100}),
              ElementsAre(2, 5, 7, 9, 5, 10, 4, 1, 1, 1, 1, 3));
}

TEST(VocabTxt, LineEndsAndSpacesDoNotCount) {
  const TempFolder folder;
  folder.write("vocab.txt", "[UNK]\r\n[CLS] \r\n[SEP]\r\na\u3000\r\nb");
  EXPECT_THAT(ids_of(folder, "a b"), ElementsAre(1, 3, 4, 2));
}

TEST(VocabTxt, SettingsOfTokenizerConfig) {
  const TempFolder folder;
  folder.write("vocab.txt", kVocabularyLines);
  folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(ids_of(folder, "B \u00E9 x\u4E2D"), ElementsAre(2, 6, 8, 11, 12, 3));
  folder.write("tokenizer_config.json", R"({"do_lower_case": false, "strip_accents": true})");
  EXPECT_THAT(ids_of(folder, "B \u00E9"), ElementsAre(2, 6, 9, 3));
  folder.write("tokenizer_config.json", R"({"strip_accents": false, "tokenize_chinese_chars": false})");
  EXPECT_THAT(ids_of(folder, "B \u00E9 x\u4E2D"), ElementsAre(2, 7, 8, 1, 3));
  folder.write("tokenizer_config.json",
               R"({"cls_token": {"content": "a"}, "sep_token": "b", "mask_token": null})");
  EXPECT_THAT(ids_of(folder, "x"), ElementsAre(5, 11, 7));
}

TEST(VocabTxt, GoldensOfTheJsonHold) {
  const Json vocabulary = testing::golden_json("probe/tokenizer.json")["model"]["vocab"];
  std::vector<std::string> pieces(vocabulary.size());
  for (const auto& [text, id] : vocabulary.items()) pieces.at(id.get<size_t>()) = text;
  std::string lines;
  for (const std::string& piece : pieces) lines += piece + "\n";
  const TempFolder folder;
  folder.write("vocab.txt", lines);
  expect_golden(*load_tokenizer(folder.path()), "uncased");
  folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
  expect_golden(*load_tokenizer(folder.path()), "cased");
  folder.write("sentence_bert_config.json", R"({"do_lower_case": true})");
  expect_golden(*load_tokenizer(folder.path()), "lower case first");
}

TEST(VocabTxt, WithoutItsTokensIsRefused) {
  const TempFolder folder;
  folder.write("vocab.txt", "[UNK]\n[CLS]\n");
  expect_error([&] { load_tokenizer(folder.path()); }, {"vocab.txt", "[SEP]"});
  folder.write("vocab.txt", "");
  expect_error([&] { load_tokenizer(folder.path()); }, {"vocab.txt: is empty"});
  folder.write("vocab.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  expect_error([&] { load_tokenizer(folder.path()); }, {"vocab.txt: is a git-lfs pointer", "git lfs pull"});
  folder.write("vocab.txt", "\xFF\n");
  expect_error([&] { load_tokenizer(folder.path()); }, {"vocab.txt", "UTF-8"});
}

TEST(Loading, SentenceBertConfigLowersFirst) {
  const TempFolder folder;
  folder.write("vocab.txt", kVocabularyLines);
  folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
  folder.write("sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": true})");
  EXPECT_THAT(ids_of(folder, "B \u00C9[SEP]"), ElementsAre(2, 7, 8, 3, 3));
}

TEST(Loading, TokenizerJsonWinsOverAllOthers) {
  const TempFolder folder;
  folder.write("tokenizer.json", testing::read_golden("probe/tokenizer.json"));
  folder.write("vocab.txt", kVocabularyLines);
  folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
  expect_golden(*load_tokenizer(folder.path()), "uncased");
}

TEST(Loading, ASentencePieceFileIsOpenedOnlyWhereNothingElseIs) {
  const TempFolder folder;
  for (const char* name : {"sentencepiece.bpe.model", "spiece.model", "tokenizer.model"})
    folder.write(name, "not a model");
  folder.write("config.json", R"({"model_type": "xlm-roberta"})");
  expect_error([&] { load_tokenizer(folder.path()); }, {"sentencepiece.bpe.model"});
  folder.write("vocab.txt", kVocabularyLines);
  EXPECT_STREQ(load_tokenizer(folder.path())->kind(), "WordPiece");
  folder.write("tokenizer.json", testing::read_golden("xlmr-json/tokenizer.json"));
  EXPECT_STREQ(load_tokenizer(folder.path())->kind(), "SentencePiece unigram");
}

TEST(Loading, AFolderWithoutTokenizerIsRefused) {
  const TempFolder folder;
  expect_error([&] { load_tokenizer(folder.path()); },
               {folder.path().string(), "vocab.txt", "tokenizer.json"});
}

TEST(TokenizerFiles, AreThoseThatExist) {
  const TempFolder folder;
  EXPECT_THAT(tokenizer_files(folder.path()), ElementsAre());
  for (const char* name : {"vocab.txt", "tokenizer_config.json", "spiece.model", "config.json"})
    folder.write(name, "");
  EXPECT_THAT(tokenizer_files(folder.path()),
              ElementsAre("tokenizer_config.json", "vocab.txt", "spiece.model"));
}

// ---- tokenizer.json ----

Json small_json() {
  return Json::parse(R"({
    "added_tokens": [{"id": 0, "content": "[UNK]", "normalized": false}],
    "normalizer": {"type": "BertNormalizer"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[SEP]", 2]},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 3,
              "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "##a": 4, "b": 9}}})");
}

Json small_unigram() {
  return Json::parse(R"({"pre_tokenizer": {"type": "Metaspace", "replacement": "_", "add_prefix_space": true},
    "model": {"unk_id": 0, "vocab": [["<unk>", 0], ["_", -1], ["a", -2.5], ["b", -2]]}})");
}

std::vector<int32_t> ids_of(const Json& json, std::string_view text) {
  const TempFolder folder;
  folder.write("tokenizer.json", json.dump());
  return ids_of(folder, text);
}

void expect_refused(const Json& json, std::initializer_list<std::string> parts) {
  expect_error([&] { ids_of(json, ""); }, parts);
  expect_error([&] { ids_of(json, ""); }, {"tokenizer.json"});
}

TEST(TokenizerJson, Alone) {
  Json json = small_json();
  EXPECT_THAT(ids_of(json, "aaa aaaa B[UNK]"), ElementsAre(1, 3, 4, 4, 0, 9, 0, 2));
  json["model"].erase("type");  // old files
  EXPECT_THAT(ids_of(json, "a"), ElementsAre(1, 3, 2));
  json.erase("post_processor");
  EXPECT_THAT(ids_of(json, "a"), ElementsAre(1, 3, 2));
  json["post_processor"] = Json::parse(
      R"({"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "x"}}],
                                           "special_tokens": {"x": {"ids": [9]}}})");
  EXPECT_THAT(ids_of(json, "a"), ElementsAre(3, 9));
  EXPECT_THAT(ids_of(small_unigram(), "a bz"), ElementsAre(1, 2, 1, 3, 0));
}

TEST(TokenizerJson, TheTemplateSaysHowAPairBecomesOneSequence) {
  Json json = small_json();
  const auto form = [&](const char* pair, const char* config = "{}") {
    const TempFolder folder;
    if (*pair != '\0')
      json["post_processor"] = Json::parse(str(
          R"({"type": "TemplateProcessing", "special_tokens": {"x": {"ids": [1]}, "y": {"ids": [2]}}, "single": [
              {"SpecialToken": {"id": "x"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "y"}}], "pair": )",
          pair, "}"));
    folder.write("tokenizer.json", json.dump());
    folder.write("tokenizer_config.json", config);
    return load_tokenizer(folder.path())->pair_form();
  };
  const auto steps = [](std::initializer_list<std::pair<const char*, int>> names) {
    Json list = Json::array();
    for (const auto& [name, type] : names)
      list.push_back({{*name < 'a' ? "Sequence" : "SpecialToken", {{"id", name}, {"type_id", type}}}});
    return list.dump();
  };
  const std::string bert = steps({{"x", 0}, {"A", 0}, {"y", 0}, {"B", 1}, {"y", 1}});
  EXPECT_EQ(form(bert.c_str()), (PairForm{1, true}));
  EXPECT_EQ(form(bert.c_str(), R"({"model_input_names": ["input_ids", "attention_mask"]})"),
            (PairForm{1, false}));
  EXPECT_EQ(form(steps({{"x", 0}, {"A", 0}, {"y", 0}, {"y", 0}, {"B", 0}, {"y", 0}}).c_str()),
            (PairForm{2, false}));
  EXPECT_EQ(form(steps({{"x", 0}, {"A", 0}, {"B", 0}, {"y", 0}}).c_str()), (PairForm{0, false}));
  for (const std::string& other : {steps({{"x", 0}, {"B", 0}, {"y", 0}, {"A", 1}, {"y", 1}}),
                                   steps({{"x", 0}, {"A", 0}, {"x", 0}, {"B", 1}, {"y", 1}}),
                                   steps({{"A", 0}, {"y", 0}, {"B", 1}, {"y", 1}}),
                                   steps({{"x", 0}, {"A", 0}, {"y", 1}, {"B", 1}, {"y", 1}}),
                                   steps({{"x", 0}, {"A", 0}, {"y", 0}, {"B", 2}, {"y", 2}}),
                                   steps({{"x", 0}, {"A", 0}, {"y", 0}}), steps({})})
    EXPECT_EQ(form(other.c_str()), std::nullopt) << other;
  EXPECT_EQ(form(bert.c_str(), R"({"tokenizer_class": "PreTrainedTokenizerFast"})"), (PairForm{1, false}));
  EXPECT_EQ(form(bert.c_str(),
                 R"({"tokenizer_class": "AlbertTokenizer", "model_input_names": ["token_type_ids"]})"),
            (PairForm{1, true}));
  json["post_processor"] = Json::parse(R"({"type": "RobertaProcessing", "cls": ["x", 1], "sep": ["y", 2]})");
  EXPECT_EQ(form(""), (PairForm{2, false}));
}

/// What loading `json` beside `config` logs.
std::string warnings_of(const Json& json, const char* config) {
  const TempFolder folder;
  folder.write("tokenizer.json", json.dump());
  folder.write("tokenizer_config.json", config);
  {
    const ScopedLogFile log(folder.path() / "log.txt");
    load_tokenizer(folder.path());
  }
  return read_file(folder.path() / "log.txt");
}

TEST(TokenizerJson, WarnsWhenTokenizerConfigContradicts) {
  Json json = small_json();
  json["normalizer"] = {{"type", "BertNormalizer"}, {"lowercase", true}, {"handle_chinese_chars", true}};
  const char* config = R"({"do_lower_case": false, "tokenize_chinese_chars": true, "strip_accents": false})";
  const std::string warning = warnings_of(json, config);
  EXPECT_THAT(warning, HasSubstr("tokenizer.json: lowercase is true, which counts; tokenizer_config.json has "
                                 "do_lower_case false"));
  EXPECT_EQ(std::count(warning.begin(), warning.end(), '\n'), 1);  // not of what is equal or not set
  EXPECT_EQ(warnings_of(json, R"({"do_lower_case": true})"), "");
  json["normalizer"] = {{"type", "Lowercase"}};
  EXPECT_EQ(warnings_of(json, config), "");
}

TEST(TokenizerJson, VocabularySizeIsAboveEveryId) {
  Json json = small_json();
  json["added_tokens"].push_back({{"id", 20}, {"content", "<new>"}});
  const TempFolder folder;
  folder.write("tokenizer.json", json.dump());
  EXPECT_EQ(load_tokenizer(folder.path())->vocabulary_size(), 21u);
  EXPECT_EQ(load_tokenizer(folder.path())->piece(20), "<new>");
}

// What follows is as AutoTokenizer has it, see tests/interop.

TEST(TokenizerJson, GetsTheTokensOfTheFilesBesideIt) {
  const auto ids = [](const Json& json, const char* name, const char* content) {
    const TempFolder folder;
    folder.write("tokenizer.json", json.dump());
    folder.write(name, content);
    return ids_of(folder, "a[NEW]A[UNK] [unk]");
  };
  const auto plain = ElementsAre(1, 3, 0, 0, 0, 3, 0, 0, 0, 0, 2);
  const auto with_new = ElementsAre(1, 3, 10, 3, 0, 0, 0, 0, 2);
  Json json = small_json();
  EXPECT_THAT(ids(json, "added_tokens.json", "{}"), plain);
  EXPECT_THAT(ids(json, "added_tokens.json", R"({"[NEW]": 10})"), with_new);
  EXPECT_THAT(ids(json, "special_tokens_map.json", R"({"additional_special_tokens": ["[NEW]"]})"), with_new);
  EXPECT_THAT(ids(json, "tokenizer_config.json", R"({"mask_token": "[NEW]"})"), with_new);
  const char* decoder = R"({"added_tokens_decoder": {"0": {"content": "[UNK]", "normalized": true},
                            "10": {"content": "[NEW]", "normalized": false}}})";
  EXPECT_THAT(ids(json, "tokenizer_config.json", decoder), ElementsAre(1, 3, 10, 3, 0, 0, 2));  // [unk], too
  expect_error([&] { ids(json, "added_tokens.json", R"({"[NEW]": 11})"); },
               {"added_tokens.json", "[NEW]", "has the id 11", "is 10"});
  expect_error([&] { ids(json, "added_tokens.json", R"({"[UNK]": 11})"); }, {"has the id 11", "is 0"});
  json["added_tokens"].push_back({{"id", 10}, {"content", "[NEW]"}, {"normalized", false}});
  EXPECT_THAT(ids(json, "added_tokens.json", R"({"[NEW]": 10})"), with_new);
  Json unigram = small_unigram();
  EXPECT_THAT(ids(unigram, "added_tokens.json", R"({"[NEW]": 4})")[2], 4);
}

TEST(TokenizerJson, IsMadeAnewByBertTokenizer) {
  Json json = small_json();
  json["model"]["max_input_chars_per_word"] = 100;
  json["normalizer"] = {{"type", "BertNormalizer"}, {"lowercase", true}};
  const auto ids = [&](const char* config, const char* encoder) {
    const TempFolder folder;
    folder.write("tokenizer.json", json.dump());
    folder.write("tokenizer_config.json", config);
    folder.write("config.json", encoder);
    return ids_of(folder, "a A");
  };
  const char* cased = R"({"tokenizer_class": "BertTokenizerFast", "do_lower_case": false})";
  const char* uncased = R"({"tokenizer_class": "BertTokenizer"})";
  EXPECT_THAT(ids(cased, "{}"), ElementsAre(1, 3, 0, 2));
  EXPECT_THAT(ids(R"({"do_lower_case": false})", R"({"model_type": "distilbert"})"), ElementsAre(1, 3, 0, 2));
  EXPECT_THAT(ids(R"({"do_lower_case": false, "tokenizer_class": "PreTrainedTokenizerFast"})",
                  R"({"model_type": "bert"})"),
              ElementsAre(1, 3, 3, 2));
  EXPECT_THAT(warnings_of(json, cased), HasSubstr("tokenizer.json: its normalizer does not count"));
  EXPECT_THAT(warnings_of(json, cased), HasSubstr("do_lower_case false"));
  EXPECT_EQ(warnings_of(json, uncased), "");
  json["normalizer"]["lowercase"] = false;
  EXPECT_THAT(ids(uncased, "{}"), ElementsAre(1, 3, 3, 2));
  EXPECT_THAT(warnings_of(json, uncased), HasSubstr("do_lower_case true"));
  EXPECT_THAT(ids(R"({"tokenizer_class": "BertTokenizer", "cls_token": "b"})", "{}"),
              ElementsAre(9, 3, 3, 2));
  EXPECT_THAT(warnings_of(json, R"({"tokenizer_class": "BertTokenizer", "cls_token": "b"})"),
              HasSubstr("its post-processor does not count"));
}

TEST(TruncationSide, IsThatOfTheConfigOrOfTheJson) {
  const TempFolder folder;
  const auto truncation = [&] { return load_tokenizer(folder.path())->truncation(); };
  folder.write("vocab.txt", kVocabularyLines);
  EXPECT_EQ(truncation(), Truncation::kHead);
  folder.write("tokenizer_config.json", R"({"truncation_side": "left"})");
  EXPECT_EQ(truncation(), Truncation::kTail);
  folder.write("tokenizer_config.json", R"({"truncation_side": "both"})");
  expect_error(truncation, {"tokenizer_config.json: \"truncation_side\" is \"both\"", "left and right"});
  folder.write("tokenizer_config.json", "{}");
  Json json = small_json();
  json["truncation"] = {{"direction", "Left"}, {"max_length", 8}};
  folder.write("tokenizer.json", json.dump());
  EXPECT_EQ(truncation(), Truncation::kTail);
  folder.write("tokenizer_config.json", R"({"truncation_side": "right"})");
  EXPECT_EQ(truncation(), Truncation::kHead);
}

TEST(TokenizerJson, UnsupportedPartsAreRefusedByName) {
  const auto changed = [](const char* pointer, const char* value) {
    Json json = small_json();
    json[Json::json_pointer(pointer)] = Json::parse(value);
    return json;
  };
  expect_refused(changed("/normalizer", R"({"type": "NFKC"})"), {"normalizer", "NFKC"});
  expect_refused(changed("/pre_tokenizer", R"({"type": "ByteLevel"})"),
                 {"pre-tokenizer", "ByteLevel", "BertPreTokenizer"});
  expect_refused(changed("/pre_tokenizer", "null"), {"pre-tokenizer", "null"});
  expect_refused(changed("/model/type", "\"BPE\""), {"model", "BPE", "WordPiece"});
  expect_refused(changed("/model/type", "\"WordLevel\""), {"WordLevel"});
  expect_refused(changed("/post_processor", R"({"type": "ByteLevel"})"), {"post-processor", "ByteLevel"});
  expect_refused(changed("/post_processor", R"({"type": "TemplateProcessing", "single": []})"),
                 {"TemplateProcessing"});
  expect_refused(changed("/model", R"({"merges": [], "vocab": {}})"), {"BPE"});
}

TEST(TokenizerJson, UnsupportedUnigramsAreRefusedByName) {
  const auto changed = [](const char* pointer, const char* value) {
    Json json = small_unigram();
    json[Json::json_pointer(pointer)] = Json::parse(value);
    return json;
  };
  expect_refused(changed("/pre_tokenizer", R"({"type": "BertPreTokenizer"})"),
                 {"BertPreTokenizer", "Metaspace"});
  expect_refused(changed("/pre_tokenizer", R"({"type": "Sequence", "pretokenizers": []})"),
                 {"Sequence", "Metaspace"});
  expect_refused(changed("/pre_tokenizer/prepend_scheme", "\"first\""), {"first", "always"});
  expect_refused(changed("/pre_tokenizer/replacement", "\"\""), {"replacement"});
  expect_refused(changed("/model/byte_fallback", "true"), {"byte_fallback"});
}

TEST(TokenizerJson, MalformedIsRefused) {
  const auto changed = [](const Json& whole, const char* pointer, const char* value) {
    Json json = whole;
    json[Json::json_pointer(pointer)] = Json::parse(value);
    return json;
  };
  const Json words = small_json(), unigram = small_unigram();
  expect_refused(changed(words, "/model/vocab", "[]"), {"vocab"});
  expect_refused(changed(words, "/model/vocab/a", "-1"), {"-1"});
  expect_refused(changed(words, "/model/vocab/a", "99999999999"), {"99999999999"});
  expect_refused(changed(words, "/model/vocab/a", "\"x\""), {"id"});
  expect_refused(changed(words, "/model/unk_token", "\"[nope]\""), {"[nope]"});
  expect_refused(changed(words, "/model", "null"), {"model"});
  expect_refused(changed(words, "/added_tokens", "3"), {"added_tokens"});
  expect_refused(changed(words, "/added_tokens/0", "{}"), {"content"});
  expect_refused(changed(words, "/post_processor/cls", "[]"), {"cls"});
  expect_refused(changed(words, "/model/max_input_chars_per_word", "-3"), {"max_input_chars_per_word", "-3"});
  expect_refused(changed(words, "/model/vocab/a", "2147483648"), {"2147483648"});
  expect_refused(changed(words, "/model/vocab/a", "-9223372036854775808"), {"-9223372036854775808"});
  expect_refused(changed(words, "/model/vocab/a", "9000000"), {"9000000", "vocabulary of 6 pieces"});
  expect_refused(changed(words, "/model/vocab/a", "9"), {"\"a\"", "\"b\"", "same id 9"});
  expect_refused(changed(words, "/model/vocab", "{}"), {"[UNK]"});
  expect_refused(changed(words, "/added_tokens/0/id", "7"), {"[UNK]", "id 7", "it has 0"});
  expect_refused(changed(words, "/added_tokens/0/content", "\"<x>\""), {"<x>", "id 0", "[UNK]"});
  expect_refused(changed(words, "/added_tokens/0/id", "-2"), {"-2"});
  expect_refused(changed(words, "/added_tokens/1", R"({"id": 9000000, "content": "<far>"})"),
                 {"<far>", "9000000"});
  expect_refused(changed(words, "/post_processor/sep", R"(["[SEP]", 999])"),
                 {"post-processor", "999", "is 9"});
  expect_refused(changed(words, "/post_processor/cls", R"(["[CLS]", 10])"), {"post-processor", "10", "is 9"});
  expect_refused(changed(unigram, "/model/vocab", "[]"), {"vocabulary is empty"});
  expect_refused(changed(unigram, "/model/unk_id", "-1"), {"-1"});
  expect_refused(changed(unigram, "/model/vocab", "{}"), {"vocab"});
  expect_refused(changed(unigram, "/model/vocab/1", "[\"a\"]"), {"entry 1"});
  expect_refused(changed(unigram, "/model/unk_id", "4"), {"unk_id", "4"});
}

}  // namespace
}  // namespace mtnlp
