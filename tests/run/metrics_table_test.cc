#include "run/metrics_table.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

TEST(MetricsTableTest, IsRewrittenFromItsRows) {
  const TempFolder folder;
  const fs::path file = folder.path() / "metrics.csv";
  MetricsTable table({"epoch", "a, b.loss"});
  table.add_row({"1", "0.5"});
  table.write(file);
  table.add_row({"2", ""});
  table.write(file);
  EXPECT_EQ(read_file(file), "epoch,\"a, b.loss\"\n1,0.5\n2,\n");
  const MetricsTable read = MetricsTable::read(file);
  EXPECT_EQ(read.columns(), table.columns());
  EXPECT_EQ(read.rows(), table.rows());
  EXPECT_THROW(table.add_row({"3"}), Error);
  expect_error([&] { MetricsTable::read(folder.path() / "none.csv"); }, {"none.csv", "no such file"});
  expect_error([&] { MetricsTable::read(folder.write("e.csv", "")); }, {"e.csv", "is empty"});
  expect_error([&] { MetricsTable::read(folder.write("h.csv", "1,0.5\n2,0.6\n")); },
               {"h.csv", "not the header epoch,step"});
}

TEST(MetricsTableTest, ARowIsFoundByItsStep) {
  MetricsTable table({"epoch", "step"});
  table.add_row({"1", "10"});
  table.add_row({"2", "20"});
  EXPECT_EQ(table.row_at(20), 1U);
  EXPECT_FALSE(table.row_at(1));
  EXPECT_FALSE(MetricsTable({"epoch"}).row_at(10));
}

}  // namespace
}  // namespace mtnlp
