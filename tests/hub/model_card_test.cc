#include "hub/model_card.h"

#include "tasks/label_metrics.h"
#include "tasks/task_kind.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing::TempFolder;

ModelSettings settings_of(const std::vector<Task>& tasks) {
  ModelSettings settings;
  settings.tasks = tasks;
  return settings;
}

TEST(ModelCard, HasAHeaderForTheHub) {
  ModelSettings settings = settings_of({{"mood", {"up", "do\"wn|"}}});
  settings.provenance = {{"license", "apache-2.0"}, {"base_model", "owner/name"}, {"encoder", "name"}};
  const std::string before = model_card(settings);
  EXPECT_THAT(before,
              StartsWith("---\nlibrary_name: sentence-transformers\npipeline_tag: text-classification\n"
                         "license: \"apache-2.0\"\nbase_model: \"owner/name\"\ntags: ["));
  EXPECT_THAT(before, Not(HasSubstr("model-index")));
  EXPECT_THAT(before, HasSubstr("Probabilities are not calibrated"));
  settings.tasks[0].decision.temperature = 2;
  LabelMetrics metrics(settings.tasks[0].labels);
  for (const size_t guess : {0, 0, 1}) metrics.add(0, guess, 0.5);
  CardFacts facts{{{"rows.csv", "abc", 9}}, {{4, 2, 3}}, {{{"up", 3}, {"do\"wn|", 1}}}};
  facts.scores["mood"] = metrics.to_json();
  const std::string card = model_card(settings, facts);
  EXPECT_THAT(card, HasSubstr("model-index:\n- name: \"mood\"\n  results:\n  - task:\n"));
  EXPECT_THAT(card, HasSubstr("    - type: accuracy\n      value: 0.6666666666666666\n      name: accuracy\n"
                              "      args:\n        interval_95: ["));
  EXPECT_THAT(card, HasSubstr("| rows.csv | 9 | abc |\n"));
  EXPECT_THAT(card, HasSubstr("| mood | 4 | 2 | 3 | up 3, do\"wn\\| 1 |\n"));
  EXPECT_THAT(card, HasSubstr("| mood | accuracy | 0.6667 | "));
  EXPECT_THAT(card, HasSubstr("Probabilities are calibrated on validation rows"));
  EXPECT_THAT(card, Not(HasSubstr("shifted towards")));
}

TEST(ModelCard, SaysOfWhichTasksProbabilitiesAreCalibrated) {
  const Task mood{"mood", {"up", "down"}, &default_task_kind(), {2, {}, {}}}, plain{"plain", {"a", "b"}},
      stars{"stars", {}, &find_task_kind("regression", ""), {}, Scale{}};
  const std::string both = model_card(settings_of({mood, plain, stars}));
  EXPECT_THAT(both, HasSubstr("- Probabilities of mood are calibrated on validation rows"));
  EXPECT_THAT(both, HasSubstr("- Probabilities of plain are not calibrated"));
  EXPECT_THAT(model_card(settings_of({stars})), Not(HasSubstr("Probabilities")));
}

TEST(LicenseInCard, IsThatOfTheHeader) {
  TempFolder folder;
  EXPECT_EQ(license_in_card(folder.path()), "");
  folder.write("README.md", "# A model\nlicense: mit\n");
  EXPECT_EQ(license_in_card(folder.path()), "");
  folder.write("README.md", "---\nlanguage: en\nlicense: \"mit\"\r\n---\n");
  EXPECT_EQ(license_in_card(folder.path()), "mit");
  folder.write("MODEL_CARD.md", "---\nlicense: apache-2.0\n---\n");
  EXPECT_EQ(license_in_card(folder.path()), "apache-2.0");
  folder.write("MODEL_CARD.md", "---\n---\nlicense: gpl\n");
  EXPECT_EQ(license_in_card(folder.path()), "mit");
}

}  // namespace
}  // namespace mtnlp
