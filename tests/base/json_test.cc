#include "mtnlp/base/json.h"

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
               {"a.json: is no valid JSON", "line 3"});
  expect_error([&] { read_json(folder.write("a.json", "")); }, {"a.json: is no valid JSON"});
  expect_error([&] { read_json(folder.write("a.json", "[1]")); }, {"a.json: holds no JSON object"});
  expect_error([&] { read_json(folder.write("a.json", "{\"\xff\": 1}")); }, {"a.json: is no valid JSON"});
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

TEST(UniqueKeys, AKeyTwiceIsTold) {
  const auto parse = [](std::string_view text) {
    return parse_unique_keys<OrderedJson>(
        text, [](const std::string& key) { fail_input("twice: ", in_quotes(key)); });
  };
  EXPECT_EQ(parse(R"({"b": {"a": 1}, "a": [{"b": 1}, {"b": 2}]})").dump(),
            R"({"b":{"a":1},"a":[{"b":1},{"b":2}]})");
  expect_error([&] { parse(R"({"a": 1, "b": 2, "a": 1})"); }, {"twice: \"a\""});
  expect_error([&] { parse(R"([{"x": {"a\n": 1, "a\n": 2}}])"); }, {"twice: \"a\\n\""});
  EXPECT_THROW(parse("{"), OrderedJson::exception);
}

}  // namespace
}  // namespace mtnlp
