#include "data/epoch_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "random_dataset.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::add_row;
using ::testing::ElementsAre;
using testing::empty_dataset;
using testing::expect_error;
using testing::kNoClass;
using testing::random_dataset;

/// Three sources of uneven size, every fifth row not in training.
struct EpochPlanTest : ::testing::Test {
  EpochPlanTest() : dataset(random_dataset({3, 2}, 1000, 1, 11)) {
    dataset.sources.resize(3, dataset.sources[0]);
    for (DatasetRow& row : dataset.rows) row.source = row.row < 600 ? 0 : row.row < 900 ? 1 : 2;
    for (size_t id = 0; id < dataset.rows.size(); ++id)
      parts.push_back(id % 5 == 0 ? kParts[1 + id % 2] : Part::kTrain);
  }
  std::vector<uint32_t> order(uint64_t seed, uint64_t epoch) const {
    std::vector<uint32_t> rows;
    for (const Step& step : plan_epoch(dataset, parts, {.batch_size = 7, .seed = seed}, epoch))
      for (const auto& batch : step.micro_batches) rows.insert(rows.end(), batch.begin(), batch.end());
    return rows;
  }
  Dataset dataset;
  std::vector<Part> parts;
};

TEST_F(EpochPlanTest, EveryTrainingRowExactlyOnceAndStepsOfOneSource) {
  for (const size_t accumulation : {1, 3}) {
    const PlanOptions options{.batch_size = 7, .grad_accumulation = accumulation, .seed = 3};
    const auto steps = plan_epoch(dataset, parts, options, 0);
    EXPECT_EQ(steps.size(), steps_per_epoch(dataset, parts, options));
    std::multiset<uint32_t> seen;
    std::vector<size_t> short_steps(3);
    for (const Step& step : steps) {
      size_t rows = 0;
      for (size_t i = 0; i < step.micro_batches.size(); ++i) {
        const auto& batch = step.micro_batches[i];
        EXPECT_FALSE(batch.empty());
        EXPECT_TRUE(batch.size() == 7 || i + 1 == step.micro_batches.size());
        rows += batch.size();
        for (const uint32_t id : batch) {
          EXPECT_EQ(dataset.rows[id].source, step.source);
          seen.insert(id);
        }
      }
      EXPECT_LE(rows, 7 * accumulation);
      short_steps[step.source] += rows < 7 * accumulation;
    }
    EXPECT_THAT(short_steps, ::testing::Each(::testing::Le(1u)));
    std::multiset<uint32_t> expected;
    for (uint32_t id = 0; id < parts.size(); ++id)
      if (parts[id] == Part::kTrain) expected.insert(id);
    EXPECT_EQ(seen, expected);
  }
}

TEST_F(EpochPlanTest, IsAPureFunctionOfSeedAndEpoch) {
  EXPECT_EQ(order(1, 4), order(1, 4));
  EXPECT_NE(order(1, 4), order(1, 5));
  EXPECT_NE(order(1, 4), order(2, 4));
}

TEST_F(EpochPlanTest, PlanIsPinned) {
  // A changed order would break the resume of older runs and every recorded figure.
  Dataset small = empty_dataset({2});
  for (int i = 0; i < 10; ++i) add_row(small, std::to_string(i), {i % 2});
  std::vector<std::vector<uint32_t>> batches;
  for (const Step& step :
       plan_epoch(small, std::vector<Part>(10, Part::kTrain), {.batch_size = 4, .seed = 42}, 1))
    batches.push_back(step.micro_batches[0]);
  EXPECT_THAT(batches, ElementsAre(ElementsAre(6, 0, 7, 9), ElementsAre(4, 8, 3, 5), ElementsAre(1, 2)));
}

TEST_F(EpochPlanTest, SourcesAreInterleavedInProportionToTheirSize) {
  // Over many epochs, the mean place of each source's steps is the middle, and each quarter of an epoch holds
  // a quarter of each source's steps.
  std::vector<double> place(3), first_quarter(3), count(3);
  for (uint64_t epoch = 0; epoch < 60; ++epoch) {
    const auto steps = plan_epoch(dataset, parts, {.batch_size = 7, .seed = 9}, epoch);
    for (size_t i = 0; i < steps.size(); ++i) {
      const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(steps.size());
      place[steps[i].source] += at;
      first_quarter[steps[i].source] += at < 0.25;
      ++count[steps[i].source];
    }
  }
  EXPECT_GT(count[0], 1.9 * count[1]);
  for (size_t source = 0; source < 3; ++source) {
    EXPECT_NEAR(place[source] / count[source], 0.5, 0.03) << source;
    EXPECT_NEAR(first_quarter[source] / count[source], 0.25, 0.05) << source;
  }
}

TEST_F(EpochPlanTest, EpochsShuffleRowsUniformly) {
  // Row 1 is a training row of source 0; its place among the 480 rows of its source is uniform over epochs.
  double sum = 0;
  int early = 0;
  const int epochs = 400;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const auto steps =
        plan_epoch(dataset, parts, {.batch_size = 480, .seed = 5}, static_cast<uint64_t>(epoch));
    for (const Step& step : steps) {
      const auto& batch = step.micro_batches[0];
      const auto found = std::find(batch.begin(), batch.end(), 1u);
      if (found == batch.end()) continue;
      const double place = static_cast<double>(found - batch.begin()) / 480;
      sum += place;
      early += place < 0.1;
    }
  }
  EXPECT_NEAR(sum / epochs, 0.5, 0.05);
  EXPECT_NEAR(early, epochs / 10, 24);
}

TEST_F(EpochPlanTest, DenominatorsCountLabelsOverAllMicroBatches) {
  const auto steps = plan_epoch(dataset, parts, {.batch_size = 4, .grad_accumulation = 3}, 0);
  for (const Step& step : steps) {
    std::vector<double> expected(2);
    for (const auto& batch : step.micro_batches)
      for (const uint32_t id : batch)
        for (size_t task = 0; task < 2; ++task) expected[task] += !dataset.rows[id].targets[task].is_none();
    EXPECT_EQ(step.denominators, expected);
  }
}

TEST_F(EpochPlanTest, DenominatorsSumTheWeightsOfRows) {
  const std::vector<std::vector<double>> weights{{0.5, 2, 8}, {1, 16}};
  const auto weight = [&](size_t task, Target target) {
    return weights[task][static_cast<size_t>(target.value())];
  };
  for (const Step& step : plan_epoch(dataset, parts, {.batch_size = 16}, 2, weight)) {
    std::vector<double> expected(2);
    for (const uint32_t id : step.micro_batches[0])
      for (size_t task = 0; task < 2; ++task)
        if (const Target target = dataset.rows[id].targets[task]; !target.is_none())
          expected[task] += weight(task, target);
    EXPECT_EQ(step.denominators, expected);
  }
}

TEST_F(EpochPlanTest, AStepWithoutLabelsOfATaskHasDenominatorZero) {
  Dataset small = empty_dataset({2, 2});
  for (int i = 0; i < 6; ++i) add_row(small, std::to_string(i), {i % 2, kNoClass});
  for (const Step& step : plan_epoch(small, std::vector<Part>(6, Part::kTrain), {.batch_size = 4}, 0))
    EXPECT_EQ(step.denominators[1], 0);
}

TEST_F(EpochPlanTest, SizesMustBePositive) {
  expect_error([&] { plan_epoch(dataset, parts, {.batch_size = 0}, 0); }, {"batch size", "0"});
  expect_error([&] { steps_per_epoch(dataset, parts, {.grad_accumulation = 0}); }, {"accumulation", "0"});
}

TEST_F(EpochPlanTest, ASourceGoesOnWhereTheEpochBeforeEnded) {
  // 480, 240 and 80 training rows in steps of 7: equal shares take 39 steps of each.
  const PlanOptions options{.batch_size = 7, .seed = 3, .mixing = parse_mixing("equal")};
  constexpr uint64_t kEpochs = 9;
  std::vector<std::vector<uint32_t>> rows(3);
  std::vector<size_t> steps_of(3);
  for (uint64_t epoch = 0; epoch < kEpochs; ++epoch) {
    std::vector<std::vector<uint32_t>> of_epoch(3);
    const auto steps = plan_epoch(dataset, parts, options, epoch);
    EXPECT_EQ(steps.size(), steps_per_epoch(dataset, parts, options));
    for (const Step& step : steps) {
      ++steps_of[step.source];
      for (const uint32_t id : step.micro_batches.at(0)) rows[step.source].push_back(id);
    }
  }
  const size_t all = 69 + 35 + 12;
  EXPECT_EQ(steps_of[0] + steps_of[1] + steps_of[2], all * kEpochs);
  for (size_t source = 0; source < 3; ++source) {
    EXPECT_NEAR(static_cast<double>(steps_of[source]), all * kEpochs / 3.0, kEpochs) << source;
    std::map<uint32_t, size_t> times;
    for (const uint32_t id : rows[source]) ++times[id];
    const auto [least, most] =
        std::ranges::minmax_element(times, {}, [](const auto& row) { return row.second; });
    EXPECT_LE(most->second - least->second, 1U) << source;  // no row passes twice before all have passed once
    EXPECT_GT(least->second, 0U);
  }
}

TEST_F(EpochPlanTest, StepsPerEpochCutAPassAndSequentialKeepsTheOrderOfTheFiles) {
  PlanOptions options{.batch_size = 7, .seed = 3, .mixing = parse_mixing("sequential")};
  std::vector<uint32_t> sources;
  for (const Step& step : plan_epoch(dataset, parts, options, 1)) sources.push_back(step.source);
  EXPECT_EQ(sources.size(), 69U + 35U + 12U);
  EXPECT_TRUE(std::ranges::is_sorted(sources));
  options = {.batch_size = 7, .seed = 3, .steps = 20};
  std::set<uint32_t> seen;
  for (uint64_t epoch = 0; epoch < 4; ++epoch) {
    const auto steps = plan_epoch(dataset, parts, options, epoch);
    EXPECT_EQ(steps.size(), 20U);
    for (const Step& step : steps)
      for (const uint32_t id : step.micro_batches[0]) EXPECT_TRUE(seen.insert(id).second) << id;
  }
}

}  // namespace
}  // namespace mtnlp
