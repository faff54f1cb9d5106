#include "text/trie.h"

#include <map>
#include <string>

#include "base/random.h"
#include "testing.h"

namespace mtnlp {
namespace {

int32_t value_of(const ByteTrie& trie, std::string_view key) {
  ByteTrie::Step step{ByteTrie::kRoot, ByteTrie::kNoValue};
  for (const char c : key) step = trie.step(step.node, c);
  return step.value;
}

TEST(ByteTrie, EmptyLeadsNowhere) {
  const ByteTrie trie;
  EXPECT_EQ(trie.step(ByteTrie::kRoot, 'a').node, ByteTrie::kNowhere);
  EXPECT_EQ(trie.find("a"), ByteTrie::kNowhere);
  EXPECT_EQ(trie.find(""), ByteTrie::kRoot);
}

TEST(ByteTrie, FindsPrefixesAndValues) {
  ByteTrie trie;
  trie.insert("a", 0);
  trie.insert("abc", 7);
  trie.insert("abc", 8);
  trie.insert(std::string_view("\0\xFF", 2), 9);
  EXPECT_EQ(value_of(trie, "a"), 0);
  EXPECT_EQ(value_of(trie, "ab"), ByteTrie::kNoValue);
  EXPECT_EQ(value_of(trie, "abc"), 8);
  EXPECT_EQ(value_of(trie, "abcd"), ByteTrie::kNoValue);
  EXPECT_EQ(value_of(trie, std::string_view("\0\xFF", 2)), 9);
  EXPECT_NE(trie.find("ab"), ByteTrie::kNowhere);
  EXPECT_EQ(trie.find("b"), ByteTrie::kNowhere);
  EXPECT_EQ(trie.step(ByteTrie::kNowhere, '\0').node, ByteTrie::kNowhere);
}

TEST(ByteTrie, AgreesWithAMapOnManyKeys) {
  ByteTrie trie;
  std::map<std::string, int32_t> map;
  KeyedRandom random(hash_key(1));
  const auto key = [&] {
    std::string text;
    for (uint64_t length = 1 + random.below(6); length > 0; --length)
      text += static_cast<char>(random.below(5) == 0 ? random.below(256) : 'a' + random.below(4));
    return text;
  };
  for (int32_t i = 0; i < 20000; ++i) {
    const std::string text = key();
    trie.insert(text, i);
    map[text] = i;
  }
  for (const auto& [text, value] : map) ASSERT_EQ(value_of(trie, text), value);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = key();
    ASSERT_EQ(value_of(trie, text), map.contains(text) ? map[text] : ByteTrie::kNoValue);
  }
}

}  // namespace
}  // namespace mtnlp
