#include "data/folds.h"

#include <array>
#include <map>
#include <set>

#include "base/random.h"
#include "random_dataset.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::add_row;
using ::testing::AllOf;
using testing::class_or_none;
using ::testing::Each;
using testing::empty_dataset;
using testing::expect_error;
using ::testing::Ge;
using testing::kNoClass;
using ::testing::Le;
using testing::random_dataset;

/// Rows by fold: of one class of a task, or of the whole task when `label` is kNoClass.
std::map<size_t, double> count_in_folds(const Dataset& dataset, const std::vector<size_t>& folds, size_t task,
                                        int32_t label) {
  std::map<size_t, double> counts;
  for (size_t id = 0; id < folds.size(); ++id) {
    const int32_t own = class_or_none(dataset.rows[id].targets[task]);
    if (own != kNoClass && (label == kNoClass || own == label)) ++counts[folds[id]];
  }
  return counts;
}

TEST(FoldsTest, EveryRowIsInOneFoldAndUnitsStayWhole) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    KeyedRandom random(seed);
    const std::vector<size_t> classes = seed % 2 == 0 ? std::vector<size_t>{4} : std::vector<size_t>{3, 2};
    const size_t max_unit = 1 + random.below(6), count = 2 + random.below(9);
    const Dataset dataset = random_dataset(classes, 40 + random.below(200), max_unit, seed);
    const std::vector<size_t> folds = fold_rows(dataset, count, seed);
    EXPECT_THAT(folds, Each(AllOf(Ge(1U), Le(count))));
    std::map<std::string, size_t> of_unit;
    for (size_t id = 0; id < folds.size(); ++id)
      EXPECT_EQ(of_unit.emplace(dataset.rows[id].group, folds[id]).first->second, folds[id]);
    for (size_t task = 0; task < classes.size(); ++task) {
      const auto counts = count_in_folds(dataset, folds, task, kNoClass);
      double rows = 0;
      for (const auto& [fold, own] : counts) rows += own;
      for (size_t fold = 1; fold <= count; ++fold)
        EXPECT_NEAR(counts.contains(fold) ? counts.at(fold) : 0, rows / static_cast<double>(count),
                    static_cast<double>(max_unit) + 1);
    }
  }
}

TEST(FoldsTest, EachFoldHasItsShareOfEachClass) {
  const Dataset dataset = random_dataset({5}, 1000, 1, 1);
  for (const size_t count : {2, 5, 10}) {
    const std::vector<size_t> folds = fold_rows(dataset, count, 7);
    for (int32_t label = 0; label < 5; ++label) {
      const auto counts = count_in_folds(dataset, folds, 0, label);
      double rows = 0;
      for (const auto& [fold, own] : counts) rows += own;
      for (const auto& [fold, own] : counts)
        EXPECT_NEAR(own, rows / static_cast<double>(count), 1.01) << "fold " << fold << " of " << count;
    }
  }
}

TEST(FoldsTest, ARareClassIsNotInOneFoldAlone) {
  Dataset dataset = empty_dataset({3});
  for (int i = 0; i < 98; ++i) add_row(dataset, "text " + std::to_string(i), {i % 2});
  add_row(dataset, "rare a", {2});
  add_row(dataset, "rare b", {2});
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<size_t> folds = fold_rows(dataset, 5, seed);
    EXPECT_NE(folds[98], folds[99]) << seed;
  }
}

TEST(FoldsTest, TheSeedAloneShapesFolds) {
  const Dataset dataset = random_dataset({3}, 100, 2, 3);
  EXPECT_EQ(fold_rows(dataset, 4, 1), fold_rows(dataset, 4, 1));
  EXPECT_NE(fold_rows(dataset, 4, 1), fold_rows(dataset, 4, 2));
}

TEST(FoldsTest, TheFoldIsTheTestPartAndTheOthersAreSplit) {
  const Dataset dataset = random_dataset({4}, 300, 1, 5);
  const std::vector<size_t> folds = fold_rows(dataset, 3, 9);
  for (size_t number = 1; number <= 3; ++number) {
    const std::vector<Part> parts = parts_of_fold(dataset, {number, 3}, 9, nullptr);
    std::array<size_t, 3> counts{};
    for (size_t id = 0; id < parts.size(); ++id) {
      EXPECT_EQ(parts[id] == Part::kTest, folds[id] == number);
      ++counts[static_cast<size_t>(parts[id])];
    }
    EXPECT_NEAR(static_cast<double>(counts[1]), 0.15 * 200, 4);
  }
}

TEST(FoldsTest, RowsOfAGivenPartAreInNoFold) {
  Dataset dataset = empty_dataset({2});
  dataset.sources.push_back(dataset.sources[0]);
  dataset.sources[1].part = Part::kValidation;
  for (int i = 0; i < 40; ++i) add_row(dataset, "text " + std::to_string(i), {i % 2});
  for (int i = 0; i < 10; ++i) add_row(dataset, "given " + std::to_string(i), {i % 2}, 1);
  const std::vector<size_t> folds = fold_rows(dataset, 4, 1);
  const std::vector<Part> parts = parts_of_fold(dataset, {2, 4}, 1, nullptr);
  for (size_t id = 0; id < folds.size(); ++id) {
    if (id >= 40) {
      EXPECT_EQ(folds[id], 0U);
      EXPECT_EQ(parts[id], Part::kValidation);
    } else {
      EXPECT_EQ(parts[id], folds[id] == 2 ? Part::kTest : Part::kTrain);
    }
  }
}

TEST(FoldsTest, MoreFoldsThanUnitsAreRefused) {
  Dataset dataset = empty_dataset({2});
  for (int i = 0; i < 9; ++i) add_row(dataset, "text " + std::to_string(i % 3), {i % 2});
  EXPECT_EQ(fold_rows(dataset, 3, 1).size(), 9U);
  expect_error([&] { fold_rows(dataset, 4, 1); }, {"4 folds", "3 groups"});
}

TEST(FoldsTest, AFoldIsReadAsItIsWritten) {
  EXPECT_EQ(parse_fold("2/5"), (Fold{2, 5}));
  EXPECT_EQ(fold_text({2, 5}), "2/5");
  for (const char* text :
       {"", "2", "/", "2/", "/5", "0/5", "6/5", "1/1", "-1/5", "2/5x", "1/101", "2 / 5", "1.5/3"})
    EXPECT_EQ(parse_fold(text), std::nullopt) << text;
}

}  // namespace
}  // namespace mtnlp
