#include "report/tables.h"

#include <algorithm>

#include "tasks/label_metrics.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(AlignTable, FirstColumnLeftOthersRight) {
  EXPECT_EQ(align_table({{"task", "rows", "F1"}, {"topic", "7", "0.5"}, {"x", "12345", "1"}}),
            "  task     rows    F1\n"
            "  topic       7   0.5\n"
            "  x       12345     1\n");
}

TEST(AlignTable, CountsCharactersNotBytes) {
  EXPECT_EQ(align_table({{"é中", "a"}, {"abc", "ü"}}), "  é中   a\n  abc   ü\n");
  EXPECT_EQ(align_table({{"e\u0301e\u0301", "a"}, {"ab", "b"}}), "  e\u0301e\u0301   a\n  ab   b\n");
}

TEST(AlignTable, CellsArePrintable) {
  EXPECT_EQ(align_table({{"a\nb", "1"}, {"\x1b[31m", "\xff"}, {"x\u200b", "22"}}),
            "  a\\nb           1\n"
            "  \\x1b[31m    \\xff\n"
            "  x\\u{200b}     22\n");
}

TEST(AlignTable, RowsMayBeShortAndNoLineEndsInSpaces) {
  EXPECT_EQ(align_table({{"a", "bbb"}, {"cc"}, {"d", ""}}), "  a    bbb\n  cc\n  d\n");
  EXPECT_EQ(align_table({}), "");
}

/// Metrics of all tasks, where the first has these rows, gold and guess, with a loss of 0.5 each.
AllMetrics metrics_of(const std::vector<Task>& tasks, const std::vector<std::pair<size_t, size_t>>& rows) {
  AllMetrics metrics;
  for (const Task& task : tasks) {
    auto own = std::make_unique<LabelMetrics>(task.labels);
    if (metrics.empty())
      for (const auto& [gold, guess] : rows) own->add(gold, guess, 0.5);
    metrics.push_back(std::move(own));
  }
  return metrics;
}

TEST(MetricsTableText, TasksThenClasses) {
  const std::vector<Task> tasks = {{"topic", {"no", "yes"}}, {"unseen", {"a", "b"}}};
  const std::string text =
      metrics_table(tasks, metrics_of(tasks, {{0, 0}, {0, 1}, {1, 1}, {1, 1}}), "test part");
  EXPECT_THAT(text, StartsWith("test part\n"
                               "  figure                value      95% interval   rows\n"
                               "  topic accuracy       0.7500   0.3006 - 0.9544      4\n"
                               "  topic macro-F1       0.7333   "));
  EXPECT_THAT(text, EndsWith("  topic loss           0.5000   0.5000 - 0.5000      4\n"
                             "\n"
                             "  class       precision   recall       F1   95% interval of F1   rows\n"
                             "  topic no       1.0000   0.5000   0.6667      0.1727 - 0.9504      2\n"
                             "  topic yes      0.6667   1.0000   0.8000      0.3439 - 0.9683      2\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 1 + 5 + 1 + 1 + 2);
  EXPECT_THAT(text, Not(HasSubstr("unseen")));
}

TEST(MetricsTableText, ClassesWithoutAnAreaAreNamed) {
  LabelMetrics metrics({"a", "b", "c"});
  metrics.add(Target(0), std::vector<float>{2, 1, 0});
  metrics.add(Target(1), std::vector<float>{1, 2, 0});
  const std::string below = metrics.tables("topic")[0].below;
  EXPECT_EQ(below, "  the areas of topic leave out what has no rows, or all: \"c\"\n");
}

TEST(ComparisonText, FiguresThenASentenceForEachTask) {
  LabelMetrics a({"no", "yes"}), b({"no", "yes"});
  for (size_t row = 0; row < 20; ++row) {
    a.add(row % 2, row < 10 ? row % 2 : 1 - row % 2, 0.5);
    b.add(row % 2, row % 2, 0.25);
  }
  const std::string text = comparison_text({"topic"}, {compare(a, b)}, std::nullopt);
  EXPECT_THAT(text, StartsWith("  figure                    A        B     B - A           95% interval\n"
                               "  topic accuracy       0.5000   1.0000   +0.5000   (+0.3000 to +0.7500)\n"));
  EXPECT_THAT(text, HasSubstr("  topic loss           0.5000   0.2500   -0.2500   (-0.2500 to -0.2500)\n"));
  EXPECT_THAT(text,
              EndsWith("\n\ntopic: B is better than A: of 20 rows B wins 10 and loses 0 (p = 0.0020)\n"));
}

TEST(MetricsTableText, StopsAfterFiftyClasses) {
  std::vector<std::string> labels;
  for (int i = 0; i < 1000; ++i) labels.push_back("class " + std::to_string(i));
  labels[0] = std::string(1'000'000, 'x');
  labels[1] = "line\nend";
  const std::vector<Task> tasks = {{"topic", labels}};
  const std::string text = metrics_table(tasks, metrics_of(tasks, {{0, 0}}), "test part");
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 6 + 1 + 51 + 1);
  EXPECT_LT(text.size(), 10'000u);
  EXPECT_THAT(text, HasSubstr("\n  950 more classes of topic; all are in test.json"));
  EXPECT_THAT(text, HasSubstr("\n  topic line\\nend "));
}

TEST(MetricsTableText, WithoutRows) {
  const std::vector<Task> tasks = {{"topic", {"a", "b"}}};
  EXPECT_EQ(metrics_table(tasks, metrics_of(tasks, {}), "test part"), "test part: no rows\n");
}

TEST(Tables, LongTaskNamesAreShortened) {
  const std::string task(200, 't'), label(200, 'l');
  EXPECT_EQ(task_cell(task).size(), 60U);
  EXPECT_EQ(class_name(task, label).size(), 121U);
}

}  // namespace
}  // namespace mtnlp
