#include "data/split.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "base/random.h"
#include "random_dataset.h"
#include "tasks/multi_label.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::add_row;
using ::testing::AllOf;
using testing::class_or_none;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::empty_dataset;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kNoClass;
using ::testing::Not;
using testing::random_dataset;
using Counts = std::array<size_t, 3>;

constexpr std::array<double, 3> kShares = {0.70, 0.15, 0.15};

std::vector<Part> split(const Dataset& dataset, uint64_t seed = 42) {
  return split_rows(dataset, {.shares = kShares, .seed = seed}, nullptr);
}

/// Rows by part: of one class of a task, or of the whole task when `label` is kNoClass.
Counts count(const Dataset& dataset, const std::vector<Part>& parts, size_t task, int32_t label = kNoClass) {
  Counts counts{};
  for (size_t id = 0; id < parts.size(); ++id) {
    const int32_t own = class_or_none(dataset.rows[id].targets[task]);
    if (own != kNoClass && (label == kNoClass || own == label)) ++counts[static_cast<size_t>(parts[id])];
  }
  return counts;
}

size_t sum(const Counts& counts) {
  return counts[0] + counts[1] + counts[2];
}

void expect_units_whole(const Dataset& dataset, const std::vector<Part>& parts) {
  std::map<std::string, Part> of_group;
  for (size_t id = 0; id < parts.size(); ++id)
    EXPECT_EQ(of_group.emplace(dataset.rows[id].group, parts[id]).first->second, parts[id])
        << dataset.rows[id].group;
}

TEST(SplitTest, SingleTextsOfOneTaskMeetTheSharesOfEveryClass) {
  const Dataset dataset = random_dataset({5}, 2000, 1, 1);
  const std::vector<Part> parts = split(dataset);
  for (int32_t label = kNoClass; label < 5; ++label) {
    const Counts counts = count(dataset, parts, 0, label);
    for (size_t part = 0; part < 3; ++part)
      EXPECT_NEAR(static_cast<double>(counts[part]), kShares[part] * static_cast<double>(sum(counts)), 1.01)
          << "label " << label << ", part " << part;
  }
}

TEST(SplitTest, UnitsStayWholeAndSharesAreMetWithinAUnit) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    KeyedRandom random(seed);
    const std::vector<size_t> classes = seed % 2 == 0 ? std::vector<size_t>{4} : std::vector<size_t>{3, 2};
    const size_t max_unit = 1 + random.below(12);
    const Dataset dataset = random_dataset(classes, 60 + random.below(300), max_unit, seed);
    const std::vector<Part> parts = split(dataset, seed);
    expect_units_whole(dataset, parts);
    for (size_t task = 0; task < classes.size(); ++task) {
      const Counts counts = count(dataset, parts, task);
      for (size_t part = 0; part < 3; ++part)
        EXPECT_NEAR(static_cast<double>(counts[part]), kShares[part] * static_cast<double>(sum(counts)),
                    static_cast<double>(max_unit));
    }
  }
}

/// Of a class, by its size, or of the whole task (kNoClass), as much as its classes.
double weight(const Dataset& dataset, size_t task, int32_t label, double rows) {
  return (label == kNoClass ? static_cast<double>(dataset.tasks[task].labels.size()) : 1) / rows;
}

/// Squared distances to the shares, summed over parts, classes and tasks.
double distance(const Dataset& dataset, const std::vector<Part>& parts) {
  double total = 0;
  for (size_t task = 0; task < dataset.tasks.size(); ++task)
    for (int32_t label = kNoClass; label < static_cast<int32_t>(dataset.tasks[task].labels.size()); ++label) {
      const Counts counts = count(dataset, parts, task, label);
      const auto rows = static_cast<double>(sum(counts));
      for (size_t part = 0; part < 3 && rows > 0; ++part)
        total += weight(dataset, task, label, rows) *
                 std::pow(static_cast<double>(counts[part]) - kShares[part] * rows, 2);
    }
  return total;
}

/// The reference: the largest unit first, each to the part where the distance falls most.
std::vector<Part> greedy_split(const Dataset& dataset) {
  struct Unit {
    std::vector<size_t> rows;
    std::map<std::pair<size_t, int32_t>, double> counts;  ///< by task and label
  };
  std::map<std::string, Unit> by_group;
  Unit all;
  for (size_t id = 0; id < dataset.rows.size(); ++id) {
    Unit& own = by_group[dataset.rows[id].group];
    own.rows.push_back(id);
    for (size_t task = 0; task < dataset.tasks.size(); ++task)
      if (const int32_t label = class_or_none(dataset.rows[id].targets[task]); label != kNoClass)
        for (Unit* unit : {&own, &all}) ++unit->counts[{task, label}], ++unit->counts[{task, kNoClass}];
  }
  std::vector<Unit> units;
  for (auto& [group, unit] : by_group) units.push_back(std::move(unit));
  std::ranges::stable_sort(units, std::ranges::greater(), [](const Unit& unit) { return unit.rows.size(); });
  std::array<std::map<std::pair<size_t, int32_t>, double>, 3> filled;
  std::vector<Part> parts(dataset.rows.size());
  for (const Unit& unit : units) {
    std::array<double, 3> gain{};
    for (size_t part = 0; part < 3; ++part)
      for (const auto& [key, rows] : unit.counts) {
        const double lack = kShares[part] * all.counts[key] - filled[part][key];
        gain[part] += rows * (2 * lack - rows) * weight(dataset, key.first, key.second, all.counts[key]);
      }
    const auto best = static_cast<size_t>(std::ranges::max_element(gain) - gain.begin());
    for (const auto& [key, rows] : unit.counts) filled[best][key] += rows;
    for (const size_t id : unit.rows) parts[id] = kParts[best];
  }
  return parts;
}

TEST(SplitTest, StratificationIsMuchBetterThanChance) {
  double ours = 0, chance = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Dataset dataset = random_dataset({5, 3}, 150, 3, 100 + seed);
    ours += distance(dataset, split(dataset, seed));
    std::map<std::string, Part> of_group;
    KeyedRandom random(seed);
    std::vector<Part> parts;
    for (const DatasetRow& row : dataset.rows) {
      const double u = random.uniform();
      const Part part = u < 0.7 ? Part::kTrain : u < 0.85 ? Part::kValidation : Part::kTest;
      parts.push_back(of_group.emplace(row.group, part).first->second);
    }
    chance += distance(dataset, parts);
  }
  EXPECT_LT(ours, chance / 50);
}

TEST(SplitTest, StratificationIsAsGoodAsGreedy) {
  // Classes large enough that the rules for small ones, which the greedy lacks, do not matter.
  for (const std::vector<size_t>& classes : {std::vector<size_t>{4}, {5, 3}})
    for (const size_t max_unit : {1, 3, 8, 12}) {
      double ours = 0, greedy = 0;
      for (uint64_t seed = 0; seed < 30; ++seed) {
        const Dataset dataset = random_dataset(classes, 400, max_unit, seed);
        const double own = distance(dataset, split(dataset, seed));
        const double other = distance(dataset, greedy_split(dataset));
        EXPECT_LT(own, 1.25 * other) << seed;
        ours += own;
        greedy += other;
      }
      EXPECT_LE(ours, greedy) << classes.size() << " tasks, units of up to " << max_unit << " rows";
    }
}

TEST(SplitTest, AGiantUnitStillLeavesTheOthersTheirShares) {
  // 30 % of the rows are one text; whenever the seed brings it, it must end where it fits.
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Dataset dataset = random_dataset({2}, 140, 1, seed);
    for (int i = 0; i < 60; ++i) add_row(dataset, "giant", {i % 2});
    const std::vector<Part> parts = split(dataset, seed);
    const Counts counts = count(dataset, parts, 0);
    EXPECT_EQ(parts.back(), Part::kTrain);
    EXPECT_NEAR(static_cast<double>(counts[1]), 30, 2) << seed;
    EXPECT_NEAR(static_cast<double>(counts[2]), 30, 2) << seed;
  }
}

/// The same rows with sources, tasks and labels in another order.
Dataset reordered(const Dataset& dataset) {
  Dataset other = dataset;
  const auto last_task = dataset.tasks.size() - 1;
  std::reverse(other.tasks.begin(), other.tasks.end());
  for (Task& task : other.tasks) std::reverse(task.labels.begin(), task.labels.end());
  std::reverse(other.sources.begin(), other.sources.end());
  for (Source& source : other.sources) {
    for (size_t& task : source.tasks) task = last_task - task;
    std::reverse(source.tasks.begin(), source.tasks.end());
  }
  for (DatasetRow& row : other.rows) {
    row.source = static_cast<uint32_t>(dataset.sources.size()) - 1 - row.source;
    std::reverse(row.targets.begin(), row.targets.end());
    for (size_t task = 0; task < row.targets.size(); ++task)
      if (const Target target = row.targets[task]; !target.is_none())
        row.targets[task] = static_cast<double>(other.tasks[task].labels.size()) - 1 - target.value();
  }
  std::stable_sort(other.rows.begin(), other.rows.end(),
                   [](const DatasetRow& a, const DatasetRow& b) { return a.source < b.source; });
  return other;
}

TEST(SplitTest, DoesNotDependOnTheOrderOfTasksSourcesAndLabels) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    Dataset dataset = random_dataset({4, 3, 2}, 200, 4, seed);
    dataset.sources.push_back(dataset.sources[0]);
    for (DatasetRow& row : dataset.rows) row.source = row.row % 3 == 0;
    std::stable_sort(dataset.rows.begin(), dataset.rows.end(),
                     [](const DatasetRow& a, const DatasetRow& b) { return a.source < b.source; });
    const Dataset other = reordered(dataset);
    const std::vector<Part> parts = split(dataset, seed), other_parts = split(other, seed);
    std::map<std::pair<uint32_t, uint32_t>, Part> expected, found;
    for (size_t id = 0; id < parts.size(); ++id)
      expected[{dataset.rows[id].source, dataset.rows[id].row}] = parts[id];
    for (size_t id = 0; id < parts.size(); ++id)
      found[{1 - other.rows[id].source, other.rows[id].row}] = other_parts[id];
    EXPECT_EQ(found, expected) << seed;
  }
}

TEST(SplitTest, IsAPureFunctionOfTheSeed) {
  const Dataset dataset = random_dataset({3}, 300, 2, 5);
  EXPECT_EQ(split(dataset, 1), split(dataset, 1));
  EXPECT_NE(split(dataset, 1), split(dataset, 2));
}

TEST(SplitTest, SplitIsPinned) {
  // A changed split would change every recorded figure.
  Dataset dataset = empty_dataset({2});
  for (int i = 0; i < 20; ++i) add_row(dataset, std::to_string(i), {i % 2});
  std::string text;
  for (const Part part : split(dataset)) text += part_name(part)[1];
  EXPECT_EQ(text, "rearrrarrrrerrrrearr");
}

TEST(SplitTest, EqualTextsStayTogetherAcrossLabelsAndSources) {
  Dataset dataset = empty_dataset({2, 2});
  dataset.sources.push_back({});
  dataset.sources[1].tasks = {1};
  for (int i = 0; i < 60; ++i) {
    const std::string text = "text " + std::to_string(i);
    add_row(dataset, text, {0, kNoClass});
    add_row(dataset, "  TEXT \t" + std::to_string(i), {1, kNoClass});
  }
  for (int i = 0; i < 60; ++i) add_row(dataset, "Text " + std::to_string(i), {kNoClass, i % 2}, 1);
  const std::vector<Part> parts = split(dataset);
  expect_units_whole(dataset, parts);
  EXPECT_THAT(count(dataset, parts, 0), ElementsAre(84, 18, 18));
  EXPECT_THAT(count(dataset, parts, 1), ElementsAre(42, 9, 9));
}

TEST(SplitTest, SmallClasses) {
  Dataset dataset = empty_dataset({4});
  for (int i = 0; i < 100; ++i) add_row(dataset, "a" + std::to_string(i), {0});
  for (int i = 0; i < 3; ++i) add_row(dataset, "b" + std::to_string(i), {1});
  for (int i = 0; i < 20; ++i) add_row(dataset, "c" + std::to_string(i % 2), {2});
  add_row(dataset, "d", {3});
  std::vector<std::string> warnings;
  const std::vector<Part> parts = split_rows(dataset, {}, &warnings);
  EXPECT_THAT(count(dataset, parts, 0, 1), ElementsAre(1, 1, 1));
  EXPECT_THAT(count(dataset, parts, 0, 2), ElementsAre(20, 0, 0));
  EXPECT_THAT(count(dataset, parts, 0, 3), ElementsAre(1, 0, 0));
  EXPECT_THAT(
      warnings,
      ElementsAre("task \"a\": 2 labels have fewer than 3 different texts each: \"2\", \"3\"; all their "
                  "rows train"));
}

TEST(SplitTest, OneSmallClassIsNamedAndManyAreCounted) {
  Dataset one = empty_dataset({2});
  for (int i = 0; i < 20; ++i) add_row(one, "a" + std::to_string(i), {0});
  add_row(one, "b", {1});
  std::vector<std::string> warnings;
  split_rows(one, {}, &warnings);
  EXPECT_THAT(warnings,
              ElementsAre("task \"a\": the label \"1\" has only 1 different text; all its rows train"));

  Dataset many = empty_dataset({1500});
  for (int i = 0; i < 3000; ++i) add_row(many, "a" + std::to_string(i), {i / 2});
  warnings.clear();
  split_rows(many, {}, &warnings);
  ASSERT_FALSE(warnings.empty());
  EXPECT_EQ(
      warnings[0],
      "task \"a\": 1500 labels have fewer than 3 different texts each: \"0\", \"1\", \"2\" and 1497 more; "
      "all their rows train");
  EXPECT_LE(warnings.size(), 3u);
}

TEST(SplitTest, ManyClassesOfFewRowsKeepTheSharesOfTheWhole) {
  Dataset dataset = empty_dataset({100});
  for (int i = 0; i < 400; ++i) add_row(dataset, std::to_string(i), {i % 100});
  const Counts counts = count(dataset, split(dataset), 0);
  EXPECT_NEAR(static_cast<double>(counts[1]), 60, 4);
  EXPECT_NEAR(static_cast<double>(counts[2]), 60, 4);
}

TEST(SplitTest, GivenPartsLeaveTheOthersOfTheirTaskToShareTheRest) {
  Dataset dataset = random_dataset({2, 2}, 400, 1, 3);
  for (DatasetRow& row : dataset.rows) row.targets = {Target(row.targets[0] == 1 ? 1 : 0), kNoTarget};
  dataset.sources[0].tasks = {0};
  for (const auto& [task, part] : std::vector<std::pair<size_t, std::optional<Part>>>{
           {1, std::nullopt}, {0, Part::kTest}, {1, Part::kValidation}, {1, Part::kTest}}) {
    dataset.sources.push_back({});
    dataset.sources.back().tasks = {task};
    dataset.sources.back().part = part;
  }
  for (int i = 0; i < 40; ++i) add_row(dataset, "b" + std::to_string(i), {kNoClass, i % 2}, 1);
  for (int i = 0; i < 10; ++i) add_row(dataset, "unit " + std::to_string(i), {i % 2, kNoClass}, 2);
  for (int i = 0; i < 10; ++i) add_row(dataset, "v" + std::to_string(i), {kNoClass, i % 2}, 3);
  for (int i = 0; i < 10; ++i) add_row(dataset, "t" + std::to_string(i), {kNoClass, i % 2}, 4);
  std::vector<std::string> warnings;
  const std::vector<Part> parts = split_rows(dataset, {}, &warnings);
  // Task a: its test part is given, so 70 : 15 for the rest. Task b: all the rest trains.
  EXPECT_NEAR(static_cast<double>(count(dataset, parts, 0)[1]), 400 * 15.0 / 85, 1.01);
  EXPECT_EQ(count(dataset, parts, 0)[2], 10u);
  EXPECT_THAT(count(dataset, parts, 1), ElementsAre(40, 10, 10));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(SplitTest, ARowOfTwoTasksGoesWhereBothMayGo) {
  Dataset dataset = empty_dataset({2, 2});
  for (int i = 0; i < 100; ++i) add_row(dataset, std::to_string(i), {i % 2, i % 2});
  dataset.sources.push_back({});
  dataset.sources[1].tasks = {0};
  dataset.sources[1].part = Part::kTest;
  add_row(dataset, "t", {1, kNoClass}, 1);
  std::vector<std::string> warnings;
  const std::vector<Part> parts = split_rows(dataset, {}, &warnings);
  EXPECT_EQ(count(dataset, parts, 0)[2], 1u);
  EXPECT_EQ(count(dataset, parts, 1)[2], 0u);
  EXPECT_NEAR(static_cast<double>(count(dataset, parts, 0)[1]), 17, 1);
  EXPECT_THAT(warnings, ElementsAre("task \"b\": no row for test"));
}

TEST(SplitTest, SharesAreChecked) {
  const Dataset dataset = random_dataset({2}, 100, 1, 1);
  EXPECT_THAT(split_rows(dataset, {.shares = {1, 0, 0}}, nullptr), Each(Part::kTrain));
  const Counts counts = count(dataset, split_rows(dataset, {.shares = {0.8, 0.2, 0}}, nullptr), 0);
  EXPECT_NEAR(static_cast<double>(counts[1]), 20, 1);
  EXPECT_EQ(counts[2], 0u);
  for (const std::array<double, 3> shares :
       {std::array<double, 3>{0, 0.5, 0.5}, {0.7, -0.1, 0.4}, {0.7, std::nan(""), 0.15}})
    expect_error([&] { split_rows(dataset, {.shares = shares}, nullptr); }, {"shares", "between 0 and 1"});
}

TEST(SplitTest, AKnownTextKeepsItsPartAndNewOnesAreShared) {
  Dataset dataset = random_dataset({4}, 600, 1, 5);
  const std::vector<Part> before = split(dataset, 1);
  KnownParts known;
  for (size_t id = 0; id < 300; ++id) add_known(known, text_key(dataset.rows[id].text), before[id]);
  const SplitOptions options{.shares = kShares, .seed = 2, .known = &known};
  const std::vector<Part> parts = split_rows(dataset, options, nullptr);
  for (size_t id = 0; id < 300; ++id) EXPECT_EQ(parts[id], before[id]) << id;
  expect_units_whole(dataset, parts);
  Counts fresh{};
  for (size_t id = 300; id < 600; ++id) ++fresh[static_cast<size_t>(parts[id])];
  for (size_t part = 0; part < 3; ++part)
    EXPECT_NEAR(static_cast<double>(fresh[part]), kShares[part] * 300, 12);
  EXPECT_NE(parts, split(dataset, 2));
}

TEST(SplitTest, AKnownTestTextStaysOutOfTrainingEvenAloneInItsClass) {
  Dataset dataset = empty_dataset({2});
  for (int32_t row = 0; row < 20; ++row) add_row(dataset, "text " + std::to_string(row), {row == 0 ? 1 : 0});
  KnownParts known;
  add_known(known, text_key(dataset.rows[0].text), Part::kTest);
  EXPECT_EQ(split_rows(dataset, {.known = &known}, nullptr)[0], Part::kTest);
  EXPECT_EQ(split_rows(dataset, {}, nullptr)[0], Part::kTrain);
}

TEST(SplitTest, OneTextThatTrainedMakesItsWholeUnitTrain) {
  Dataset dataset = empty_dataset({2});
  for (int32_t row = 0; row < 30; ++row) {
    add_row(dataset, "text " + std::to_string(row), {row % 2});
    dataset.rows.back().group = row < 3 ? "one" : std::to_string(row);
  }
  KnownParts known;
  add_known(known, text_key(dataset.rows[0].text), Part::kTest);
  add_known(known, text_key(dataset.rows[1].text), Part::kTrain);
  const std::vector<Part> parts = split_rows(dataset, {.known = &known}, nullptr);
  EXPECT_THAT(std::vector<Part>(parts.begin(), parts.begin() + 3), Each(Part::kTrain));
}

TEST(KnownPartsTest, CaseAndWhiteSpaceDoNotMakeANewText) {
  EXPECT_EQ(text_key("A  Text\n"), text_key("a text"));
  EXPECT_NE(text_key("a text"), text_key("a test"));
  KnownParts known;
  add_known(known, 1, Part::kTest);
  add_known(known, 1, Part::kTrain);
  add_known(known, 1, Part::kValidation);
  EXPECT_EQ(known.at(1), Part::kTrain);
}

/// Rows with any number of 30 labels, of which some go together, and rare ones.
Dataset random_sets(uint64_t seed, size_t rows) {
  Dataset dataset = empty_dataset({30});
  dataset.tasks[0].kind = &multi_label();
  KeyedRandom random(seed);
  for (size_t row = 0; row < rows; ++row) {
    LabelSet set;
    for (uint32_t label = 0; label < 30; ++label)
      if (random.below(1000) < 400 / (label + 1) || (label % 5 == 4 && !set.empty() && random.below(4) == 0))
        set.push_back(label);
    dataset.rows.push_back({0,
                            static_cast<uint32_t>(row),
                            str("text ", row),
                            {Target(std::make_shared<const LabelSet>(set))},
                            str("group ", row - row % (1 + row % 3))});
  }
  return dataset;
}

TEST(SplitTest, EveryOfSeveralLabelsMeetsItsShares) {
  for (const uint64_t seed : {1, 2, 3}) {
    const Dataset dataset = random_sets(seed, 1500);
    std::vector<std::string> warnings;
    const std::vector<Part> parts = split_rows(dataset, {.shares = kShares, .seed = seed}, &warnings);
    expect_units_whole(dataset, parts);
    EXPECT_THAT(warnings, Each(Not(HasSubstr("3 points"))));
    std::vector<std::array<double, 3>> rows(30);
    std::vector<std::set<std::string>> units(30);
    for (size_t id = 0; id < parts.size(); ++id)
      for (const uint32_t label : dataset.rows[id].targets[0].set()) {
        ++rows[label][static_cast<size_t>(parts[id])];
        units[label].insert(dataset.rows[id].group);
      }
    for (size_t label = 0; label < 30; ++label) {
      if (units[label].size() < 20) continue;
      const double all = rows[label][0] + rows[label][1] + rows[label][2];
      for (size_t part = 0; part < 3; ++part)
        EXPECT_NEAR(rows[label][part] / all, kShares[part], 0.03) << label;
    }
  }
}

TEST(SplitTest, ALabelThatCannotMeetItsSharesIsNamed) {
  Dataset dataset = empty_dataset({2});
  dataset.tasks[0].kind = &multi_label();
  const auto add = [&](size_t group, LabelSet set) {
    dataset.rows.push_back({0,
                            static_cast<uint32_t>(dataset.rows.size()),
                            "text",
                            {Target(std::make_shared<const LabelSet>(set))},
                            str("group ", group)});
  };
  for (size_t row = 0; row < 300; ++row)
    add(0, {0});  // one group has most of the rows, which leaves little of them to the other parts
  for (size_t row = 1; row < 60; ++row) add(row, {static_cast<uint32_t>(row % 2)});
  std::vector<std::string> warnings;
  split_rows(dataset, {.shares = kShares}, &warnings);
  EXPECT_THAT(warnings,
              Contains(AllOf(HasSubstr("2 labels are more than 3 points off the shares of the parts"),
                             HasSubstr("(train +"))));
}

}  // namespace
}  // namespace mtnlp
