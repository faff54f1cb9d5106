#include "data/row_places.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

class RowPlacesTest : public ::testing::Test {
 protected:
  Dataset dataset() const {
    DatasetOptions options;
    options.files = {{"mood", folder_.path() / "a.csv"}, {"mood", folder_.path() / "b.jsonl"}};
    options.reading.keep_going = true;
    return make_dataset(options);
  }
  RowPlacesTest() {
    folder_.write("a.csv",
                  "text,label,author\n\"one\nline\",x,Ann\nbroken\ntwo,y,Bob\n,x,Nobody\nthree,x,\n");
    folder_.write(
        "b.jsonl",
        "{\"text\":\"four\",\"label\":\"y\"}\n\n{\"text\":\"five\",\"label\":\"x\",\"author\":7}\n");
  }
  TempFolder folder_;
};

TEST_F(RowPlacesTest, TellWhereARowStandsAndWhatElseItHas) {
  const std::vector<RowPlace> places =
      read_places(dataset(), std::vector<uint32_t>{0, 1, 2, 3, 4}, {"author"});
  ASSERT_EQ(places.size(), 5U);
  EXPECT_EQ(places[0].line, 2U);
  EXPECT_EQ(places[0].cells[0], "Ann");
  EXPECT_EQ(places[1].line, 5U);
  EXPECT_EQ(places[1].cells[0], "Bob");
  EXPECT_EQ(places[2].line, 7U);
  EXPECT_EQ(places[2].cells[0], "");
  EXPECT_EQ(places[3].line, 1U);
  EXPECT_EQ(places[3].cells[0], std::nullopt);
  EXPECT_EQ(places[4].line, 3U);
  EXPECT_EQ(places[4].cells[0], "7");
  EXPECT_EQ(read_places(dataset(), std::vector<uint32_t>{4})[0].line, 3U);
}

TEST_F(RowPlacesTest, AColumnThatNoRowHasIsAnError) {
  expect_error(
      [&] {
        read_places(dataset(), std::vector<uint32_t>{0, 3}, {"autor"});
      },
      {"a.csv", "no column \"autor\"", "did you mean \"author\"?"});
  expect_error([&] { read_places(dataset(), std::vector<uint32_t>{3}, {"author"}); },
               {"no row has the key \"author\""});
}

TEST_F(RowPlacesTest, AFileThatHasChangedIsAnError) {
  const Dataset before = dataset();
  folder_.write("a.csv", "text,label,author\nother,x,Ann\nbroken\ntwo,y,Bob\n");
  expect_error([&] { read_places(before, std::vector<uint32_t>{0}); },
               {"a.csv:2", "has changed since it was read"});
  expect_error([&] { read_places(before, std::vector<uint32_t>{2}); }, {"a.csv", "rows are missing"});
}

}  // namespace
}  // namespace mtnlp
