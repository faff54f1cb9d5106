#include "tasks/label_metrics.h"

#include <cmath>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
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

TEST(WilsonInterval, EqualsScipy) {
  for (const Json& one : golden()["wilson"]) {
    const auto interval = wilson_interval(one["hits"].get<uint64_t>(), one["trials"].get<uint64_t>());
    for (size_t i : {0, 1})
      EXPECT_NEAR(interval[i], one["interval"][i].get<double>(), kExact)
          << one["hits"] << " of " << one["trials"];
  }
  EXPECT_THAT(wilson_interval(0, 0), ElementsAre(0, 1));
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
    EXPECT_NEAR(metrics.accuracy(), expected["accuracy"].get<double>(), kExact);
    EXPECT_NEAR(metrics.macro_f1(), expected["macro_f1"].get<double>(), kExact);
    EXPECT_NEAR(metrics.macro_recall(), expected["macro_recall"].get<double>(), kExact);
    for (size_t i : {0, 1})
      EXPECT_NEAR(metrics.accuracy_ci95()[i], expected["accuracy_ci95"][i].get<double>(), kExact);
    for (size_t c = 0; c < classes; ++c) {
      EXPECT_NEAR(metrics.precision(c), expected["precision"][c].get<double>(), kExact) << c;
      EXPECT_NEAR(metrics.recall(c), expected["recall"][c].get<double>(), kExact) << c;
      EXPECT_NEAR(metrics.f1(c), expected["f1"][c].get<double>(), kExact) << c;
      EXPECT_EQ(metrics.support(c), expected["support"][c].get<uint64_t>()) << c;
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
  EXPECT_THAT(keys, ElementsAre("rows", "loss", "accuracy", "accuracy_ci95", "macro_f1", "macro_recall",
                                "labels", "per_class", "confusion"));
  EXPECT_EQ(json["labels"].dump(), R"(["no","yes"])");
  EXPECT_EQ(json["confusion"].dump(), "[[0,1],[0,1]]");
  EXPECT_EQ(json["per_class"][1].dump(),
            R"({"label":"yes","precision":0.5,"recall":1.0,"f1":0.6666666666666666,"support":1})");
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
  EXPECT_DOUBLE_EQ(metrics.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(metrics.macro_recall(), 5000.0 / 15000);
  EXPECT_EQ(metrics.to_json()["confusion_triples"].size(), 10'000u);
}

TEST(LabelMetricsTest, WithoutRows) {
  const LabelMetrics metrics(names(3));
  EXPECT_EQ(metrics.rows(), 0U);
  EXPECT_EQ(metrics.accuracy(), 0);
  EXPECT_EQ(metrics.macro_f1(), 0);
  EXPECT_THAT(metrics.accuracy_ci95(), ElementsAre(0, 1));
}

}  // namespace
}  // namespace mtnlp
