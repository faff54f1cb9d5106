#include "eval/answers.h"

#include "tasks/label_metrics.h"
#include "tasks/task_kind.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using ::testing::IsEmpty;
using testing::TempFolder;

class AnswersTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    return folder_.write(name, content).string();
  }
  Dataset gold() {
    return make_dataset(
        {.files = {{"mood", write("gold.csv", "text,label\na,up\nb,down\n ,up\nc,\nd,up\n")}}});
  }
  AllMetrics score(const std::string& content) {
    return score_answers(write("answers.csv", content), "|", gold(), std::vector<uint32_t>{0, 1, 2},
                         warnings_);
  }

  TempFolder folder_;
  std::vector<std::string> warnings_;
};

TEST_F(AnswersTest, BelongToTheRowsOfTheirNumber) {
  for (const char* content : {"mood\nup\nup\nx\ny\ndown\n", "text,mood\na,up\nb,up\n,x\nc,y\nd,down\n"}) {
    const AllMetrics metrics = score(content);
    EXPECT_EQ(metrics[0]->rows(), 3U);
    const OrderedJson json = metrics[0]->to_json();
    EXPECT_EQ(json["labels"].dump(), R"(["down","up"])");
    EXPECT_EQ(json["confusion"].dump(), "[[0,1],[1,1]]");
    EXPECT_FALSE(json.contains("brier") || json.contains("calibration_error"));
    EXPECT_THAT(warnings_, IsEmpty());
  }
}

TEST_F(AnswersTest, LabelsThatNobodyKnowsCountAsWrongAndAreNamed) {
  const AllMetrics metrics = score("mood\nup\nsideways\nx\ny\nsideways\n");
  EXPECT_EQ(metrics[0]->to_json()["confusion"].dump(), "[[0,0,1],[0,1,1],[0,0,0]]");
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], ::testing::HasSubstr("2 answers to task \"mood\" are not among its labels, and "
                                                 "count as wrong: \"sideways\""));
}

TEST_F(AnswersTest, SeveralLabelsStandBetweenTheSeparator) {
  const std::string file = write("tags.csv", "text,tags\na,x|y;z\nb,z\n");
  const Dataset gold = make_dataset(
      {.files = {{"tags", file, &find_task_kind("multilabel", "")}}, .reading = {.label_separator = ";"}});
  const AllMetrics metrics = score_answers(file, ";", gold, std::vector<uint32_t>{0, 1}, warnings_);
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(metrics[0]->to_json()["exact_match"], 1);
}

TEST_F(AnswersTest, OfOtherRowsAreRefused) {
  expect_error([&] { score("mood\nup\nup\nx\ny\n"); }, {"answers.csv: has 4 rows, fewer than ", "gold.csv"});
  expect_error([&] { score("mood\nup\nup\nx\ny\nup\nup\n"); },
               {"answers.csv: has 6 rows, ", "gold.csv", "has 5"});
  expect_error([&] { score("text,mood\na,up\nx,up\n,x\nc,y\nd,up\n"); }, {"answers.csv:3: ", "row 2 of "});
  expect_error([&] { score("mood,x\nup,1\n,2\nx,3\ny,4\nup,5\n"); },
               {"answers.csv:3: no answer to task \"mood\"; every row needs one", "min_confidence"});
  expect_error([&] { score("mod,x\nup,1\n"); }, {"answers.csv", "mood"});
}

}  // namespace
}  // namespace mtnlp
