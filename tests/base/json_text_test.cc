#include "base/json_text.h"

#include "base/json.h"
#include "base/random.h"
#include "testing.h"

namespace mtnlp {
namespace {

TEST(JsonMembers, AreCutOutAsTheyStand) {
  const std::string object = R"( {"a" : 1.50 , "b":[1,{"x":"}],"}], "c\n\"":"y\\", "d":{},"e":-1E+400} )";
  const std::vector<JsonMember> members = json_members(object);
  ASSERT_EQ(members.size(), 5U);
  EXPECT_EQ(members[0].key, "a");
  EXPECT_EQ(members[0].text, R"("a" : 1.50)");
  EXPECT_EQ(members[0].value, "1.50");
  EXPECT_EQ(members[1].value, R"([1,{"x":"}],"}])");
  EXPECT_EQ(members[2].key, "c\n\"");
  EXPECT_EQ(members[2].value, R"("y\\")");
  EXPECT_EQ(members[3].value, "{}");
  EXPECT_EQ(members[4].value, "-1E+400");
}

TEST(JsonMembers, NoneInAnEmptyObject) {
  EXPECT_TRUE(json_members("{}").empty());
  EXPECT_TRUE(json_members(" { } ").empty());
  EXPECT_TRUE(json_members("").empty());
  EXPECT_EQ(json_members("\xef\xbb\xbf{\"a\":1}").size(), 1U);
}

/// A random value, with brackets, quotes, escapes and commas wherever they may stand.
OrderedJson random_value(KeyedRandom& random, int depth) {
  constexpr const char* kTexts[] = {"", "a,b", "}{", "][", "\"", "\\", "\\\"", "\n\t", "ü☃", "😀", ":"};
  const auto text = [&] { return std::string(kTexts[random.below(std::size(kTexts))]); };
  switch (random.below(depth > 3 ? 4 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return random.below(2) == 0;
    case 2:
      return static_cast<double>(random.below(1000)) / 8;
    case 3:
      return text() + text();
    case 4: {
      OrderedJson list = OrderedJson::array();
      for (uint64_t i = random.below(4); i > 0; --i) list.push_back(random_value(random, depth + 1));
      return list;
    }
    default: {
      OrderedJson object = OrderedJson::object();
      for (uint64_t i = random.below(4); i > 0; --i) object[text()] = random_value(random, depth + 1);
      return object;
    }
  }
}

TEST(JsonMembers, AreThoseThatAParserFinds) {
  KeyedRandom random(11);
  for (int draw = 0; draw < 500; ++draw) {
    OrderedJson object = OrderedJson::object();
    for (uint64_t i = random.below(5); i > 0; --i)
      object["k" + random_value(random, 9).dump()] = random_value(random, 0);
    const std::string text = object.dump(random.below(2) == 0 ? -1 : 1, ' ', random.below(2) == 0);
    const std::vector<JsonMember> members = json_members(text);
    ASSERT_EQ(members.size(), object.size()) << text;
    size_t i = 0;
    for (const auto& [key, value] : object.items()) {
      EXPECT_EQ(members[i].key, key);
      EXPECT_EQ(OrderedJson::parse(members[i].value), value) << text;
      EXPECT_EQ(OrderedJson::parse("{" + std::string(members[i].text) + "}").at(key), value);
      ++i;
    }
  }
}

TEST(JsonStrings, ComeBackEqual) {
  const std::string texts[] = {"", "plain", "\"\\/\b\f\n\r\t", "ü 😀", std::string("\0\x1f", 2)};
  for (const std::string& text : texts) {
    EXPECT_EQ(json_string_text(json_string(text)), text);
    EXPECT_EQ(json_string_text(Json(text).dump(-1, ' ', true)), text);
  }
  EXPECT_EQ(json_string("caf\xe9"), "\"caf\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace mtnlp
