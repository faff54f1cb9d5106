#include "data/write_parts.h"

#include <algorithm>
#include <set>

#include "data/random_dataset.h"
#include "data/row_reader.h"
#include "data/split.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::class_or_none;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::Field;
using ::testing::IsEmpty;
using testing::TempFolder;

class WritePartsTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view content) {
    return folder_.write(name, content).string();
  }
  std::string read(const std::string& name) const { return read_file(out_ / name); }
  bool exists(const std::string& name) const { return fs::exists(out_ / name); }

  TempFolder folder_;
  fs::path out_ = folder_.path() / "out";
};

TEST_F(WritePartsTest, KeepsColumnsOrderAndBytes) {
  const std::string file =
      write("mine.csv", "id,text,label\r\n1,\"a, \"\"b\"\"\nc\",x\n2, ,x\n3,d,y\n4,e, x\n5,f,\n6,g,y\n");
  const Dataset dataset = make_dataset({.files = {{"t", file}}});
  const std::vector<Part> parts = {Part::kTrain, Part::kTest, Part::kTrain, Part::kTest};
  EXPECT_THAT(write_parts(dataset, parts, out_),
              ElementsAre(Field(&WrittenPart::file, out_ / "mine/train.csv"),
                          Field(&WrittenPart::file, out_ / "mine/test.csv")));
  EXPECT_EQ(read("mine/train.csv"), "id,text,label\n1,\"a, \"\"b\"\"\nc\",x\n4,e, x\n");
  EXPECT_EQ(read("mine/test.csv"), "id,text,label\n3,d,y\n6,g,y\n");
  EXPECT_FALSE(exists("mine/validation.csv"));
}

TEST_F(WritePartsTest, EachFormatStaysItself) {
  const std::string tsv = write("a.tsv", "text\tlabel\n\"q\tx\nr\ty\n");
  const std::string jsonl = write(
      "b.jsonl", "{\"label\": \"x\", \"text\":  \"q\"}\n{\"text\": \"r\", \"label\": \"y\", \"n\": 1}\n");
  const Dataset dataset = make_dataset({.files = {{"t", tsv}, {"t", jsonl}}});
  write_parts(dataset, std::vector<Part>(4, Part::kTrain), out_);
  EXPECT_EQ(read("a/train.tsv"), "text\tlabel\n\"q\tx\nr\ty\n");
  EXPECT_EQ(read("b/train.jsonl"), read_file(jsonl));
}

TEST_F(WritePartsTest, GivenPartsAreNotWrittenAndEqualNamesAreTold) {
  fs::create_directory(folder_.path() / "other");
  const std::string train = write("a.csv", "text,label\nq,x\nr,y\n"),
                    test = write("t.csv", "text,label\ns,x\n"),
                    other = write("other/a.csv.gz", "text,label\nu,x\n");
  const Dataset dataset = make_dataset({.files = {{"t", train}, {"t", other}}, .test = {{"t", test}}});
  write_parts(dataset, {Part::kTrain, Part::kTrain, Part::kTrain, Part::kTest}, out_);
  EXPECT_TRUE(exists("a/train.csv"));
  EXPECT_EQ(read("a-2/train.csv"), "text,label\nu,x\n");
  EXPECT_FALSE(exists("t"));
}

TEST_F(WritePartsTest, AnExistingFolderIsRefusedBeforeAnythingIsWritten) {
  const std::string a = write("a.csv", "text,label\nq,x\nr,y\n"),
                    b = write("b.csv", "text,label\nq,x\nr,y\n");
  const Dataset dataset = make_dataset({.files = {{"t", a}, {"t", b}}});
  fs::create_directories(out_ / "b");
  expect_error([&] { write_parts(dataset, std::vector<Part>(4, Part::kTrain), out_); },
               {"out/b", "exists already"});
  EXPECT_FALSE(exists("a"));
  write("file", "");
  expect_error([&] { write_parts(dataset, std::vector<Part>(4, Part::kTrain), folder_.path() / "file"); },
               {"file", "cannot be written"});
}

/// The three files together are the labelled rows of the source, each once, and give the same split again as
/// parts.
TEST_F(WritePartsTest, PartsReadBackAreTheSplit) {
  std::string text = "text,label\n";
  for (int i = 0; i < 200; ++i)
    text += csv_line({"row, " + std::to_string(i / 2) + "\n", i % 3 == 0 ? "x" : "y"});
  const Dataset dataset = make_dataset({.files = {{"t", write("a.csv", text)}}});
  const std::vector<Part> parts = split_rows(dataset, {}, nullptr);
  ASSERT_EQ(write_parts(dataset, parts, out_).size(), 3u);
  const auto file = [&](const char* name) {
    return std::vector<TaskFile>{{"t", (out_ / "a" / name).string()}};
  };
  const Dataset given = make_dataset(
      {.files = file("train.csv"), .validation = file("validation.csv"), .test = file("test.csv")});
  const std::vector<Part> given_parts = split_rows(given, {}, nullptr);
  std::multiset<std::tuple<Part, std::string, int32_t>> expected, found;
  for (size_t id = 0; id < parts.size(); ++id)
    expected.emplace(parts[id], dataset.rows[id].text, class_or_none(dataset.rows[id].targets[0]));
  for (size_t id = 0; id < given_parts.size(); ++id)
    found.emplace(given_parts[id], given.rows[id].text, class_or_none(given.rows[id].targets[0]));
  EXPECT_EQ(found, expected);
}

TEST_F(WritePartsTest, EveryJsonFileNamesAllColumnsInItsFirstLine) {
  const std::string file =
      write("a.jsonl",
            "{\"text\": \"q\", \"label\": \"x\", \"more\": 1}\n"
            "{\"text\": \"r\",  \"label\": \"y\"}\n{\"text\": \"s\",  \"label\": \"y\"}\n");
  const Dataset dataset = make_dataset({.files = {{"t", file}}});
  const auto files = write_parts(dataset, {Part::kTrain, Part::kTest, Part::kTest}, out_);
  EXPECT_EQ(read("a/test.jsonl"),
            "{\"text\": \"r\",  \"label\": \"y\", \"more\": null}\n{\"text\": \"s\",  \"label\": \"y\"}\n");
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[1].part, Part::kTest);
  EXPECT_EQ(files[1].rows, 2u);
  EXPECT_EQ(files[1].source, 0u);
}

TEST_F(WritePartsTest, AddedNullsLeaveTheLineAsItIs) {
  const std::string odd =
      R"({"text": "b}", "label": "y", "n": 12345678901234567890123, "x": 1.10, "o": {"a": [1e300]}} )";
  const std::string file =
      write("a.jsonl", "{\"text\": \"a\", \"label\": \"x\", \"n\u00e9\": 1}\n" + odd + "\n");
  write_parts(make_dataset({.files = {{"t", file}}}), {Part::kTrain, Part::kTest}, out_);
  std::string expected = odd;
  expected.insert(odd.rfind('}'), ", \"n\u00e9\": null");
  EXPECT_EQ(read("a/test.jsonl"), expected + "\n");
}

TEST_F(WritePartsTest, ALabelThatALimitTookIsEmpty) {
  const std::string csv = write("a.csv", "text,u,v\na,1,1\nb,2,nan\nc,1,2\nd,2,2\ne,1,\n");
  const std::string jsonl = write("b.jsonl",
                                  "{\"text\": \"f\", \"u\": \"1\", \"v\": \"1\"}\n"
                                  "{\"text\": \"g\", \"u\": \"2\", \"v\": \"2\"}\n");
  const Dataset dataset = make_dataset({.files = {{"u", csv}, {"v", csv}, {"u", jsonl}, {"v", jsonl}},
                                        .limit = {{"u", 2}},
                                        .reading = {.missing_labels = {"nan"}}});
  write_parts(dataset, std::vector<Part>(dataset.rows.size(), Part::kTrain), out_);
  std::vector<TaskFile> files;
  for (const char* task : {"u", "v"})
    for (const char* name : {"a/train.csv", "b/train.jsonl"})
      if (exists(name)) files.push_back({task, (out_ / name).string()});
  const Dataset again =
      make_dataset({.files = files, .labels = {{"u", {"1", "2"}}}, .reading = {.missing_labels = {"nan"}}});
  const auto labels = [](const Dataset& of) {
    std::multiset<std::tuple<std::string, int32_t, int32_t>> all;
    for (const DatasetRow& row : of.rows)
      all.emplace(row.text, class_or_none(row.targets[0]), class_or_none(row.targets[1]));
    return all;
  };
  EXPECT_EQ(labels(again), labels(dataset));
}

TEST_F(WritePartsTest, OddNamesStayInTheFolder) {
  for (const char* name : {"...csv", "..csv", ".csv", "-x.csv", "a b.csv.gz"}) {
    const std::string file = write(name, "text,label\nq,x\nr,y\n");
    const Dataset dataset = make_dataset({.files = {{"t", file}}});
    const auto files = write_parts(dataset, std::vector<Part>(2, Part::kTrain), out_ / name);
    ASSERT_EQ(files.size(), 1u);
    EXPECT_EQ(files[0].file.parent_path().parent_path(), out_ / name);
    EXPECT_TRUE(fs::exists(files[0].file)) << name;
  }
}

TEST_F(WritePartsTest, AFolderAppearsCompleteOrNotAtAll) {
  const std::string file = write("a.csv", "text,label\nq,x\nr,y\n");
  const Dataset dataset = make_dataset({.files = {{"t", file}}});
  write("a.csv", "text,label\nq,x\n");
  expect_error([&] { write_parts(dataset, std::vector<Part>(2, Part::kTrain), out_); },
               {"a.csv", "became shorter"});
  EXPECT_FALSE(exists("a"));
  EXPECT_EQ(testing::count_entries(out_), 0u);
}

}  // namespace
}  // namespace mtnlp
