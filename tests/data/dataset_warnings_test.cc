#include "data/dataset_warnings.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RowWarnings, RowsOfAnArrayGoByTheirNumber) {
  Source source;
  source.file = "a.json";
  source.blank.add(1, 3);
  source.blank.add(1, 5);
  EXPECT_THAT(row_warnings({source}), ElementsAre("a.json: 2 rows with blank text skipped (rows 3, 5)"));
}

TEST(RowWarnings, OneLineForEachKind) {
  std::vector<Source> sources(300);
  for (size_t i = 0; i < sources.size(); ++i) {
    sources[i].file = "f" + std::to_string(i) + ".csv";
    sources[i].blank = {2, {7, 9}};
  }
  sources[1].unlabelled = {1, {3}};
  sources[2].unlabelled = {4, {9, 10, 12}};
  sources[3].file = "f\n\x1b.csv";
  sources[3].not_utf8 = {1, {5}};
  EXPECT_THAT(
      row_warnings(sources),
      ElementsAre("600 rows with blank text skipped in 300 files: f0.csv (lines 7, 9), f1.csv (lines 7, 9), "
                  "f2.csv (lines 7, 9) and 297 more",
                  "5 rows without a label skipped in 2 files: f1.csv (line 3), f2.csv (lines 9, 10, 12, ...)",
                  "f\\n\\x1b.csv: 1 row with bytes that are not UTF-8 (line 5)"));
  EXPECT_THAT(row_warnings({}), IsEmpty());
}

}  // namespace
}  // namespace mtnlp
