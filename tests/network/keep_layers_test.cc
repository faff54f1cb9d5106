#include "network/keep_layers.h"

#include "network/fixtures.h"

namespace mtnlp {
namespace {

using testing::batch_of;
using testing::expect_error;
using testing::Golden;
using testing::load_tiny;
using Layers = std::vector<int64_t>;

TEST(KeepLayersTest, ParsesACountOrAList) {
  EXPECT_EQ(parse_keep_layers("3", 6), (Layers{0, 2, 4}));
  EXPECT_EQ(parse_keep_layers("6", 12), (Layers{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(parse_keep_layers("4", 6), (Layers{0, 1, 3, 4}));
  EXPECT_EQ(parse_keep_layers("6", 6), (Layers{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(parse_keep_layers("0,1,5", 6), (Layers{0, 1, 5}));
  for (const char* text : {"", "0", "7", "-1", "x", "1,", ",1", "2,1", "1,1", "0,6", "1.5", "0,,2"})
    expect_error([&] { parse_keep_layers(text, 6); }, {"keep_layers", "1 to 6"});
}

TEST(KeepLayersTest, RunsTheLayersThatAreLeft) {
  const torch::NoGradGuard no_grad;
  for (const std::string name : testing::kTinyEncoders) {
    SCOPED_TRACE(name);
    Encoder whole = load_tiny(name);
    const int64_t last = whole->config().layers - 1;
    Encoder top = keep_layers(*whole, {last});
    EXPECT_EQ(top->config().layers, 1);
    const Batch batch = batch_of(Golden(name).sequences);
    const torch::Tensor expected =
        whole->layers(whole->embed(batch.ids, batch.layout), batch.layout, last, last + 1);
    EXPECT_TRUE(torch::equal(top->forward(batch), expected));
  }
}

TEST(KeepLayersTest, IsACopy) {
  const torch::NoGradGuard no_grad;
  Encoder whole = load_tiny("tiny-bert"), kept = keep_layers(*whole, {0});
  const torch::Tensor before = whole->word_embeddings.clone();
  kept->word_embeddings.zero_();
  EXPECT_TRUE(torch::equal(whole->word_embeddings, before));
}

}  // namespace
}  // namespace mtnlp
