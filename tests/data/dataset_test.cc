#include "data/dataset.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>

#include <utf8proc.h>

#include "tasks/multi_label.h"
#include "tasks/regression.h"
#include "testing.h"
#include "text/fold_text.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempFolder;

class DatasetTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view content) {
    return folder_.write(name, content).string();
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }

  TempFolder folder_;
};

TEST(FoldTextTest, FoldsCaseAndWhiteSpace) {
  EXPECT_EQ(fold_text("  Hello \t\r\n WORLD\xc2\xa0\xe2\x80\x83!  "), "hello world !");
  EXPECT_EQ(fold_text("Stra\xc3\x9f"
                      "e \xce\xa3\xcf\x82 \xc3\x89"),
            "strasse \xcf\x83\xcf\x83 \xc3\xa9");
  EXPECT_EQ(fold_text(""), "");
  EXPECT_EQ(fold_text(" \xe3\x80\x80\x0b\x0c\x1f "), "\x1f");
  EXPECT_EQ(fold_text("A\xff\xe2\x82 B"), "a\xff\xe2\x82 b");
}

TEST(FoldTextTest, IsIdempotentForEveryCodePoint) {
  for (utf8proc_int32_t code = 1; code < 0x110000; ++code) {
    if (code >= 0xd800 && code < 0xe000) continue;
    utf8proc_uint8_t bytes[4];
    const auto size = utf8proc_encode_char(code, bytes);
    const std::string once =
        fold_text("a" + std::string(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)) + "b");
    ASSERT_EQ(fold_text(once), once) << std::hex << code;
  }
}

TEST(PartTest, NamesRoundTrip) {
  for (const Part part : kParts) EXPECT_EQ(parse_part(part_name(part)), part);
  expect_error([] { parse_part("tests"); },
               {"\"tests\"", "train, validation, test", "did you mean \"test\"?"});
}

TEST_F(DatasetTest, OneFileATask) {
  const std::string topic = write("t.csv", "text,label\nA b,sports\n\"c\nd\",arts\n a  B ,sports\n");
  const std::string mood = write("m.csv", "label,text\ngood,x\nbad,y\n");
  const Dataset dataset = make_dataset({.files = {{"topic", topic}, {"mood", mood}}});
  ASSERT_EQ(dataset.tasks.size(), 2u);
  EXPECT_EQ(dataset.tasks[0].name, "topic");
  EXPECT_THAT(dataset.tasks[0].labels, ElementsAre("arts", "sports"));
  EXPECT_THAT(dataset.tasks[1].labels, ElementsAre("bad", "good"));
  ASSERT_EQ(dataset.sources.size(), 2u);
  EXPECT_EQ(dataset.sources[0].file, topic);
  EXPECT_EQ(dataset.sources[0].checksum, file_checksum(topic));
  EXPECT_THAT(dataset.sources[1].tasks, ElementsAre(1));
  EXPECT_THAT(dataset.sources[1].label_columns, ElementsAre(ElementsAre("label")));
  EXPECT_FALSE(dataset.sources[0].part.has_value());
  ASSERT_EQ(dataset.rows.size(), 5u);
  EXPECT_EQ(dataset.rows[1].text, "c\nd");
  EXPECT_THAT(dataset.rows[0].targets, ElementsAre(1, kNoTarget));
  EXPECT_THAT(dataset.rows[1].targets, ElementsAre(0, kNoTarget));
  EXPECT_THAT(dataset.rows[3].targets, ElementsAre(kNoTarget, 1));
  EXPECT_EQ(dataset.rows[0].group, "a b");
  EXPECT_EQ(dataset.rows[2].group, "a b");
  EXPECT_EQ(dataset.rows[2].text, " a  B ");
  EXPECT_EQ(dataset.rows[2].row, 2u);
  EXPECT_EQ(dataset.rows[3].row, 0u);
  EXPECT_EQ(dataset.rows[3].source, 1u);
  EXPECT_THAT(dataset.warnings, IsEmpty());
}

TEST_F(DatasetTest, TasksThatNameTheSameFileShareASource) {
  const std::string both = write("both.csv", "text,topic,mood,label\na,x,good,1\nb,y,,2\nc,,bad,3\nd,,,4\n");
  folder_.write("other.csv", "text,label\ne,x\n");
  // Another spelling of the same path, and a second file for one task, whose column may differ.
  const Dataset dataset =
      make_dataset({.files = {{"mood", both},
                              {"topic", at("./../" + folder_.path().filename().string() + "/both.csv")},
                              {"topic", at("other.csv")}}});
  ASSERT_EQ(dataset.sources.size(), 2u);
  EXPECT_THAT(dataset.sources[0].tasks, ElementsAre(0, 1));
  EXPECT_THAT(dataset.sources[0].label_columns, ElementsAre(ElementsAre("mood"), ElementsAre("topic")));
  EXPECT_THAT(dataset.sources[1].label_columns, ElementsAre(ElementsAre("label")));
  ASSERT_EQ(dataset.rows.size(), 4u);
  EXPECT_THAT(dataset.rows[0].targets, ElementsAre(1, 0));
  EXPECT_THAT(dataset.rows[1].targets, ElementsAre(kNoTarget, 1));
  EXPECT_THAT(dataset.rows[2].targets, ElementsAre(0, kNoTarget));
  EXPECT_THAT(dataset.rows[3].targets, ElementsAre(kNoTarget, 0));
  EXPECT_THAT(dataset.warnings, ElementsAre(both + ": 1 row without a label skipped (line 5)"));
}

TEST_F(DatasetTest, LabelColumns) {
  const std::string file = write("a.csv", "body,topic,kind\nq,x,1\nr,y,2\n");
  const DatasetOptions own_name{.files = {{"topic", file}}, .reading = {.text = {.names = {"body"}}}};
  EXPECT_THAT(make_dataset(own_name).sources[0].label_columns, ElementsAre(ElementsAre("topic")));
  DatasetOptions chosen = own_name;
  chosen.label_columns["topic"] = {"kind"};
  EXPECT_THAT(make_dataset(chosen).tasks[0].labels, ElementsAre("1", "2"));

  expect_error(
      [&] {
        make_dataset({.files = {{"topic", file}}});
      },
      {"a.csv", "\"text\"", "body, topic, kind"});
  expect_error(
      [&] {
        make_dataset({.files = {{"other", file}}, .reading = {.text = {.names = {"body"}}}});
      },
      {"\"label\""});
  expect_error(
      [&] {
        make_dataset({.files = {{"topic", file}, {"moods", file}}, .reading = {.text = {.names = {"body"}}}});
      },
      {"a.csv", "\"moods\""});
  chosen.files.push_back({"second", file});
  chosen.label_columns["second"] = {"kind"};
  expect_error([&] { make_dataset(chosen); }, {"a.csv", "\"kind\"", "label_column second=COLUMN"});
  chosen.label_columns["secnd"] = {"kind"};
  expect_error([&] { make_dataset(chosen); }, {"label_column", "\"secnd\"", "did you mean \"second\"?"});
}

TEST_F(DatasetTest, SkippedRowsAreCountedWithTheirFirstLine) {
  const std::string file =
      write("a.csv", "text,label\na,x\n ,x\n\"\n\",y\n\xc2\xa0,y\nb\xff,y\nc, \nd,\n\xe2\x82,x\ne, y \n");
  const Dataset dataset = make_dataset({.files = {{"t", file}}});
  EXPECT_THAT(dataset.warnings, ElementsAre(file + ": 3 rows with blank text skipped (lines 3, 4, 6)",
                                            file + ": 2 rows without a label skipped (lines 8, 9)",
                                            file + ": 2 rows with bytes that are not UTF-8 (lines 7, 10)"));
  EXPECT_EQ(dataset.sources[0].blank.count, 3u);
  ASSERT_EQ(dataset.rows.size(), 4u);
  EXPECT_EQ(dataset.rows[1].row, 4u);
  EXPECT_EQ(dataset.rows[1].text, "b\xff");
  EXPECT_EQ(dataset.rows[3].row, 8u);
  EXPECT_THAT(dataset.rows[3].targets, ElementsAre(1));
}

TEST_F(DatasetTest, UnreadableRowsStopUnlessTheyAreToBeSkipped) {
  const std::string file = write("a.csv", "text,label\na,x\nb\nc,y\n\"d\"e,x\nf,x\n");
  DatasetOptions options{.files = {{"t", file}}};
  expect_error([&] { make_dataset(options); }, {"a.csv:3: ", "1 field"});
  options.reading.keep_going = true;
  const Dataset dataset = make_dataset(options);
  EXPECT_EQ(dataset.rows.size(), 3u);
  EXPECT_EQ(dataset.sources[0].unreadable.count, 2u);
  EXPECT_THAT(dataset.warnings, ElementsAre(file + ": 2 rows that cannot be read skipped (lines 3, 5): " +
                                            file + ":3: 1 field found, 2 expected: text, label"));
}

TEST_F(DatasetTest, WhereNoRowCanBeReadTheFirstReasonIsNamed) {
  const std::string file =
      write("a.jsonl", "{\"text\": \"a\", \"label\": {}}\n{\"text\": \"b\", \"label\": {}}\n");
  const DatasetOptions options{.files = {{"t", file}}, .reading = {.keep_going = true}};
  expect_error([&] { make_dataset(options); },
               {"2 that cannot be read; the first: ", "a.jsonl:1: ", "object"});
}

TEST_F(DatasetTest, GroupColumn) {
  const std::string file = write("a.csv", "text,label,g\nA,x,G1\nB,y, \n");
  const std::string test = write("b.csv", "text,label\nC,x\n");
  const Dataset dataset =
      make_dataset({.files = {{"t", file}}, .test = {{"t", test}}, .reading = {.group_column = "g"}});
  EXPECT_EQ(dataset.rows[0].group, "G1");
  EXPECT_EQ(dataset.rows[1].group, "b");
  EXPECT_EQ(dataset.rows[2].group, "c");
  EXPECT_EQ(dataset.reading.group_column, "g");
  expect_error(
      [&] {
        make_dataset({.files = {{"t", file}, {"t", test}}, .reading = {.group_column = "g"}});
      },
      {"b.csv", "\"g\""});
}

TEST_F(DatasetTest, GivenParts) {
  const std::string train = write("train.csv", "text,label\na,x\nb,y\n");
  const std::string rest = write("rest.csv", "text,label\nc,y\n");
  const Dataset dataset =
      make_dataset({.files = {{"t", train}}, .validation = {{"t", rest}}, .test = {{"t", rest}}});
  ASSERT_EQ(dataset.sources.size(), 3u);
  EXPECT_EQ(dataset.sources[1].part, Part::kValidation);
  EXPECT_EQ(dataset.sources[2].part, Part::kTest);
  ASSERT_EQ(dataset.rows.size(), 4u);
  EXPECT_THAT(dataset.rows[3].targets, ElementsAre(1));

  const std::string strange = write("strange.csv", "text,label\nc,x\nd,why\n");
  expect_error(
      [&] {
        make_dataset({.files = {{"t", train}}, .test = {{"t", strange}}});
      },
      {"strange.csv:3: ", "\"why\"", "task \"t\"", "x, y"});
  expect_error(
      [&] {
        make_dataset({.files = {{"t", train}}, .test = {{"u", rest}}});
      },
      {"test", "unknown task \"u\""});
}

TEST_F(DatasetTest, FixedLabels) {
  const std::string file = write("a.csv", "text,label\na,x\nb,y\n");
  const Dataset dataset = make_dataset({.files = {{"t", file}}, .labels = {{"t", {"y", "z", "x"}}}});
  EXPECT_THAT(dataset.tasks[0].labels, ElementsAre("y", "z", "x"));
  EXPECT_THAT(dataset.rows[0].targets, ElementsAre(2));
  EXPECT_THAT(dataset.warnings, ElementsAre("task \"t\": no row has the label \"z\""));
  expect_error(
      [&] {
        make_dataset({.files = {{"t", file}}, .labels = {{"t", {"y", "z"}}}});
      },
      {"a.csv:2: ", "\"x\"", "labels: y, z"});
  expect_error(
      [&] {
        make_dataset({.files = {{"t", file}}, .labels = {{"t", {"y", "y"}}}});
      },
      {"\"y\" occurs twice in labels"});
  expect_error(
      [&] {
        make_dataset({.files = {{"t", file}}, .labels = {{"u", {"y", "x"}}}});
      },
      {"labels", "unknown task \"u\""});
}

TEST_F(DatasetTest, WarnsOfLabelsThatDifferOnlyInCase) {
  const std::string file = write("a.csv", "text,label\na,Good\nb,good\nc,bad\n");
  EXPECT_THAT(make_dataset({.files = {{"t", file}}}).warnings,
              ElementsAre(HasSubstr("\"Good\" and \"good\" differ only in case")));
}

TEST_F(DatasetTest, HopelessInput) {
  expect_error([&] { make_dataset({}); }, {"task"});
  expect_error([&] { make_dataset({.files = {{"t", at("none.csv")}}}); }, {"none.csv", "no such file"});
  expect_error([&] { make_dataset({.files = {{"t", folder_.path().string()}}}); }, {"folder"});
  expect_error([&] { make_dataset({.files = {{"t", write("e.csv", "")}}}); }, {"e.csv", "is empty"});
  expect_error(
      [&] {
        make_dataset({.files = {{"t", write("h.csv", "text,label\n")}}});
      },
      {"nothing left", "\"t\"", "h.csv"});
  expect_error(
      [&] {
        make_dataset({.files = {{"t", write("b.csv", "text,label\n ,x\na,\n")}}});
      },
      {"nothing left", "b.csv has 1 rows with blank text and 1 without a label"});
  expect_error(
      [&] {
        make_dataset({.files = {{"t", write("o.csv", "text,label\na,x\nb,x\n")}}});
      },
      {"task \"t\" has only the label \"x\"", "two"});
  const std::string fine = write("f.csv", "text,label\na,x\nb,y\n");
  expect_error([&] { make_dataset({.files = {{"t", fine}, {"t", fine}}}); }, {"f.csv", "twice", "\"t\""});
  expect_error([&] { make_dataset({.files = {{"", fine}}}); }, {"without a name"});
  expect_error([&] { make_dataset({.files = {{"t", fine}}, .limit = {{"t", 0}}}); }, {"nothing left"});
  expect_error([&] { make_dataset({.files = {{"t", fine}}, .limit = {{"u", 1}}}); }, {"limit", "\"u\""});
  ASSERT_EQ(mkfifo(at("pipe.csv").c_str(), 0600), 0);
  expect_error([&] { make_dataset({.files = {{"t", at("pipe.csv")}}}); }, {"pipe.csv: is a pipe"});
}

TEST_F(DatasetTest, DataMustBeFoundAgain) {
  const std::string valid = "data must be a regular file: they are read again by train resume and eval";
  const auto expect_refused = [&](const std::string& file, const std::string& what) {
    expect_error([&] { make_dataset({.files = {{"t", file}}}); }, {file + ": is " + what, valid});
  };
  expect_refused("/dev/null", "a device");
  expect_refused("-", "not a file");
  const std::string fine = write("f.csv", "text,label\na,x\nb,y\n");
  const int fd = ::open(fine.c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  expect_refused("/dev/fd/" + std::to_string(fd), "a name of what is open in this process");
  ::close(fd);
  expect_error(
      [&] {
        make_dataset({.files = {{"t", fine}}, .test = {{"t", "/dev/null"}}});
      },
      {"/dev/null: is a device"});
}

TEST_F(DatasetTest, TaskNamesAreBounded) {
  const std::string fine = write("f.csv", "text,label\na,x\nb,y\n");
  EXPECT_NO_THROW(make_dataset({.files = {{std::string(200, 'a'), fine}}}));
  expect_error(
      [&] {
        make_dataset({.files = {{std::string(10'000, 'a'), fine}}});
      },
      {"task: the name \"aaa", "has 10000 bytes; at most 200 are valid"});
}

class LimitTest : public DatasetTest {
 protected:
  void SetUp() override {
    std::string a = "text,label\n", b = a;
    for (int i = 0; i < 300; ++i) {
      (i % 3 == 0 ? b : a) += "row " + std::to_string(i) + (i % 2 == 0 ? ",x\n" : ",y\n");
    }
    folder_.write("a.csv", a);
    folder_.write("b.csv", b);
  }
  std::set<std::string> draw(size_t limit, uint64_t seed, bool swapped = false) {
    std::vector<TaskFile> files{{"t", at("a.csv")}, {"t", at("b.csv")}};
    if (swapped) std::swap(files[0], files[1]);
    std::set<std::string> texts;
    for (const DatasetRow& row : make_dataset({.files = files, .limit = {{"t", limit}}, .seed = seed}).rows)
      texts.insert(row.text);
    return texts;
  }
};

TEST_F(LimitTest, IsADrawOfTheSeedWhateverTheOrderOfTheFiles) {
  const auto hundred = draw(100, 1);
  EXPECT_EQ(hundred.size(), 100u);
  EXPECT_EQ(draw(100, 1), hundred);
  EXPECT_EQ(draw(100, 1, true), hundred);
  EXPECT_NE(draw(100, 2), hundred);
  const auto more = draw(200, 1);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), hundred.begin(), hundred.end()));
  // A fair draw: about a third of each file.
  const auto from_b = std::count_if(hundred.begin(), hundred.end(), [](const std::string& text) {
    return std::stoi(text.substr(4)) % 3 == 0;
  });
  EXPECT_GT(from_b, 18);
  EXPECT_LT(from_b, 50);
}

TEST_F(LimitTest, KeepsLabelsAndWarnsWhenThereAreFewerRows) {
  const DatasetOptions options{.files = {{"t", at("a.csv")}}, .limit = {{"t", 1}}};
  const Dataset one = make_dataset(options);
  EXPECT_EQ(one.rows.size(), 1u);
  EXPECT_THAT(one.tasks[0].labels, ElementsAre("x", "y"));
  EXPECT_THAT(one.warnings, ElementsAre(HasSubstr("no row has the label")));
  const Dataset all = make_dataset({.files = {{"t", at("a.csv")}}, .limit = {{"t", 201}}});
  EXPECT_EQ(all.rows.size(), 200u);
  EXPECT_THAT(all.warnings, ElementsAre(HasSubstr("only 200 rows, fewer than its limit of 201")));
}

TEST_F(LimitTest, LeavesGivenPartsAndOtherTasksOfTheFileAlone) {
  const std::string both = write("both.csv", "text,u,v\na,1,1\nb,2,\nc,1,2\nd,2,2\n");
  const Dataset dataset =
      make_dataset({.files = {{"u", both}, {"v", both}}, .test = {{"u", both}}, .limit = {{"u", 2}}});
  size_t u = 0, v = 0, test = 0;
  for (const DatasetRow& row : dataset.rows) {
    if (row.source == 1) {
      ++test;
      continue;
    }
    u += !row.targets[0].is_none();
    v += !row.targets[1].is_none();
  }
  EXPECT_EQ(u, 2u);
  EXPECT_EQ(v, 3u);
  EXPECT_EQ(test, 4u);
}

class KnownTasksTest : public DatasetTest {
 protected:
  const std::vector<Task> tasks_{{"topic", {"b", "a"}}, {"mood", {"bad", "good"}}};
};

TEST_F(KnownTasksTest, AllRowsAreTestInTheOrderOfTheTasks) {
  const std::string file = write("a.csv", "text,label\nq,good\nr,good\n,bad\n");
  const Dataset dataset = make_dataset_for(tasks_, {.files = {{"mood", file}}});
  EXPECT_EQ(dataset.tasks.size(), 2u);
  EXPECT_THAT(dataset.tasks[0].labels, ElementsAre("b", "a"));
  EXPECT_EQ(dataset.sources[0].part, Part::kTest);
  EXPECT_THAT(dataset.sources[0].tasks, ElementsAre(1));
  ASSERT_EQ(dataset.rows.size(), 2u);
  EXPECT_THAT(dataset.rows[1].targets, ElementsAre(kNoTarget, 1));
  EXPECT_THAT(dataset.warnings, ElementsAre(file + ": 1 row with blank text skipped (line 4)"));
}

TEST_F(KnownTasksTest, UnknownLabelsAndTasksAreErrors) {
  const std::string file = write("a.csv", "text,label\nq,good\n\"r\ns\",god\n");
  expect_error(
      [&] {
        make_dataset_for(tasks_, {.files = {{"mood", file}}});
      },
      {"a.csv:3: ", "\"god\"", "\"mood\"", "its training: bad, good", "did you mean \"good\"?"});
  expect_error(
      [&] {
        make_dataset_for(tasks_, {.files = {{"moods", file}}});
      },
      {"task", "unknown task \"moods\"", "topic, mood", "did you mean \"mood\"?"});
  expect_error(
      [&] {
        make_dataset_for(tasks_, {.files = {{"mood", write("b.csv", "text,label\n")}}});
      },
      {"nothing left", "b.csv"});
}

TEST_F(KnownTasksTest, ReadsAPipe) {
  ASSERT_EQ(mkfifo(at("pipe.csv").c_str(), 0600), 0);
  std::jthread writer([&] { std::ofstream(at("pipe.csv")) << "text,label\nq,a\n"; });
  const Dataset dataset = make_dataset_for(tasks_, {.files = {{"topic", at("pipe.csv")}}});
  EXPECT_EQ(dataset.rows.size(), 1u);
  EXPECT_EQ(dataset.sources[0].checksum, "");
}

TEST_F(DatasetTest, ATaskMayHaveAColumnForEachLabel) {
  const std::string file = write("t.csv", "text,b,a,mood\nx,1,0,up\ny,0,0,down\nz,,,up\n");
  DatasetOptions options{.files = {{"tags", file, &multi_label()}, {"mood", file}},
                         .label_columns = {{"tags", {"b", "a"}}}};
  const Dataset dataset = make_dataset(options);
  EXPECT_THAT(dataset.tasks[0].labels, ElementsAre("a", "b"));
  EXPECT_THAT(dataset.sources[0].label_columns, ElementsAre(ElementsAre("b", "a"), ElementsAre("mood")));
  EXPECT_THAT(dataset.rows[0].targets[0].set(), ElementsAre(1));
  EXPECT_THAT(dataset.rows[1].targets[0].set(), IsEmpty());
  EXPECT_FALSE(dataset.rows[1].targets[0].is_none());
  EXPECT_TRUE(dataset.rows[2].targets[0].is_none());
  options.label_columns["tags"] = {"b", "mood"};
  expect_error([&] { make_dataset(options); }, {"two tasks read the column \"mood\""});
  options.label_columns = {{"mood", {"a", "b"}}};
  expect_error([&] { make_dataset(options); },
               {"label_column", "\"mood\" is of the kind single-label", "one column"});
  write("bad.csv", "text,a,b\nx,1,0\ny,1,2\n");
  expect_error(
      [&] {
        make_dataset(
            {.files = {{"tags", at("bad.csv"), &multi_label()}}, .label_columns = {{"tags", {"a", "b"}}}});
      },
      {"bad.csv:3: the column \"b\" of task \"tags\" is \"2\", not 0 or 1"});
}

TEST_F(DatasetTest, JsonHasListsOfLabelsAndNumbers) {
  const std::string file = write("t.jsonl",
                                 "{\"text\":\"x\",\"tags\":[\"a\",\"b|c\"],\"stars\":3.5}\n"
                                 "{\"text\":\"y\",\"tags\":\"a|d\",\"stars\":\"4\"}\n"
                                 "{\"text\":\"z\",\"tags\":null,\"stars\":-1}\n");
  const Dataset dataset =
      make_dataset({.files = {{"tags", file, &multi_label()}, {"stars", file, &regression()}}});
  EXPECT_THAT(dataset.tasks[0].labels, ElementsAre("a", "b|c", "d"));
  EXPECT_THAT(dataset.rows[0].targets[0].set(), ElementsAre(0, 1));
  EXPECT_THAT(dataset.rows[1].targets[0].set(), ElementsAre(0, 2));
  EXPECT_EQ(dataset.rows[2].targets[1], Target(-1));
  write("bad.jsonl", "{\"text\":\"x\",\"stars\":true}\n");
  expect_error(
      [&] {
        make_dataset(
            {.files = {{"stars", at("bad.jsonl"), &regression()}}, .label_columns = {{"stars", {"stars"}}}});
      },
      {"bad.jsonl:1: the label in \"stars\" is a boolean, not a string or number: \"true\""});
}

}  // namespace
}  // namespace mtnlp
