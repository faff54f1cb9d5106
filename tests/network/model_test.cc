#include "network/model.h"

#include "infer/batches.h"
#include "network/fixtures.h"

namespace mtnlp {
namespace {

using testing::encoder_path;
using testing::normal;

TEST(Pooling, LeavesTheFirstTokensOut) {
  const std::vector<int64_t> lengths = {5, 2, 1, 7};
  const Layout layout = make_layout(lengths);
  const torch::Tensor hidden = normal({layout.tokens(), 6}, 3).to(torch::kFloat32);
  for (const size_t unpooled : {size_t{0}, size_t{1}, size_t{2}, size_t{4}})
    for (const PoolingMode pooling : {PoolingMode::kMean, PoolingMode::kCls, PoolingMode::kMax}) {
      Model model;
      model.pooling = pooling;
      model.unpooled = unpooled;
      const torch::Tensor found = model.pool(hidden, layout);
      ASSERT_EQ(found.size(0), layout.batch());
      for (int64_t b = 0; b < layout.batch(); ++b) {
        const int64_t end = layout.offsets[static_cast<size_t>(b) + 1];
        const int64_t left = std::max<int64_t>(1, layout.length(b) - static_cast<int64_t>(unpooled));
        const torch::Tensor rest = hidden.slice(0, end - left, end);
        const torch::Tensor expected = pooling == PoolingMode::kMean  ? rest.mean(0)
                                       : pooling == PoolingMode::kCls ? rest[0]
                                                                      : std::get<0>(rest.max(0));
        EXPECT_LT((found[b] - expected).abs().max().item<float>(), 1e-6) << unpooled << " " << b;
      }
    }
}

TEST(Pooling, GradientsGoToTheTokensThatAreLeft) {
  Model model;
  model.unpooled = 1;
  const torch::Tensor hidden = torch::ones({5, 2}, torch::requires_grad());
  model.pool(hidden, make_layout(std::vector<int64_t>{3, 2})).sum().backward();
  EXPECT_TRUE(torch::equal(hidden.grad().select(1, 0), torch::tensor({0.0f, 0.5f, 0.5f, 0.0f, 1.0f})));
}

TEST(UseTokenizer, CountsThePromptsTokensThatAreNotPooled) {
  Prompts prompts;
  prompts.texts["query"] = "the good";
  Model model;
  model.use_tokenizer(encoder_path("tiny-distilbert"), prompts, false);
  EXPECT_EQ(model.unpooled, 0u);
  prompts.default_name = "query";
  model.use_tokenizer(encoder_path("tiny-distilbert"), prompts, true);
  EXPECT_EQ(model.unpooled, 0u);
  EXPECT_EQ(model.tokenizer->prompt(), "the good");
  model.use_tokenizer(encoder_path("tiny-distilbert"), prompts, false);
  EXPECT_EQ(model.unpooled, 1 + model.tokenizer->prompt_pieces());
}

TEST(FirstNotFinite, IsTheRow) {
  const torch::Tensor values = torch::zeros({4, 3});
  EXPECT_EQ(first_not_finite(values), -1);
  EXPECT_EQ(first_not_finite(torch::empty({0, 3})), -1);
  EXPECT_EQ(first_not_finite(torch::full({2, 3}, 3e38f)), -1);  // though the sum is not
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    torch::Tensor one = values.clone();
    one[2][1] = bad;
    EXPECT_EQ(first_not_finite(one), 2);
    one[1][0] = -bad;
    EXPECT_EQ(first_not_finite(one), 1);
  }
}

}  // namespace
}  // namespace mtnlp
