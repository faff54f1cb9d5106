#include "train/validator.h"

#include <numeric>

#include "train/training_golden.h"

namespace mtnlp {
namespace {

using testing::TrainingGolden;

class ValidatorTest : public ::testing::Test {
 protected:
  ValidatorTest() { std::iota(rows_.begin(), rows_.end(), 10); }

  Validator validator(bool frozen, size_t cache_bytes) const {
    return {model_,
            golden_.rows,
            rows_,
            {.threads = 2, .quiet = true, .frozen = frozen, .cache_bytes = cache_bytes}};
  }
  std::string figures(const AllMetrics& metrics) const {
    return metrics_json(model_.settings.tasks, metrics).dump();
  }
  /// Changes the weights below the heads, or those of the heads.
  void change(bool heads) const {
    const torch::NoGradGuard no_grad;
    for (const Parameter& parameter : model_.network->tensors())
      if (parameter.tensor.dim() > 1 && (parameter.stage.kind == Stage::Kind::kHead) == heads)
        parameter.tensor.mul_(-1.5);
  }

  const TrainingGolden golden_{"tiny-bert"};
  Model model_ = golden_.model();
  std::vector<uint32_t> rows_ = std::vector<uint32_t>(60);
  const size_t enough_ = rows_.size() * static_cast<size_t>(model_.settings.config.dim) * sizeof(float);
};

TEST_F(ValidatorTest, KeptEmbeddingsGiveTheSameFigures) {
  model_.network->encoder->set_dropout(0.5);  // has no part in a validation
  Validator plain = validator(false, enough_), kept = validator(true, enough_);
  const std::string expected = figures(evaluate(*make_engine(model_, 1), Heads(head_weights(*model_.network)),
                                                model_.settings.tasks, golden_.rows, rows_));
  for (int epoch = 0; epoch < 2; ++epoch) {
    EXPECT_EQ(figures(plain()), expected);
    EXPECT_EQ(figures(kept()), expected);
  }
}

TEST_F(ValidatorTest, TheHeadsAreThoseOfNow) {
  Validator plain = validator(false, enough_), kept = validator(true, enough_);
  const std::string before = figures(kept());
  change(/*heads=*/true);
  const std::string after = figures(plain());
  EXPECT_NE(after, before);
  EXPECT_EQ(figures(kept()), after);
}

TEST_F(ValidatorTest, EmbeddingsAreKeptWhereTheEncoderIsFrozenAndTheyFit) {
  Validator plain = validator(false, enough_), kept = validator(true, enough_),
            too_small = validator(true, enough_ - 1);
  const std::string before = figures(kept());
  EXPECT_EQ(figures(plain()), before);
  EXPECT_EQ(figures(too_small()), before);
  change(/*heads=*/false);  // which nobody does to a frozen encoder
  EXPECT_EQ(figures(kept()), before);
  const std::string after = figures(plain());
  EXPECT_NE(after, before);
  EXPECT_EQ(figures(too_small()), after);
}

}  // namespace
}  // namespace mtnlp
