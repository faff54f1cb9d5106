#include "tasks/label_metrics.h"

#include <cmath>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::StartsWith;
using testing::test_path;

constexpr double kExact = 1e-12;

const Json& golden() {
  static const Json kGolden = read_json(test_path("golden/eval/metrics.json"));
  return kGolden;
}

std::vector<std::string> names(size_t classes) {
  std::vector<std::string> all;
  for (size_t c = 0; c < classes; ++c) all.push_back("class " + std::to_string(c));
  return all;
}

TEST(LabelMetricsTest, EqualScikitLearn) {
  EXPECT_GE(golden()["cases"].size(), 10U);
  for (const Json& expected : golden()["cases"]) {
    SCOPED_TRACE(expected.dump().substr(0, 200));
    const auto classes = expected["classes"].get<size_t>();
    LabelMetrics metrics(names(classes));
    for (size_t row = 0; row < expected["gold"].size(); ++row)
      metrics.add(expected["gold"][row].get<size_t>(), expected["guess"][row].get<size_t>(), 0);
    EXPECT_EQ(metrics.rows(), expected["gold"].size());
    EXPECT_NEAR(metrics.counts().accuracy(), expected["accuracy"].get<double>(), kExact);
    EXPECT_NEAR(metrics.counts().macro_f1(), expected["macro_f1"].get<double>(), kExact);
    EXPECT_NEAR(metrics.counts().macro_recall(), expected["macro_recall"].get<double>(), kExact);
    for (size_t i : {0, 1})
      EXPECT_NEAR(metrics.accuracy_ci95()[i], expected["accuracy_ci95"][i].get<double>(), kExact);
    for (size_t c = 0; c < classes; ++c) {
      EXPECT_NEAR(metrics.counts().precision(c), expected["precision"][c].get<double>(), kExact) << c;
      EXPECT_NEAR(metrics.counts().recall(c), expected["recall"][c].get<double>(), kExact) << c;
      EXPECT_NEAR(metrics.counts().f1(c), expected["f1"][c].get<double>(), kExact) << c;
      EXPECT_EQ(metrics.counts().support(c), expected["support"][c].get<uint64_t>()) << c;
      for (size_t guess = 0; guess < classes; ++guess)
        EXPECT_EQ(metrics.confusion(c, guess), expected["confusion"][c][guess].get<uint64_t>());
    }
    const OrderedJson json = metrics.to_json();  // the same numbers under the same names
    EXPECT_EQ(json["confusion"], OrderedJson(expected["confusion"]));
    EXPECT_NEAR(json["macro_f1"].get<double>(), expected["macro_f1"].get<double>(), kExact);
    EXPECT_NEAR(json["per_class"][classes - 1]["f1"].get<double>(), expected["f1"][classes - 1].get<double>(),
                kExact);
  }
}

/// Returns metrics of a case of "scored".
LabelMetrics scored(const Json& of) {
  LabelMetrics metrics(names(of["classes"].get<size_t>()));
  for (size_t row = 0; row < of["gold"].size(); ++row)
    metrics.add(Target(of["gold"][row].get<double>()), of["logits"][row].get<std::vector<float>>());
  return metrics;
}

TEST(LabelMetricsTest, FiguresEqualScikitLearn) {
  for (const char* list : {"cases", "scored"})
    for (const Json& expected : golden()[list]) {
      SCOPED_TRACE(expected.dump().substr(0, 200));
      LabelMetrics metrics(names(expected["classes"].get<size_t>()));
      if (expected.contains("logits"))
        metrics = scored(expected);
      else
        for (size_t row = 0; row < expected["gold"].size(); ++row)
          metrics.add(expected["gold"][row].get<size_t>(), expected["guess"][row].get<size_t>(), 0);
      const OrderedJson json = metrics.to_json();
      for (const Figure& figure : metrics.row_figures()->figures()) {
        if (std::string(figure.key) == "loss" && !expected.contains("loss")) continue;
        const bool known = expected.contains(figure.key) && !expected[figure.key].is_null();
        ASSERT_EQ(json.contains(figure.key), known) << figure.key;
        if (known) {
          EXPECT_NEAR(json[figure.key].get<double>(), expected[figure.key].get<double>(), 1e-9) << figure.key;
        }
      }
    }
}

TEST(LabelMetricsTest, AreasOfAClassWithoutRowsAreLeftOutAndNamed) {
  size_t without = 0;
  for (const Json& expected : golden()["scored"]) {
    const OrderedJson json = scored(expected).to_json();
    std::vector<std::string> left_out;
    for (size_t c = 0; c < expected["classes"].get<size_t>(); ++c) {
      const OrderedJson& own = json["per_class"][c];
      if (expected["roc"][c].is_null()) {
        left_out.push_back(own["label"].get<std::string>());
        EXPECT_FALSE(own.contains("roc_auc") || own.contains("pr_auc"));
        continue;
      }
      EXPECT_NEAR(own["roc_auc"].get<double>(), expected["roc"][c].get<double>(), kExact);
      EXPECT_NEAR(own["pr_auc"].get<double>(), expected["pr"][c].get<double>(), kExact);
    }
    EXPECT_EQ(json["without_area"], OrderedJson(left_out));
    without += left_out.size();
  }
  EXPECT_GE(without, 4U);
}

TEST(LabelMetricsTest, IntervalsHoldTheirFigureAndNarrowWithRows) {
  const Json& few = golden()["scored"][1];
  LabelMetrics many(names(4));
  for (int copy = 0; copy < 16; ++copy)
    for (size_t row = 0; row < few["gold"].size(); ++row)
      many.add(Target(few["gold"][row].get<double>()), few["logits"][row].get<std::vector<float>>());
  const OrderedJson of_few = scored(few).to_json(), of_many = many.to_json();
  for (const Figure& figure : many.row_figures()->figures()) {
    SCOPED_TRACE(figure.key);
    const std::string key = std::string(figure.key) + "_ci95";
    const auto narrow = of_many[key].get<Interval95>(), wide = of_few[key].get<Interval95>();
    EXPECT_LT(narrow[1] - narrow[0], (wide[1] - wide[0]) / 2);
    EXPECT_NEAR(of_many[figure.key].get<double>(), of_few[figure.key].get<double>(), 1e-9);
    EXPECT_TRUE(wide[0] <= of_few[figure.key] && wide[1] >= of_few[figure.key]);
  }
  for (const OrderedJson& own : of_few["per_class"])
    for (const char* key : {"precision", "recall", "f1"}) {
      const auto interval = own[std::string(key) + "_ci95"].get<Interval95>();
      EXPECT_TRUE(interval[0] < own[key] && interval[1] > own[key]) << key;
    }
  EXPECT_EQ(scored(few).to_json(), of_few);  // the draws are the same
}

TEST(LabelMetricsTest, LossIsTheMeanOfRows) {
  LabelMetrics metrics(names(2));
  EXPECT_TRUE(std::isnan(metrics.loss()));
  metrics.add(0, 0, 0.25);
  metrics.add(1, 0, 1.75);
  EXPECT_DOUBLE_EQ(metrics.loss(), 1);
}

TEST(LabelMetricsTest, JsonNamesEverything) {
  LabelMetrics metrics({"no", "yes"});
  metrics.add(0, 1, 0.5);
  metrics.add(1, 1, 0.5);
  const OrderedJson json = metrics.to_json();
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys,
              ElementsAre("rows", "loss", "accuracy", "accuracy_ci95", "macro_f1", "macro_f1_ci95",
                          "macro_recall", "macro_recall_ci95", "macro_precision", "macro_precision_ci95",
                          "weighted_f1", "weighted_f1_ci95", "weighted_precision", "weighted_precision_ci95",
                          "balanced_accuracy", "balanced_accuracy_ci95", "mcc", "mcc_ci95", "loss_ci95",
                          "labels", "per_class", "confusion"));
  EXPECT_EQ(json["labels"].dump(), R"(["no","yes"])");
  EXPECT_EQ(json["confusion"].dump(), "[[0,1],[0,1]]");
  EXPECT_THAT(json["per_class"][1].dump(),
              StartsWith(R"({"label":"yes","precision":0.5,"recall":1.0,"f1":0.6666666666666666,"support":1,)"
                         R"("precision_ci95":[)"));
}

TEST(LabelMetricsTest, ALargeMatrixGoesAsTriples) {
  LabelMetrics most(names(kMostClasses)), more(names(kMostClasses + 1));
  for (LabelMetrics* metrics : {&most, &more}) {
    metrics->add(49, 3, 0);
    metrics->add(2, 2, 0);
    metrics->add(49, 3, 0);
  }
  EXPECT_EQ(most.to_json()["confusion"].size(), kMostClasses);
  EXPECT_EQ(most.to_json()["confusion"][49][3], 2);
  EXPECT_FALSE(most.to_json().contains("confusion_triples"));
  EXPECT_FALSE(more.to_json().contains("confusion"));
  EXPECT_EQ(more.to_json()["confusion_triples"].dump(), "[[2,2,1],[49,3,2]]");
}

TEST(LabelMetricsTest, TwentyThousandClassesTakeLittleMemory) {
  LabelMetrics metrics(names(20'000));
  for (size_t c = 0; c < 20'000; c += 2) metrics.add(c, c % 4 == 0 ? c : c + 1, 1);
  EXPECT_DOUBLE_EQ(metrics.counts().accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(metrics.counts().macro_recall(), 5000.0 / 15000);
  EXPECT_EQ(metrics.to_json()["confusion_triples"].size(), 10'000u);
}

TEST(LabelMetricsTest, WithoutRows) {
  const LabelMetrics metrics(names(3));
  EXPECT_EQ(metrics.rows(), 0U);
  EXPECT_EQ(metrics.counts().accuracy(), 0);
  EXPECT_EQ(metrics.counts().macro_f1(), 0);
  EXPECT_THAT(metrics.accuracy_ci95(), ElementsAre(0, 1));
}

TEST(LabelMetricsCalibration, RowsThatAreAddedKeepTheirAnswers) {
  LabelMetrics plain({"a", "b"}), shifted({"a", "b"}, {2, {5, 0}}), sum({"a", "b"});
  for (LabelMetrics* metrics : {&plain, &shifted}) {
    metrics->add(0.0, std::vector<float>{0, 0.1F});
    sum.add_rows(*metrics);
  }
  EXPECT_EQ(sum.confusion(0, 1), 1U);
  EXPECT_EQ(sum.confusion(0, 0), 1U);
  EXPECT_EQ(sum.loss(), plain.loss());
  EXPECT_FALSE(sum.to_json().contains("calibration"));
}

TEST(LabelMetricsCalibration, TellsWhatTheDecisionMakesOfTheProbabilities) {
  const std::vector<float> sure = {std::log(9.0F), 0};
  LabelMetrics raw({"a", "b"}), calibrated({"a", "b"}, {2, {}}), shifted({"a", "b"}, {1, {0, 5}});
  for (LabelMetrics* metrics : {&raw, &calibrated, &shifted})
    for (const double gold : {0, 0, 0, 1}) metrics->add(gold, sure);  // 3 : 1 by a temperature of 2
  EXPECT_FALSE(raw.to_json().contains("calibration"));
  const OrderedJson json = calibrated.to_json()["calibration"];
  EXPECT_EQ(json["temperature"], 2);
  EXPECT_EQ(json["shifted"], false);
  for (const char* key : {"loss", "brier", "calibration_error"}) {
    EXPECT_EQ(json["raw"][key], raw.to_json()[key]) << key;
    EXPECT_LT(json["decided"][key].get<double>(), json["raw"][key].get<double>()) << key;
  }
  EXPECT_NEAR(json["decided"]["loss"].get<double>(), -0.75 * std::log(0.75) - 0.25 * std::log(0.25), 1e-6);
  EXPECT_NEAR(json["decided"]["calibration_error"].get<double>(), 0, 1e-6);
  EXPECT_EQ(calibrated.to_json()["loss"], raw.to_json()["loss"]);
  EXPECT_EQ(calibrated.to_json()["accuracy"], raw.to_json()["accuracy"]);
  EXPECT_EQ(calibrated.to_json()["brier"], json["decided"]["brier"]);
  EXPECT_EQ(shifted.to_json()["calibration"]["shifted"], true);
  EXPECT_THAT(
      calibrated.tables("mood")[0].below,
      ::testing::HasSubstr("mood with the temperature 2.0000: loss 0.5623 (raw 0.6547), Brier score "));
  EXPECT_THAT(shifted.tables("mood")[0].below, ::testing::HasSubstr("1.0000 and a shift: loss "));
  LabelMetrics answers({"a", "b"}, {2, {}});
  answers.add_answer(0, "a", "|");
  EXPECT_FALSE(answers.to_json().contains("calibration"));
}

}  // namespace
}  // namespace mtnlp
