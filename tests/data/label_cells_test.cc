// Cells of labels in whole files: what Dataset makes of them.
#include <algorithm>

#include "data/dataset.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::TempFolder;

class LabelCellsTest : public ::testing::Test {
 protected:
  Dataset read(const std::string& name, std::string_view content, DatasetOptions options = {}) {
    options.files = {{"mood", folder_.write(name, content).string()}};
    return make_dataset(options);
  }
  TempFolder folder_;
};

TEST_F(LabelCellsTest, ListsAndObjectsAreRefused) {
  const std::string fine = "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": true}\n";
  for (const char* label : {"[\"x\", \"y\"]", "[]", "{\"a\": 1}", "{}"})
    expect_error([&] { read("a.jsonl", fine + "{\"text\": \"c\", \"label\": " + label + "}\n"); },
                 {"a.jsonl:3: ", "\"label\"", "not a string"});
  const Dataset texts = read("b.jsonl", fine + "{\"text\": \"c\", \"label\": \"[x]\"}\n");
  EXPECT_THAT(texts.tasks[0].labels, ElementsAre("[x]", "true", "x"));
  EXPECT_THAT(read("c.csv", "text,label\na,[x]\nb,{}\n").tasks[0].labels, ElementsAre("[x]", "{}"));
}

TEST_F(LabelCellsTest, NumbersAndStringsAreTold) {
  std::string rows;
  const auto add = [&](const char* label) {
    rows += str("{\"text\":\"t", rows.size(), "\",\"label\":", label, "}\n");
  };
  for (const char* label : {"1", "0", "\"1\"", "true", "\" true\"", "\"up\"", "\"0.5\"", "null", "0"})
    add(label);
  DatasetOptions options;
  options.files = {{"mood", folder_.write("a.jsonl", rows).string()}};
  const std::vector<std::string> warnings = make_dataset(options).warnings;
  const auto about = std::ranges::count_if(
      warnings, [](const std::string& line) { return line.find("count as one label") != std::string::npos; });
  EXPECT_EQ(about, 1);
  EXPECT_THAT(warnings,
              ::testing::Contains("task \"mood\": JSON has \"1\" (a number or a string), \"true\" (a "
                                  "boolean or a string); the two count as one label"));
  options.files = {{"mood", folder_.write("b.jsonl", "{\"text\":\"a\",\"label\":1}\n").string()},
                   {"mood", folder_.write("b.csv", "text,label\nb,1\nc,2\n").string()}};
  EXPECT_THAT(make_dataset(options).warnings, ::testing::Not(::testing::Contains(HasSubstr("JSON"))));
}

TEST_F(LabelCellsTest, ColumnAndTaskNamesAreChecked) {
  expect_error(
      [&] {
        read("a.csv", "text,gr\xf6\xdf\na,x\nb,y\n", {.label_columns = {{"mood", {"gr\xf6\xdf"}}}});
      },
      {"a.csv:1: ", "gr\\xf6\\xdf", "not UTF-8"});
  expect_error(
      [&] { read("b.csv", "t\xe9xt,label\na,x\nb,y\n", {.reading = {.text = {.names = {"t\xe9xt"}}}}); },
      {"b.csv:1: ", "not UTF-8"});
  const std::string file = folder_.write("c.csv", "text,label\na,x\nb,y\n").string();
  for (const char* name : {"a\tb", "a\nb", "\x1b[31m", "a\u200b", "\xff"})
    expect_error([&] { make_dataset({.files = {{name, file}}}); }, {"task", "cannot be shown"});
}

TEST_F(LabelCellsTest, MissingWordsLeaveRowsWithoutALabel) {
  const std::string rows = "text,label\na,x\nb,y\nc,nan\nd, None \ne,none\n";
  const Dataset dataset = read("a.csv", rows, {.reading = {.missing_labels = {"nan", " None"}}});
  EXPECT_THAT(dataset.tasks[0].labels, ElementsAre("none", "x", "y"));
  EXPECT_EQ(dataset.rows.size(), 3u);
  EXPECT_EQ(dataset.sources[0].unlabelled.count, 2u);
  EXPECT_THAT(dataset.reading.missing_labels, ElementsAre("nan", "None"));
  EXPECT_THAT(dataset.warnings,
              ElementsAre(HasSubstr("the label \"none\" (1 row) may stand for a missing label"),
                          HasSubstr("2 rows without a label skipped")));
  expect_error(
      [&] {
        read("b.csv", rows, {.labels = {{"mood", {"x", "nan"}}}, .reading = {.missing_labels = {"nan"}}});
      },
      {"missing_labels", "\"nan\""});
}

}  // namespace
}  // namespace mtnlp
