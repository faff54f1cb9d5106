#include "run/split_record.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/json.h"
#include "data/split.h"
#include "tasks/multi_label.h"
#include "testing.h"
#include "text/segments.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::TempFolder;

/// data/ and runs/demo beside each other, as a user has them.
class SplitRecordTest : public ::testing::Test {
 protected:
  SplitRecordTest() {
    fs::create_directory(root_ / "data");
    fs::create_directories(run_);
    std::string topic = "text,label,form\n", both = "text,u,v\n";
    for (int i = 0; i < 60; ++i) {
      topic += (i == 7 ? "" : "topic " + std::to_string(i)) + (i % 2 == 0 ? ",x" : ",y") + ",f" +
               std::to_string(i / 3) + "\n";
      both += "\"both\n" + std::to_string(i) + "\"," + std::to_string(i % 3) + "," +
              (i % 4 == 0 ? "" : std::to_string(i % 2)) + "\n";
    }
    write_file_atomic(root_ / "data" / "topic.csv", topic);
    write_file_atomic(root_ / "data" / "both.csv", both);
    write_file_atomic(root_ / "data" / "test.csv", "text,topic\nt1,x\nt2,y\n");
    options_.files = {{"v", at("both.csv")}, {"topic", at("topic.csv")}, {"u", at("both.csv")}};
    options_.test = {{"topic", at("test.csv")}};
  }
  std::string at(const std::string& name) const { return (root_ / "data" / name).string(); }

  void write() {
    dataset_ = make_dataset(options_);
    parts_ = split_rows(dataset_, {}, nullptr);
    write_split_record(run_, dataset_, parts_);
  }

  /// Row by row the same as what was written, whatever the order of the checkpoint's tasks.
  void expect_same(const SplitRecord& record, const std::vector<Task>& tasks) const {
    ASSERT_EQ(record.dataset.rows.size(), dataset_.rows.size());
    EXPECT_EQ(record.parts, parts_);
    for (size_t id = 0; id < dataset_.rows.size(); ++id) {
      const DatasetRow &expected = dataset_.rows[id], &found = record.dataset.rows[id];
      EXPECT_EQ(found.text, expected.text);
      EXPECT_EQ(found.group, expected.group);
      EXPECT_EQ(std::tie(found.source, found.row), std::tie(expected.source, expected.row));
      for (size_t task = 0; task < tasks.size(); ++task) {
        const size_t old = static_cast<size_t>(
            std::ranges::find(dataset_.tasks, tasks[task].name, &Task::name) - dataset_.tasks.begin());
        const auto name = [](const Task& of, Target target) {
          return target.is_none() ? "" : of.labels[static_cast<size_t>(target.value())];
        };
        EXPECT_EQ(name(tasks[task], found.targets[task]), name(dataset_.tasks[old], expected.targets[old]));
      }
    }
  }

  TempFolder folder_;
  fs::path root_ = folder_.path(), run_ = root_ / "runs" / "demo";
  DatasetOptions options_;
  Dataset dataset_;
  std::vector<Part> parts_;
};

TEST_F(SplitRecordTest, ReadsBackWhatWasSplit) {
  options_.reading.group_column = "";
  write();
  const SplitRecord record = read_split_record(run_, dataset_.tasks);
  expect_same(record, dataset_.tasks);
  ASSERT_EQ(record.dataset.sources.size(), 3u);
  EXPECT_EQ(record.dataset.sources[2].part, Part::kTest);
  EXPECT_FALSE(record.dataset.sources[0].part.has_value());
  EXPECT_THAT(record.dataset.sources[0].label_columns, ElementsAre(ElementsAre("v"), ElementsAre("u")));
  EXPECT_EQ(record.dataset.reading.text, TextColumns{});
}

TEST_F(SplitRecordTest, FollowsTheTasksOfTheCheckpoint) {
  write();
  std::vector<Task> tasks = dataset_.tasks;
  std::ranges::reverse(tasks);
  for (Task& task : tasks) std::ranges::reverse(task.labels);
  expect_same(read_split_record(run_, tasks), tasks);
}

TEST_F(SplitRecordTest, KeepsTheRowsAndLabelsOfALimit) {
  options_.limit = {{"u", 20}, {"topic", 30}};
  write();
  expect_same(read_split_record(run_, dataset_.tasks), dataset_.tasks);
  std::vector<Task> tasks = dataset_.tasks;
  std::ranges::reverse(tasks);
  expect_same(read_split_record(run_, tasks), tasks);
}

TEST_F(SplitRecordTest, RemembersColumnsAndGroups) {
  options_ = {.files = {{"t", at("topic.csv")}},
              .label_columns = {{"t", {"label"}}},
              .reading = {.group_column = "form"}};
  write();
  EXPECT_EQ(dataset_.rows[0].group, "f0");
  expect_same(read_split_record(run_, dataset_.tasks), dataset_.tasks);
}

TEST_F(SplitRecordTest, RemembersWordsThatAreNoLabel) {
  std::string rows = "text,label\n";
  for (int i = 0; i < 40; ++i)
    rows += "row " + std::to_string(i) + (i % 4 == 0 ? ",nan\n" : i % 2 == 0 ? ",x\n" : ",y\n");
  write_file_atomic(root_ / "data" / "missing.csv", rows);
  options_ = {.files = {{"t", at("missing.csv")}}, .reading = {.missing_labels = {"nan", "N/A"}}};
  write();
  EXPECT_EQ(dataset_.rows.size(), 30u);
  EXPECT_THAT(read_file(run_ / "sources.json"),
              HasSubstr("\"missing_labels\": [\n    \"nan\",\n    \"N/A\"\n  ]"));
  const SplitRecord record = read_split_record(run_, dataset_.tasks);
  expect_same(record, dataset_.tasks);
  EXPECT_THAT(record.dataset.reading.missing_labels, ElementsAre("nan", "N/A"));
}

TEST_F(SplitRecordTest, FormatIsPlainAndRelative) {
  options_ = {.files = {{"topic", at("test.csv")}}};
  write();
  parts_ = {Part::kTrain, Part::kTest};
  write_split_record(run_, dataset_, parts_);
  EXPECT_EQ(read_file(run_ / "split.csv"),
            str("source,row,part,text\n0,0,train,", text_key(dataset_.rows[0].text), "\n0,1,test,",
                text_key(dataset_.rows[1].text), "\n"));
  EXPECT_EQ(
      read_file(run_ / "sources.json"),
      "{\n  \"version\": 3,\n  \"text_column\": \"text\",\n  \"group_column\": \"\",\n  \"sources\": [\n"
      "    {\n      \"file\": \"../../data/test.csv\",\n      \"checksum\": \"" +
          file_checksum(at("test.csv")) +
          "\",\n      \"part\": null,\n      \"tasks\": [\n        \"topic\"\n      ],\n"
          "      \"label_columns\": [\n        \"topic\"\n      ]\n    }\n  ]\n}\n");
}

TEST_F(SplitRecordTest, RunAndDataMayMoveTogether) {
  write();
  const fs::path elsewhere = root_ / "mounted" / "here";
  fs::create_directories(elsewhere);
  fs::rename(root_ / "data", elsewhere / "data");
  fs::rename(root_ / "runs", elsewhere / "runs");
  expect_same(read_split_record(elsewhere / "runs" / "demo", dataset_.tasks), dataset_.tasks);
  // Also through a link to the run, whose ".." is another folder.
  fs::create_symlink(elsewhere / "runs" / "demo", root_ / "link");
  expect_same(read_split_record(root_ / "link", dataset_.tasks), dataset_.tasks);
}

TEST_F(SplitRecordTest, AChangedOrMissingFileIsNamed) {
  write();
  const std::string before = file_checksum(at("both.csv"));
  write_file_atomic(at("both.csv"), read_file(at("both.csv")) + "more,1,1\n");
  expect_error([&] { read_split_record(run_, dataset_.tasks); },
               {"both.csv: changed since the run was split (checksum " + before + ", now " +
                file_checksum(at("both.csv")) + ")"});
  fs::remove(at("both.csv"));
  expect_error([&] { read_split_record(run_, dataset_.tasks); }, {"both.csv: no such file", run_.string()});
}

TEST_F(SplitRecordTest, DataThatAreNoRegularFileAreRefused) {
  EXPECT_NO_THROW(require_same_sources(run_));
  write();
  EXPECT_NO_THROW(require_same_sources(run_));
  fs::remove(at("both.csv"));
  ASSERT_EQ(mkfifo(at("both.csv").c_str(), 0600), 0);
  expect_error([&] { require_same_sources(run_); }, {"both.csv: is not a regular file"});
  expect_error([&] { read_split_record(run_, dataset_.tasks); }, {"both.csv: is not a regular file"});
}

TEST_F(SplitRecordTest, BrokenRecords) {
  expect_error([&] { read_split_record(run_, {}); }, {run_.string(), "no record of its split"});
  write();
  const std::string csv = read_file(run_ / "split.csv"), json = read_file(run_ / "sources.json");
  const auto expect_bad_csv = [&](const std::string& content, std::initializer_list<std::string> parts) {
    write_file_atomic(run_ / "split.csv", content);
    expect_error([&] { read_split_record(run_, dataset_.tasks); }, parts);
  };
  expect_bad_csv("source,row\n0,1\n", {"split.csv", "\"part\""});
  expect_bad_csv("source,row,part\n3,0,train\n", {"split.csv:2: ", "source 3 of 3"});
  expect_bad_csv("source,row,part\n0,-1,train\n", {"split.csv:2: ", "\"-1\""});
  expect_bad_csv("source,row,part\n0,0,trian\n", {"split.csv:2: ", "\"trian\""});
  expect_bad_csv("source,row,part\n0,1,train\n0,1,test\n", {"split.csv:3: ", "out of order"});
  expect_bad_csv("source,row,part\n1,7,train\n", {"split.csv", "topic.csv", "no labelled row 7"});
  expect_bad_csv("source,row,part\n0,60,train\n", {"split.csv", "both.csv", "row 60"});
  write_file_atomic(run_ / "split.csv", csv);
  const auto expect_bad_json = [&](const std::string& from, const std::string& to,
                                   std::initializer_list<std::string> parts) {
    std::string content = json;
    content.replace(content.find(from), from.size(), to);
    write_file_atomic(run_ / "sources.json", content);
    expect_error([&] { read_split_record(run_, dataset_.tasks); }, parts);
  };
  expect_bad_json("\"version\": 3", "\"version\": 6", {"sources.json", "version 6"});
  expect_bad_json("\"checksum\"", "\"sum\"", {"sources.json", "\"checksum\" is missing"});
  expect_bad_json("\"sources\": [", "\"sources\": [1,", {"sources.json", "objects"});
  expect_bad_json("\"v\",", "", {"sources.json", "tasks", "label columns"});
  write_file_atomic(run_ / "sources.json", json);
  std::vector<Task> tasks = dataset_.tasks;
  tasks.pop_back();
  expect_error([&] { read_split_record(run_, tasks); }, {"task \"u\"", "its checkpoint has not"});
  EXPECT_NO_THROW(read_split_record(run_, dataset_.tasks));
}

TEST_F(SplitRecordTest, ALoopOfLinksIsNamedInOurWords) {
  write();
  const fs::path file = root_ / "data" / "topic.csv";
  fs::remove(file);
  fs::create_symlink("topic.csv", file);
  expect_error([&] { read_split_record(run_, dataset_.tasks); },
               {"topic.csv: cannot be read: Too many levels of symbolic links"});
  expect_error([&] { write_split_record(run_, dataset_, parts_); },
               {"topic.csv: cannot be read: Too many levels of symbolic links"});
}

TEST_F(SplitRecordTest, NamesMustBeUtf8) {
  fs::copy_file(at("test.csv"), at("t\xff.csv"));
  options_ = {.files = {{"topic", at("t\xff.csv")}}};
  expect_error([&] { write(); }, {"must be UTF-8"});
}

TEST_F(SplitRecordTest, KnownPartsAreThoseOfTheTextsAlsoWhenTheFilesChanged) {
  write();
  KnownParts expected;
  for (size_t id = 0; id < parts_.size(); ++id)
    add_known(expected, text_key(dataset_.rows[id].text), parts_[id]);
  write_file_atomic(at("both.csv"), read_file(at("both.csv")) + "more,1,1\n");
  EXPECT_EQ(read_known_parts(run_, dataset_.tasks), expected);
  write_file_atomic(run_ / "split.csv", "source,row,part,text\n0,0,train,12a\n");
  expect_error([&] { read_known_parts(run_, dataset_.tasks); },
               {"split.csv:2: ", "\"12a\" is not the key of a text"});
}

TEST_F(SplitRecordTest, WhatEarlierRunsKnewIsHandedOn) {
  write();
  const KnownParts own = read_known_parts(run_, dataset_.tasks);
  const uint64_t test_text = std::ranges::find(own, Part::kTest, &KnownParts::value_type::second)->first;
  const uint64_t train_text = std::ranges::find(own, Part::kTrain, &KnownParts::value_type::second)->first;
  const KnownParts earlier = {
      {7, Part::kTrain}, {5, Part::kTest}, {test_text, Part::kTrain}, {train_text, Part::kTest}};
  write_split_record(run_, dataset_, parts_, earlier);
  KnownParts expected = own;
  expected[7] = Part::kTrain;
  expected[5] = Part::kTest;
  expected[test_text] = Part::kTrain;
  EXPECT_EQ(read_known_parts(run_, dataset_.tasks), expected);
  EXPECT_TRUE(read_file(run_ / "earlier.csv").starts_with("text,part\n5,test\n7,train\n"));
  write_file_atomic(run_ / "earlier.csv", "text,part\n5,tset\n");
  expect_error([&] { read_known_parts(run_, dataset_.tasks); }, {"earlier.csv:2: ", "\"tset\""});
  write_file_atomic(run_ / "earlier.csv", "key,part\n");
  expect_error([&] { read_known_parts(run_, dataset_.tasks); }, {"earlier.csv", "\"text\" is missing"});
}

TEST_F(SplitRecordTest, NoFileWhereEarlierRunsKnewNoMore) {
  write();
  write_split_record(run_, dataset_, parts_, read_known_parts(run_, dataset_.tasks));
  EXPECT_FALSE(fs::exists(run_ / "earlier.csv"));
}

TEST_F(SplitRecordTest, KnownPartsOfAnOlderRunComeFromItsFiles) {
  write();
  const KnownParts expected = read_known_parts(run_, dataset_.tasks);
  std::string csv = "source,row,part\n";
  for (size_t id = 0; id < parts_.size(); ++id)
    csv += str(dataset_.rows[id].source, ',', dataset_.rows[id].row, ',', part_name(parts_[id]), '\n');
  write_file_atomic(run_ / "split.csv", csv);
  EXPECT_EQ(read_known_parts(run_, dataset_.tasks), expected);
}

TEST(SplitRecordKinds, ColumnsAndReadingOfSeveralLabelsAreKept) {
  const testing::TempFolder folder;
  const std::string flags = folder.write("flags.csv", "text,a,b\nx,1,0\ny,,\nz,0,1\n").string(),
                    cells = folder.write("cells.csv", "text,label\nu,a;b\nv,\n").string();
  DatasetOptions options{.files = {{"tags", flags, &multi_label()}, {"more", cells, &multi_label()}},
                         .label_columns = {{"tags", {"a", "b"}}}};
  options.reading.label_separator = ";";
  options.reading.empty_is_none = true;
  const Dataset dataset = make_dataset(options);
  write_split_record(folder.path(), dataset, std::vector<Part>(dataset.rows.size(), Part::kTrain));
  EXPECT_EQ(read_json(folder.path() / "sources.json")["version"], 4);
  const SplitRecord record = read_split_record(folder.path(), dataset.tasks);
  EXPECT_EQ(record.dataset.reading, dataset.reading);
  ASSERT_EQ(record.dataset.rows.size(), 5U);
  for (size_t row = 0; row < 5; ++row)
    EXPECT_EQ(record.dataset.rows[row].targets, dataset.rows[row].targets) << row;
}

TEST_F(SplitRecordTest, PairsOfTextsAreReadAgain) {
  std::string rows = "text,second,label\n";
  for (int i = 0; i < 40; ++i) rows += str("a ", i, ",b ", i / 2, i % 2 == 0 ? ",x\n" : ",y\n");
  write_file_atomic(root_ / "data" / "pairs.csv", rows);
  options_ = {.files = {{"same", at("pairs.csv")}}};
  options_.reading.text.pair = "second";
  write();
  EXPECT_EQ(read_json(run_ / "sources.json")["version"], 5);
  const SplitRecord record = read_split_record(run_, dataset_.tasks);
  expect_same(record, dataset_.tasks);
  EXPECT_EQ(record.dataset.reading, dataset_.reading);
  EXPECT_EQ(segments_of(record.dataset.rows[3].text).second, "b 1");
}

}  // namespace
}  // namespace mtnlp
