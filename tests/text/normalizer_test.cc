#include "text/normalizer.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;

std::string normalized(const char* json, std::string_view text) {
  std::string buffer;
  return std::string(Normalizer(Json::parse(json), "tokenizer.json").apply(text, buffer));
}

TEST(Normalizer, Steps) {
  EXPECT_EQ(normalized("null", "A\u00E9"), "A\u00E9");
  EXPECT_EQ(normalized(R"({"type":"Lowercase"})", "A\u00C9"), "a\u00E9");
  EXPECT_EQ(normalized(R"({"type":"NFD"})", "\u00E9\uFB01"), "e\u0301\uFB01");
  EXPECT_EQ(normalized(R"({"type":"NFKD"})", "\u00E9\uFB01"), "e\u0301fi");
  EXPECT_EQ(normalized(R"({"type":"StripAccents"})", "e\u0301\u00E9"), "e\u00E9");
  EXPECT_EQ(normalized(R"({"type":"BertNormalizer"})", "\u00C9\tx"), "e x");
  EXPECT_EQ(normalized(R"({"type":"BertNormalizer","lowercase":false,"strip_accents":null})", "\u00C9\tX"),
            "\u00C9 X");
  EXPECT_EQ(normalized(R"({"type":"Precompiled","precompiled_charsmap":""})", "x"), "x");
}

TEST(Normalizer, Strip) {
  EXPECT_EQ(normalized(R"({"type":"Strip","strip_left":true,"strip_right":true})", " \u3000a b\n"), "a b");
  EXPECT_EQ(normalized(R"({"type":"Strip","strip_left":false,"strip_right":true})", " a "), " a");
  EXPECT_EQ(normalized(R"({"type":"Strip","strip_left":true,"strip_right":false})", " a "), "a ");
  EXPECT_EQ(normalized(R"({"type":"Strip"})", "  "), "");
  EXPECT_EQ(normalized(R"({"type":"Strip"})", ""), "");
}

TEST(Normalizer, Replace) {
  const char* quotes = R"({"type":"Replace","pattern":{"String":"``"},"content":"\""})";
  EXPECT_EQ(normalized(quotes, "a``b```"), "a\"b\"`");
  const char* spaces = R"({"type":"Replace","pattern":{"Regex":" {2,}"},"content":"_"})";
  EXPECT_EQ(normalized(spaces, "a b  c    d "), "a b_c_d ");
  EXPECT_EQ(normalized(spaces, "   "), "_");
}

TEST(Normalizer, SequenceRunsInOrder) {
  const char* json = R"({"type":"Sequence","normalizers":[{"type":"Lowercase"},
                        {"type":"Replace","pattern":{"String":"a"},"content":"B"}]})";
  EXPECT_EQ(normalized(json, "A"), "B");
}

TEST(Normalizer, OthersAreRefusedByName) {
  const auto load = [](const std::string& json) {
    return [json] { Normalizer(Json::parse(json), "tokenizer.json"); };
  };
  expect_error(load(R"({"type":"Nmt"})"), {"tokenizer.json", "\"Nmt\"", "BertNormalizer"});
  expect_error(load(R"({"type":"Sequence","normalizers":[{"type":"NFC"}]})"), {"tokenizer.json", "\"NFC\""});
  expect_error(load(R"({"type":"Replace","pattern":{"Regex":"a+"},"content":""})"), {"tokenizer.json", "a+"});
  expect_error(load(R"({"type":"Precompiled","precompiled_charsmap":"*"})"), {"tokenizer.json", "base64"});
  expect_error(load(R"({"type":"Precompiled","precompiled_charsmap":"AAAA"})"),
               {"tokenizer.json", "charsmap"});
  expect_error(load(R"({"type":"BertNormalizer","lowercase":"yes"})"),
               {"tokenizer.json", "lowercase", "yes"});
  expect_error(load("[]"), {"tokenizer.json", "normalizer"});
  expect_error(load("{}"), {"tokenizer.json", "type"});
  std::string deep = R"({"type":"Lowercase"})";
  for (int i = 0; i < 12; ++i) deep = R"({"type":"Sequence","normalizers":[)" + deep + "]}";
  expect_error(load(deep), {"tokenizer.json", "Sequence"});
}

}  // namespace
}  // namespace mtnlp
