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
  return Charsmap(read_sentencepiece_model(file).charsmap, "model");
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

TEST(Charsmap, LinksOutOfTheTrieMatchNothing) {
  const Charsmap map(blob({0xFFFFFF00u, 0xFFFFFFFFu}, std::string("x\0", 2)), "some.model");
  EXPECT_EQ(normalized(map, "abc \u00E9"), "abc \u00E9");
}

}  // namespace
}  // namespace mtnlp
