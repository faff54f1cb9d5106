#include "train/frozen_stages.h"

#include <algorithm>

#include "train/freeze.h"
#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::max_difference;
using testing::TrainingGolden;

/// With 2 layers: the embeddings, one layer, the whole backbone are frozen.
class FrozenStagesTest : public ::testing::TestWithParam<int64_t> {
 protected:
  torch::Tensor alone(uint32_t row) const {
    const torch::NoGradGuard no_grad;
    const Batch batch = make_batch(golden_.rows.sequences(std::vector<uint32_t>{row}));
    Network network = model_.network;
    Encoder encoder = network->encoder;
    const torch::Tensor hidden =
        encoder->layers(encoder->embed(batch.ids, batch.layout), batch.layout, 0, GetParam() - 1);
    return GetParam() == 1 + encoder->config().layers ? network->pooling->forward(hidden, batch.layout)
                                                      : hidden;
  }
  torch::Tensor alone(const std::vector<uint32_t>& rows) const {
    std::vector<torch::Tensor> parts;
    for (const uint32_t row : rows) parts.push_back(alone(row));
    return torch::cat(parts);
  }

  TrainingGolden golden_{"tiny-bert"};
  Model model_ = golden_.model();
};

INSTANTIATE_TEST_SUITE_P(Stages, FrozenStagesTest, ::testing::Values(1, 2, 3));

TEST_P(FrozenStagesTest, GivesEachRowItsOwnResultWhateverIsKept) {
  ASSERT_EQ(model_.network->encoder->config().layers, 2);
  const std::vector<uint32_t> training = {3, 50, 4, 90, 17, 0}, asked = {17, 3, 3, 8, 90};
  const torch::Tensor expected = alone(asked);
  size_t least = training.size(), most = 0;
  for (const size_t bytes : {size_t{0}, size_t{1500}, size_t{4000}, size_t{1} << 20}) {
    const FrozenStages frozen(*model_.network, golden_.rows, GetParam(), training,
                              {.cache_bytes = bytes, .threads = 2});
    const torch::Tensor found = frozen(asked);
    EXPECT_FALSE(found.requires_grad());
    EXPECT_LE(max_difference(found, expected), 1e-5) << bytes;
    least = std::min(least, frozen.cached_rows());
    most = std::max(most, frozen.cached_rows());
  }
  EXPECT_EQ(least, 0U);
  EXPECT_EQ(most, GetParam() == 1 ? 0 : training.size());
}

TEST_P(FrozenStagesTest, KeepsWhatFitsAndNoMore) {
  const std::vector<uint32_t> training = {0, 1, 2, 3};
  const auto row_bytes = [&](uint32_t row) { return alone(row).nbytes(); };
  const size_t two = row_bytes(0) + row_bytes(1);
  const auto cached = [&](size_t bytes) {
    return FrozenStages(*model_.network, golden_.rows, GetParam(), training,
                        {.cache_bytes = bytes, .threads = 2})
        .cached_rows();
  };
  if (GetParam() == 1) {  // a look-up is as cheap as the cache
    EXPECT_EQ(cached(size_t{1} << 20), 0U);
    return;
  }
  const FrozenStages three(*model_.network, golden_.rows, GetParam(), training,
                           {.cache_bytes = two + 3, .threads = 2});
  EXPECT_EQ(three.free_bytes(), 3U);
  EXPECT_EQ(cached(two), 2U);
  EXPECT_EQ(cached(two - 1), 1U);
}

TEST_P(FrozenStagesTest, RunsShareWhatTheSameLayersGiveForTheSameRows) {
  if (GetParam() == 1) return;  // nothing is kept
  const testing::TempFolder folder;
  const std::vector<uint32_t> training = {3, 50, 4, 90, 17, 0};
  const auto files = [&] {
    return std::count_if(fs::directory_iterator(folder.path()), {},
                         [](const auto& entry) { return entry.path().extension() == ".safetensors"; });
  };
  const auto frozen = [&](const std::vector<uint32_t>& rows) {
    return FrozenStages(*model_.network, golden_.rows, GetParam(), rows,
                        {.cache_bytes = size_t{1} << 20, .threads = 2, .shared = folder.path()})(rows);
  };
  apply_freeze(parse_freeze("backbone"), model_);
  const torch::Tensor first = frozen(training), again = frozen(training);
  EXPECT_EQ(files(), 1);
  EXPECT_TRUE(torch::equal(first, again));
  EXPECT_LE(max_difference(first, alone(training)), 1e-5);
  EXPECT_LE(max_difference(frozen({50, 3}), alone({50, 3})), 1e-5);  // other rows
  EXPECT_EQ(files(), 2);
  const torch::NoGradGuard no_grad;
  model_.network->tensors()[0].tensor.add_(0.5);  // other weights
  EXPECT_LE(max_difference(frozen(training), alone(training)), 1e-5);
  EXPECT_EQ(files(), 3);
}

TEST(FrozenStages, RunsOfOtherPoolingsDoNotShare) {
  const testing::TempFolder folder;
  const TrainingGolden golden("tiny-bert");
  Model model = golden.model();
  apply_freeze(parse_freeze("backbone"), model);
  const std::vector<uint32_t> training = {3, 50, 4};
  const int64_t dim = model.network->encoder->config().dim;
  for (const size_t unpooled : {size_t{0}, size_t{2}})
    for (const PoolingMode mode : {PoolingMode::kMean, PoolingMode::kMax, PoolingMode::kCls}) {
      model.network->pooling = Pooling(mode, dim, unpooled);
      const auto outputs = [&](const fs::path& shared) {
        return FrozenStages(*model.network, golden.rows, 3, training,
                            {.cache_bytes = size_t{1} << 20, .shared = shared})(training);
      };
      EXPECT_TRUE(torch::equal(outputs(folder.path()), outputs("")))
          << pooling_name(mode) << " without " << unpooled;
    }
}

}  // namespace
}  // namespace mtnlp
