#include "mtnlp/report/tables.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AlignTable, FirstColumnLeftOthersRight) {
  EXPECT_EQ(align_table({{"task", "rows", "F1"}, {"topic", "7", "0.5"}, {"x", "12345", "1"}}),
            "  task     rows    F1\n"
            "  topic       7   0.5\n"
            "  x       12345     1\n");
}

TEST(AlignTable, CountsCharactersNotBytes) {
  EXPECT_EQ(align_table({{"é中", "a"}, {"abc", "ü"}}), "  é中    a\n  abc   ü\n");
}

TEST(AlignTable, RowsMayBeShortAndNoLineEndsInSpaces) {
  EXPECT_EQ(align_table({{"a", "bbb"}, {"cc"}, {"d", ""}}), "  a    bbb\n  cc\n  d\n");
  EXPECT_EQ(align_table({}), "");
}

TEST(MetricsTableText, TasksThenClasses) {
  const std::vector<Task> tasks = {{"topic", {"no", "yes"}}, {"unseen", {"a", "b"}}};
  TaskMetrics topic({"no", "yes"});
  topic.add(0, 0, 0.5);
  topic.add(0, 1, 0.5);
  topic.add(1, 1, 0.5);
  topic.add(1, 1, 0.5);
  const std::string text = metrics_table(tasks, {topic, TaskMetrics({"a", "b"})}, "test part");
  EXPECT_EQ(text,
            "test part\n"
            "  task    rows   accuracy      95% interval   macro-F1   macro-recall     loss\n"
            "  topic      4     0.7500   0.3006 - 0.9544     0.7333         0.7500   0.5000\n"
            "\n"
            "  class       precision   recall       F1   rows\n"
            "  topic no       1.0000   0.5000   0.6667      2\n"
            "  topic yes      0.6667   1.0000   0.8000      2\n");
  EXPECT_THAT(text, Not(HasSubstr("unseen")));
}

TEST(MetricsTableText, WithoutRows) {
  EXPECT_EQ(metrics_table({{"topic", {"a", "b"}}}, {TaskMetrics({"a", "b"})}, "test part"),
            "test part: no rows\n");
}

}  // namespace
}  // namespace mtnlp
