#include "mtnlp/infer/predictions.h"

#include <cmath>
#include <sstream>

#include "model/fixtures.h"

namespace mtnlp {
namespace {

using testing::expect_error;

/// Heads that answer with the softmax of the embedding's first numbers.
Model answering() {
  Model model;
  model.tasks = {{"topic", {"News", "Sports, all"}}, {"mood", {"bad", "good", "so-so"}}};
  for (const int64_t classes : {2, 3}) model.heads.push_back({torch::eye(classes, 3), torch::zeros(classes)});
  return model;
}

/// 1 : 3 : 4
torch::Tensor embeddings(int64_t rows) {
  return torch::tensor({0.0, std::log(3.0), std::log(4.0)}, torch::kFloat32).repeat({rows, 1});
}

Row row(std::vector<std::string> fields, std::string raw = "") {
  return {std::move(fields), 1, std::move(raw)};
}

std::string written(RowFormat format, const std::vector<std::string>& columns, const std::vector<Row>& rows) {
  const Model model = answering();
  std::ostringstream out;
  PredictionWriter writer(out, format, columns, model);
  writer.write(rows, embeddings(static_cast<int64_t>(rows.size())));
  return out.str();
}

TEST(Predictions, Csv) {
  EXPECT_EQ(written(RowFormat::kCsv, {"id", "text"}, {row({"1", "a, \"b\"\nc"}), row({"2", ""})}),
            "id,text,topic,topic.probability,mood,mood.probability\n"
            "1,\"a, \"\"b\"\"\nc\",\"Sports, all\",0.7500,so-so,0.5000\n"
            "2,,\"Sports, all\",0.7500,so-so,0.5000\n");
}

TEST(Predictions, LinesBecomeCsv) {
  EXPECT_EQ(written(RowFormat::kLines, {"text"}, {row({"good film"})}),
            "text,topic,topic.probability,mood,mood.probability\n"
            "good film,\"Sports, all\",0.7500,so-so,0.5000\n");
}

TEST(Predictions, TsvHasNoQuotesAndNoTabsInside) {
  EXPECT_EQ(written(RowFormat::kTsv, {"text"}, {row({"a \"quoted\"\ttext"})}),
            "text\ttopic\ttopic.probability\tmood\tmood.probability\n"
            "a \"quoted\" text\tSports, all\t0.7500\tso-so\t0.5000\n");
}

TEST(Predictions, JsonlKeepsTheObject) {
  const Row object = row({"x"}, R"({"z":[1,{"deep":null}],"text":"x","n":1.50})");
  EXPECT_EQ(written(RowFormat::kJsonl, {"z", "text", "n"}, {object}),
            R"({"z":[1,{"deep":null}],"text":"x","n":1.5,"topic":"Sports, all","topic.probability":0.75,)"
            R"("mood":"so-so","mood.probability":0.5})"
            "\n");
}

TEST(Predictions, AnEmptyInputWritesNothing) {
  EXPECT_EQ(written(RowFormat::kCsv, {}, {}), "");
  EXPECT_EQ(written(RowFormat::kJsonl, {}, {}), "");
  EXPECT_EQ(written(RowFormat::kCsv, {"text"}, {}), "text,topic,topic.probability,mood,mood.probability\n");
}

TEST(Predictions, AColumnThatWouldBeWrittenIsRefused) {
  for (const std::string column : {"topic", "mood.probability"})
    expect_error([&] { written(RowFormat::kCsv, {"text", column}, {}); }, {"\"" + column + "\"", "predict"});
}

}  // namespace
}  // namespace mtnlp
