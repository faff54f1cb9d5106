#include "text/charsmap.h"

#include <cstring>

#include "golden.h"
#include "text/sentencepiece.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

Charsmap golden_charsmap(const std::string& name) {
  const TempFolder folder;
  const auto file = folder.write("model", testing::read_golden(name));
  return read_sentencepiece_model(file).charsmap.value();
}

std::string normalized(const Charsmap& map, std::string_view text) {
  std::string out;
  map.append_normalized(text, out);
  return out;
}

TEST(Charsmap, RulesOfXlmR) {
  const Charsmap map = golden_charsmap("xlmr/sentencepiece.bpe.model");
  EXPECT_EQ(normalized(map, "\uFF28\uFF49 \u2460 \uFB01ne\tx"), "Hi 1 fine x");
  EXPECT_EQ(normalized(map, "e\u0301"), "\u00E9");
  EXPECT_EQ(normalized(map, ""), "");
}

// Rules of make_tokenizer_goldens.py: a -> U+00E0, ab -> X, U+00A9 -> (c), q -> nothing.
TEST(Charsmap, ShortClustersAreReplacedWhole) {
  const Charsmap map = golden_charsmap("albert-rules/spiece.model");
  EXPECT_EQ(normalized(map, "ab"), "\u00E0b");        // the shortest rule
  EXPECT_EQ(normalized(map, "a\u0301z"), "\u00E0z");  // the mark goes with its letter
  EXPECT_EQ(normalized(map, "a\u0301\u0301\u0301"), "\u00E0\u0301\u0301\u0301");  // 7 bytes: by character
  EXPECT_EQ(normalized(map, "q\u00A9q"), "(c)");
}

TEST(Charsmap, SweepEqualsTheReference) {
  for (const auto& [name, file] :
       {std::pair{"xlmr", "sentencepiece.bpe.model"}, std::pair{"albert-rules", "spiece.model"}}) {
    const Charsmap map = golden_charsmap(std::string(name) + "/" + file);
    testing::expect_sweep(std::string("charsmap: ") + name,
                          [&](std::string_view text, std::string& out) { map.append_normalized(text, out); });
  }
}

std::string blob(const std::vector<uint32_t>& units, const std::string& strings) {
  const auto size = static_cast<uint32_t>(units.size() * sizeof(uint32_t));
  std::string bytes(sizeof size + size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  std::memcpy(bytes.data() + sizeof size, units.data(), size);
  return bytes + strings;
}

TEST(Charsmap, MalformedIsRefused) {
  for (const std::string& bad : {std::string(), std::string("\1\0\0", 3), std::string("\0\0\0\0", 4),
                                 std::string("\5\0\0\0abcde", 9), std::string("\xFF\xFF\xFF\xFF", 4)})
    expect_error([&] { Charsmap(bad, "some.model"); }, {"some.model", "charsmap"});
  expect_error([&] { Charsmap(blob({0}, std::string("\xFF\0", 2)), "some.model"); }, {"some.model", "UTF-8"});
  expect_error([&] { Charsmap(blob({0}, "x"), "some.model"); }, {"some.model", "charsmap is cut off"});
}

/// A double array of Darts-clone, 256 units long.
class Trie {
 public:
  /// Gives the node `at` its children at `children` ^ byte (a multiple of 256 or below it), and its own byte.
  void node(uint32_t at, char byte, uint32_t children, bool leaf = false) {
    units_.at(at) = (at ^ children) << 10 | uint32_t{leaf} << 8 | static_cast<unsigned char>(byte);
  }
  void value(uint32_t children, uint32_t text) { units_.at(children) = text | 1u << 31; }
  std::string blob(const std::string& strings) const { return mtnlp::blob(units_, strings); }

 private:
  std::vector<uint32_t> units_ = std::vector<uint32_t>(256, 0xFFu << 24);  // nobody's child
};

TEST(Charsmap, ATrieByHand) {
  Trie trie;
  trie.node(0, 0, 128);
  trie.node(128 ^ 'a', 'a', 4, true);
  trie.value(4, 2);
  EXPECT_EQ(normalized(Charsmap(trie.blob(std::string("x\0\u00E9y\0", 6)), "some.model"), "cab"),
            "c\u00E9yb");
}

TEST(Charsmap, ATrieThatWouldLeadOutOfItIsRefused) {
  const std::string strings("x\0\u00E9\0", 5);
  const auto expect_refused = [&](const Trie& trie, const char* fault) {
    expect_error([&] { Charsmap(trie.blob(strings), "some.model"); }, {"some.model", fault});
  };
  expect_error([] { Charsmap(blob({0}, std::string("x\0", 2)), "some.model"); },
               {"some.model", "out of its trie"});
  Trie far;
  far.node(0, 0, 128);
  far.node(128 ^ 'a', 'a', 256);
  expect_refused(far, "out of its trie");
  Trie circle;
  circle.node(0, 0, 128);
  circle.node(128 ^ 'a', 'a', 128);
  expect_refused(circle, "in a circle");
  for (const uint32_t text : {3u, 5u}) {  // within a character, behind the end
    Trie leaf;
    leaf.node(0, 0, 128);
    leaf.node(128 ^ 'a', 'a', 4, true);
    leaf.value(4, text);
    expect_refused(leaf, "without a text");
  }
}

TEST(Charsmap, RulesThatBeginWithOneAnotherAreCounted) {
  const auto nested = [](uint32_t count) {
    Trie trie;
    trie.node(0, 0, 1);  // the node of n times "a" is at 'a' ^ n + 1
    for (uint32_t n = 1; n <= count; ++n) {
      trie.node(('a' ^ n), 'a', n + 1, true);
      trie.value(n + 1, 0);
    }
    return trie.blob(std::string("x\0", 2));
  };
  EXPECT_NO_THROW(Charsmap(nested(32), "some.model"));
  expect_error([&] { Charsmap(nested(33), "some.model"); }, {"some.model", "32 rules"});
}

}  // namespace
}  // namespace mtnlp
