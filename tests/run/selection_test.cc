#include "run/selection.h"

#include <cmath>

#include "tasks/task_kind.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

/// Rows of (a.val_loss, a.val_accuracy, a.val_macro_f1, b.val_loss, b.val_macro_f1).
MetricsTable table_of(const std::vector<std::vector<std::string>>& rows) {
  MetricsTable table(
      {"epoch", "step", "a.val_loss", "a.val_accuracy", "a.val_macro_f1", "b.val_loss", "b.val_macro_f1"});
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> cells = {std::to_string(i + 1), std::to_string(10 * (i + 1))};
    cells.insert(cells.end(), rows[i].begin(), rows[i].end());
    table.add_row(cells);
  }
  return table;
}

const std::vector<Task> kTasks = {{"a", {"x", "y"}, &default_task_kind()},
                                  {"b", {"x", "y"}, &default_task_kind()}};

TEST(SelectionTest, AnEpochHasTheMeanOfTheTasksThatHaveTheFigure) {
  const MetricsTable table = table_of({{"0.5", "0.75", "0.25", "1.5", "0.75"},
                                       {"0.5", "0.75", "nan", "1", "0.5"},
                                       {"nan", "nan", "nan", "nan", "nan"},
                                       {"1", "1", "?", "1", "1"}});
  EXPECT_EQ(Selection().score(table, 0), 0.5);
  EXPECT_EQ(Selection().score(table, 1), 0.5);
  EXPECT_EQ(Selection("macro_f1").score(table, 0), 0.5);
  EXPECT_EQ(Selection("loss").score(table, 0), -1);
  EXPECT_EQ(Selection("accuracy").score(table, 0), 0.75);
  EXPECT_EQ(Selection("b.macro_f1").score(table, 0), 0.75);
  EXPECT_EQ(Selection("a.loss").score(table, 0), -0.5);
  EXPECT_TRUE(std::isnan(Selection().score(table, 2)));
  expect_error([&] { Selection().score(table, 3); }, {"a.val_macro_f1", "\"?\"", "not a number"});
}

TEST(SelectionTest, ATaskMayHaveADotInItsName) {
  MetricsTable table({"epoch", "step", "a.b.val_loss", "b.val_loss"});
  table.add_row({"1", "1", "2", "3"});
  EXPECT_EQ(Selection("a.b.loss").score(table, 0), -2);
  EXPECT_EQ(Selection("b.loss").score(table, 0), -3);
}

TEST(SelectionTest, OnlyFiguresAndTasksThatAreThereAreValid) {
  for (const char* text : {"", "loss", "macro_f1", "macro_recall", "accuracy", "a.accuracy", "b.loss"})
    EXPECT_NO_THROW(Selection(text).require_in(kTasks)) << text;
  expect_error([] { Selection("macro-f1").require_in(kTasks); },
               {"select", "\"macro-f1\" is not a figure", "did you mean \"macro_f1\"?"});
  for (const char* text : {"a.", ".loss", "."})
    expect_error([&] { Selection{text}; }, {"select", text, "is not FIGURE or TASK.FIGURE"});
  expect_error([] { Selection("c.loss").require_in(kTasks); }, {"select", "c", "a, b"});
  expect_error([] { Selection("a.f1").require_in(kTasks); },
               {"\"f1\" is not a figure of task a", "valid are: loss"});
}

TEST(SelectionTest, TheFirstOfEqualEpochsIsTheBestAndTheLastWithoutScores) {
  EXPECT_FALSE(Selection().best_row(table_of({})));
  EXPECT_EQ(
      Selection().best_row(table_of(
          {{"1", "1", "0.5", "1", "0.5"}, {"1", "1", "0.7", "1", "0.5"}, {"1", "1", "0.5", "1", "0.7"}})),
      1U);
  const std::vector<std::string> none(5, "nan");
  EXPECT_EQ(Selection().best_row(table_of({none, none, none})), 2U);
}

TEST(SelectionTest, ARunStallsWhenPatienceIsOver) {
  const std::vector<std::string> names = {"a", "b"};
  // a is best in row 1, b in row 3, their mean in row 1.
  const std::vector<std::vector<std::string>> rows = {{"1", "1", "0.5", "1", "0.50"},
                                                      {"1", "1", "0.9", "1", "0.50"},
                                                      {"1", "1", "0.5", "1", "0.51"},
                                                      {"1", "1", "0.5", "1", "0.52"}};
  const auto stalled = [&](size_t epochs, size_t patience, std::optional<StopOn> tasks) {
    return has_stalled(table_of({rows.begin(), rows.begin() + static_cast<ptrdiff_t>(epochs)}), Selection(),
                       patience, tasks, names);
  };
  EXPECT_FALSE(stalled(4, 0, {}));
  EXPECT_TRUE(stalled(4, 2, {}));
  EXPECT_FALSE(stalled(3, 2, {}));
  EXPECT_TRUE(stalled(3, 1, {}));
  EXPECT_FALSE(stalled(0, 1, {}));
  EXPECT_TRUE(stalled(4, 2, StopOn::kAny));
  EXPECT_FALSE(stalled(4, 2, StopOn::kAll));
  const std::vector<std::string> none(5, "nan");
  EXPECT_FALSE(has_stalled(table_of({none, none, none}), Selection(), 1, {}, names));
  EXPECT_FALSE(has_stalled(table_of({none, none, none}), Selection(), 1, StopOn::kAll, names));
}

TEST(SelectionTest, IsReadFromTheOptionsOfARun) {
  const TempFolder folder;
  MetricsTable table = table_of({{"1", "1", "0.5", "1", "0.50"}});
  EXPECT_EQ(selection_of_run(folder.path()).score(table, 0), 0.5);
  folder.write("options.toml", "[train]\nselect=\"loss\"\n");
  EXPECT_EQ(selection_of_run(folder.path()).score(table, 0), -1);
}

}  // namespace
}  // namespace mtnlp
