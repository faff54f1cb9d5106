#include "run/freeze_spec.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;

TEST(ParseFreeze, EveryForm) {
  for (const char* nothing : {"none", ""}) {
    const FreezeSpec spec = parse_freeze(nothing);
    EXPECT_FALSE(spec.backbone || spec.all_heads || spec.embeddings || spec.layers > 0 ||
                 !spec.heads.empty());
  }
  EXPECT_TRUE(parse_freeze("backbone").backbone);
  EXPECT_FALSE(parse_freeze("backbone").all_heads);
  EXPECT_TRUE(parse_freeze("all").backbone && parse_freeze("all").all_heads);
  EXPECT_TRUE(parse_freeze("embeddings").embeddings);
  EXPECT_EQ(parse_freeze("layers:3").layers, 3);
  EXPECT_TRUE(parse_freeze("layers:3").embeddings);
  EXPECT_THAT(parse_freeze("head:a,head:b:c").heads, ::testing::ElementsAre("a", "b:c"));
  const FreezeSpec several = parse_freeze("embeddings,layers:12,head:topic");
  EXPECT_TRUE(several.embeddings && !several.backbone);
  EXPECT_EQ(several.layers, 12);
  EXPECT_THAT(several.heads, ::testing::ElementsAre("topic"));
}

TEST(ParseFreeze, OthersAreRefusedByName) {
  expect_error([] { parse_freeze("bacbone"); }, {"freeze", "\"bacbone\"", "backbone", "layers:K"});
  for (const char* layers : {"layers:", "layers:0", "layers:-1", "layers:2x", "layers:99999999999999999999"})
    expect_error([&] { parse_freeze(layers); }, {"freeze", layers, "is not a number of layers"});
  expect_error([] { parse_freeze("embeddings,head:"); }, {"\"head:\""});
  expect_error([] { parse_freeze("embeddings,,backbone"); }, {"\"\""});
}

}  // namespace
}  // namespace mtnlp
