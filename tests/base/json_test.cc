#include "base/json.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

TEST(JsonFile, ReadsAnObject) {
  const TempFolder folder;
  EXPECT_EQ(read_json(folder.write("a.json", R"({"x": [1, "é"]})"))["x"][1], "é");
}

TEST(JsonFile, ErrorsNameTheFileAndStayShort) {
  const TempFolder folder;
  expect_error([&] { read_json(folder.path() / "none.json"); }, {"none.json: no such file"});
  expect_error([&] { read_json(folder.write("a.json", "{\n  \"x\": \n}")); },
               {"a.json: is not valid JSON", "line 3"});
  expect_error([&] { read_json(folder.write("a.json", "")); }, {"a.json: is not valid JSON"});
  expect_error([&] { read_json(folder.write("a.json", "[1]")); }, {"a.json: is not a JSON object but array"});
  expect_error([&] { read_json(folder.write("a.json", "{\"\xff\": 1}")); }, {"a.json: is not valid JSON"});
  try {
    read_json(folder.write("a.json", "{\"x\": \"" + std::string(100'000, 'y')));
    FAIL();
  } catch (const Error& error) {
    EXPECT_LT(std::string(error.what()).size(), 500U);
  }
}

TEST(JsonGet, FallbackForAbsentAndNull) {
  const Json json = {{"a", 3}, {"b", nullptr}};
  EXPECT_EQ(json_get<int>(json, "a", 7, "f"), 3);
  EXPECT_EQ(json_get<int>(json, "b", 7, "f"), 7);
  EXPECT_EQ(json_get<int>(json, "c", 7, "f"), 7);
  EXPECT_EQ(json_get<double>(json, "a", 7, "f"), 3.0);
}

TEST(JsonGet, RefusesAnotherType) {
  const Json json = {{"text", "x"}, {"half", 2.5}, {"huge", 1e300}, {"minus", -1}, {"yes", true}, {"one", 1}};
  expect_error([&] { json_get<int>(json, "text", 0, "f.json"); }, {"f.json: \"text\"", "\"x\""});
  expect_error([&] { json_get<int64_t>(json, "half", 0, "f.json"); }, {"f.json: \"half\"", "2.5"});
  expect_error([&] { json_get<int64_t>(json, "huge", 0, "f.json"); }, {"\"huge\"", "1e+300"});
  expect_error([&] { json_get<int>(json, "yes", 0, "f.json"); }, {"\"yes\"", "true"});
  expect_error([&] { json_get<size_t>(json, "minus", 0, "f.json"); }, {"\"minus\"", "-1"});
  expect_error([&] { json_get<bool>(json, "one", false, "f.json"); }, {"\"one\"", "1"});
  expect_error([&] { json_get<std::string>(json, "one", "", "f.json"); }, {"\"one\"", "1"});
  expect_error([&] { json_get<std::vector<std::string>>(json, "text", {}, "f.json"); }, {"\"text\""});
}

TEST(JsonGet, RequireNeedsTheKey) {
  const Json json = {{"a", 3}, {"b", nullptr}};
  EXPECT_EQ(json_require<int>(json, "a", "f.json"), 3);
  expect_error([&] { json_require<int>(json, "b", "f.json"); }, {"f.json: \"b\" is missing"});
  expect_error([&] { json_require<int>(json, "c", "f.json"); }, {"f.json: \"c\" is missing"});
}

TEST(JsonGet, NoNumberIsWrapped) {
  const Json json = {{"most", UINT64_MAX}, {"least", INT64_MIN}};
  EXPECT_EQ(json_get<uint64_t>(json, "most", 0, "f.json"), UINT64_MAX);
  EXPECT_EQ(json_get<int64_t>(json, "least", 0, "f.json"), INT64_MIN);
  expect_error([&] { json_get<int64_t>(json, "most", 0, "f.json"); }, {"\"most\"", "18446744073709551615"});
  expect_error([&] { json_get<int>(json, "most", 0, "f.json"); }, {"\"most\""});
  expect_error([&] { json_get<int>(json, "least", 0, "f.json"); }, {"\"least\""});
}

TEST(JsonFile, ArraysAreReadAsSuch) {
  const TempFolder folder;
  EXPECT_EQ(read_json_array(folder.write("a.json", "[1, 2]")).size(), 2U);
  expect_error([&] { read_json_array(folder.write("a.json", "{}")); },
               {"a.json: is not a JSON array but object"});
  expect_error([&] { read_json_array(folder.write("a.json", "[1,]")); },
               {"a.json: is not valid JSON: line 1, column 4: expected a value, found ']'"});
}

TEST(JsonFile, TheSizeIsBounded) {
  const TempFolder folder;
  const fs::path file = folder.write("a.json", "{}" + std::string(100, ' '));
  EXPECT_EQ(read_json(file, 102), Json::object());
  expect_error([&] { read_json(file, 101); }, {"a.json: is larger than"});
  fs::create_symlink("/dev/zero", folder.path() / "endless.json");
  expect_error([&] { read_json(folder.path() / "endless.json"); }, {"endless.json: is larger than 16 MiB"});
  fs::resize_file(file, kMaxJsonFile + 1);
  expect_error([&] { read_json(file); }, {"a.json: is larger than 16 MiB"});
}

/// What parse_json says of a text that it refuses, with the offset.
std::string refused(std::string_view text, const JsonOptions& options = {}) {
  try {
    parse_json<Json>(text, options);
  } catch (const JsonError& error) {
    try {
      parse_json<OrderedJson>(text, options);
    } catch (const JsonError& ordered) {
      EXPECT_EQ(ordered.what, error.what);
      EXPECT_EQ(ordered.offset, error.offset);
      return str(error.offset, ": ", error.what);
    }
  }
  return "accepted";
}

TEST(ParseJson, GivesWhatNlohmannGives) {
  for (const char* text : {"{}",
                           "[]",
                           " [ ] ",
                           "null",
                           "true",
                           "false",
                           "\"\"",
                           "0",
                           "-0",
                           "-0.0",
                           "1",
                           "-1",
                           "12.5e-3",
                           "1E5",
                           "18446744073709551615",
                           "18446744073709551616",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "1e-400",
                           "123456789012345678901234567890",
                           "0.1",
                           "5e-324",
                           "1.7976931348623157e308",
                           "\xef\xbb\xbf[1]",
                           R"("\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00 \u0000")",
                           "\"caf\u00e9 \U0001F600\"",
                           R"({"b": {"a": 1}, "a": [{"b": 1}, {"b": [2, "x", null]}], "": {}})",
                           "[[[],[{}]],\r\n\t1 , 2]"}) {
    EXPECT_EQ(parse_json<Json>(text).dump(), Json::parse(text).dump()) << text;
    EXPECT_EQ(parse_json<OrderedJson>(text).dump(), OrderedJson::parse(text).dump()) << text;
    EXPECT_EQ(parse_json<Json>(text).type(), Json::parse(text).type()) << text;
  }
}

TEST(ParseJson, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(refused(""), "0: expected a value, found the end");
  EXPECT_EQ(refused("{"), "1: expected a key in quotes, found the end");
  EXPECT_EQ(refused("[1,]"), "3: expected a value, found ']'");
  EXPECT_EQ(refused("[1 2]"), "3: expected ',' or ']', found '2'");
  EXPECT_EQ(refused("{\"a\":1,}"), "7: expected a key in quotes, found '}'");
  EXPECT_EQ(refused("{\"a\" 1}"), "5: expected ':' after a key, found '1'");
  EXPECT_EQ(refused("{\"a\":}"), "5: expected a value, found '}'");
  EXPECT_EQ(refused("{\"a\":1]"), "6: expected ',' or '}', found ']'");
  EXPECT_EQ(refused("{a: 1}"), "1: expected a key in quotes, found 'a'");
  EXPECT_EQ(refused("NaN"), "0: expected a value, found 'N'");
  EXPECT_EQ(refused("nul"), "0: expected a value, found 'n'");
  EXPECT_EQ(refused("1 x"), "2: expected the end, found 'x'");
  EXPECT_EQ(refused("{}{}"), "2: expected the end, found '{'");
  EXPECT_EQ(refused("01"), "1: expected the end, found '1'");
  EXPECT_EQ(refused("-"), "1: expected a digit, found the end");
  EXPECT_EQ(refused("1."), "2: expected a digit, found the end");
  EXPECT_EQ(refused("+1"), "0: expected a value, found '+'");
  EXPECT_EQ(refused("[1e400]"), "1: the number 1e400 is too large");
  EXPECT_EQ(refused("\x1b"), "0: expected a value, found '\\x1b'");
  EXPECT_EQ(refused(std::string_view("\0", 1)), "0: expected a value, found '\\x00'");
  EXPECT_EQ(refused("[\"a"), "1: the quote that opens here is never closed");
  EXPECT_EQ(refused("\"a\nb\""),
            "2: a control character in a text must be written as an escape, found '\\n'");
  EXPECT_EQ(refused("\"a\xff\""), "2: the byte \\xff is not UTF-8");
  EXPECT_EQ(refused("\"\\x\""), "2: expected one of \" \\ / b f n r t u after a backslash, found 'x'");
  EXPECT_EQ(refused("\"\\u12g4\""), "5: expected four hexadecimal digits after \\u, found 'g'");
  EXPECT_EQ(refused("\"\\ud800\""), "1: \\ud800 is half of a character (a lone surrogate)");
  EXPECT_EQ(json_problem({"x", 5}, "{\n\n  "), "line 3, column 3: x");
  EXPECT_EQ(json_problem({"x", 2}, "{\n"), "line 2, column 1: x");
}

TEST(ParseJson, AKeyTwiceInOneObjectIsRefused) {
  EXPECT_EQ(refused(R"({"a": 1, "b": 2, "a": 1})"), "17: names the key \"a\" twice");
  EXPECT_EQ(refused(R"([{"x": {"a\n": 1, "a\n": 2}}])"), "18: names the key \"a\\n\" twice");
  EXPECT_EQ(refused(R"({"a": 1, "\u0061": 2})"), "9: names the key \"a\" twice");
  EXPECT_EQ(refused(R"({"a": {"a": [{"a": 1}, {"a": 1}]}})"), "accepted");
}

TEST(ParseJson, DepthIsBounded) {
  const auto nested = [](size_t depth, const std::string& open, const std::string& close) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  for (const auto& [open, close] : {std::pair{"[", "]"}, std::pair{"{\"a\":", "}"}}) {
    EXPECT_EQ(parse_json<Json>(nested(100, open, close)), Json::parse(nested(100, open, close)));
    EXPECT_THAT(refused(nested(101, open, close)), ::testing::HasSubstr("nests deeper than 100 levels"));
    EXPECT_THAT(refused(nested(1'000'000, open, close)),
                ::testing::HasSubstr("nests deeper than 100 levels"));
  }
  EXPECT_EQ(refused("[[1]]", {.max_depth = 1}), "1: nests deeper than 1 levels");
}

/// Quadratic, these would take minutes.
TEST(ParseJson, IsLinear) {
  std::string object = "{\"k\":0";
  for (int i = 0; i < 200'000; ++i) object += str(",\"k", i, "\":[", i, "]");
  object += "}";
  EXPECT_EQ(parse_json<OrderedJson>(object).size(), 200'001U);
  EXPECT_EQ(parse_json<Json>(object).size(), 200'001U);
  EXPECT_EQ(parse_json<Json>("[" + std::string(1'000'000, ' ') + "]").size(), 0U);
}

}  // namespace
}  // namespace mtnlp
