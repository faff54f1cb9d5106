#include "sweep/summary.h"

#include <cmath>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::HasSubstr;
using testing::TempFolder;

/// Scores by setting and seed; a NaN is a run whose loss was not finite.
SweepRecord record_of(const std::vector<std::vector<double>>& scores) {
  SweepRecord record;
  record.epochs = 2;
  record.rungs.resize(1);
  for (size_t seed = 0; seed < scores[0].size(); ++seed) record.seeds.push_back(seed);
  for (size_t setting = 0; setting < scores.size(); ++setting) {
    record.settings.push_back({{"lr", "1e-" + std::to_string(setting)}});
    record.rungs[0].push_back(setting);
    for (size_t seed = 0; seed < scores[setting].size(); ++seed) {
      const double score = scores[setting][seed];
      RunOutcome& run = record.runs[run_name(setting, seed)];
      run = {2,
             10,
             {{"score", score},
              {"epochs", 2},
              {"trained_parameters", 7},
              {"validation", {{"a", {{"loss", 1 - score}}}}}},
             ""};
      if (std::isnan(score)) run = {2, 1, {}, "the loss is not finite"};
    }
  }
  return record;
}

std::string verdict_of(const std::vector<std::vector<double>>& scores) {
  const SweepRecord record = record_of(scores);
  return verdict(record, summarize(record));
}

TEST(SummaryTest, AWinnerIsNamedOnlyBeyondTheNoise) {
  EXPECT_THAT(verdict_of({{0.70, 0.71, 0.72}, {0.90, 0.91, 0.92}}), HasSubstr("\"lr=1e-1\" is the best"));
  const std::string close = verdict_of({{0.70, 0.71, 0.72}, {0.71, 0.72, 0.73}});
  EXPECT_THAT(close, HasSubstr("cannot be told apart with 3 seeds"));
  EXPECT_THAT(close, HasSubstr("; about 9 would do"));
  EXPECT_THAT(verdict_of({{0.7305, 0.7909}, {0.4619, 0.4771}}),
              HasSubstr("cannot be told apart with 2 seeds; about 3 would do"));
  EXPECT_THAT(verdict_of({{0.7}, {0.9}}), HasSubstr("with one seed a difference cannot be told from chance"));
  EXPECT_THAT(verdict_of({{0.7, 0.8}}), HasSubstr("no other setting"));
  EXPECT_THAT(verdict_of({{NAN, NAN}}), HasSubstr("no setting has a score"));
}

TEST(SummaryTest, AWinnerIsAheadOfAllThatCameAsFar) {
  // The second mean is near and steady, the third may be anything.
  const std::string noisy = verdict_of({{0.90, 0.91, 0.92}, {0.80, 0.81, 0.82}, {0.60, 0.80, 0.97}});
  EXPECT_THAT(noisy, HasSubstr("\"lr=1e-0\" and \"lr=1e-2\" cannot be told apart"));
  EXPECT_THAT(verdict_of({{0.90, 0.91, 0.92}, {0.89, 0.91, 0.93}, {0.60, 0.80, 0.97}}),
              HasSubstr(", and 1 other, cannot be told apart"));
  EXPECT_THAT(verdict_of({{0.90, 0.91, 0.92}, {0.80, 0.81, 0.82}, {0.2, NAN, NAN}}),
              HasSubstr("is the best"));
}

TEST(SummaryTest, TheSeedsThatWouldDoTellItFromAllThatAreNear) {
  EXPECT_THAT(verdict_of({{0.9015, 0.901, 0.9033}, {0.90, 0.902, 0.904}, {0.2, 0.6, 0.999}}),
              HasSubstr("more than 1000 would be needed"));
}

TEST(SummaryTest, WithAFailedRunEachTheOthersAreCompared) {
  EXPECT_THAT(verdict_of({{NAN, 0.91, 0.9}, {NAN, 0.5, 0.6}, {NAN, NAN, NAN}}), HasSubstr("\"lr=1e-1\""));
}

TEST(SummaryTest, SettingsOfAnEarlierRungComeBehindWhateverTheirScore) {
  SweepRecord record = record_of({{0.9, 0.91}, {0.5, 0.51}});
  record.rungs.push_back({1});
  const auto summaries = summarize(record);
  EXPECT_EQ(summaries[0].setting, 1U);
  EXPECT_THAT(verdict(record, summaries), HasSubstr("no other setting came as far"));
}

TEST(SummaryTest, EpochsAreThoseThatTheRunsTrained) {
  SweepRecord record = record_of({{0.5, 0.6}, {0.7, 0.8}});
  for (const uint64_t seed : record.seeds) record.runs[run_name(0, seed)].results["epochs"] = 4;
  const auto summaries = summarize(record);  // more epochs do not rank higher
  EXPECT_EQ(summaries[0].setting, 1U);
  EXPECT_EQ(summaries[0].epochs, 2U);
  EXPECT_EQ(summaries[1].epochs, 4U);
}

TEST(SummaryTest, AScoreThatIsNotKnownDoesNotCount) {
  SweepRecord record = record_of({{0.5, 0.6}});
  for (auto& [name, run] : record.runs) run.results["score"] = nullptr;
  const auto summaries = summarize(record);
  EXPECT_EQ(summaries[0].score.count, 0U);
  EXPECT_THAT(verdict(record, summaries), HasSubstr("no setting has a score"));
  EXPECT_THAT(summary_table(record, summaries), HasSubstr("none"));
}

TEST(SummaryTest, ASettingWithAFailedRunComesBehind) {
  const SweepRecord record = record_of({{0.99, NAN, 0.99}, {0.7, 0.7, 0.7}});
  const auto summaries = summarize(record);
  EXPECT_EQ(summaries[0].setting, 1U);
  EXPECT_EQ(summaries[1].failed, 1U);
  EXPECT_EQ(summaries[1].score.count, 2U);
}

TEST(SummaryTest, TheTableHasARowForEachSettingAndTask) {
  const SweepRecord record = record_of({{0.5, 0.7}});
  const std::string csv = summary_csv(record, summarize(record));
  EXPECT_THAT(csv, HasSubstr("setting,lr,trained_epochs,seeds,failed,seconds,trained_parameters,score,score_"
                             "ci95,task,loss,loss_ci95\n"
                             "0,1e-0,2,2,0,10.0,7,0.6,"));
  EXPECT_THAT(summary_table(record, summarize(record)), HasSubstr("lr=1e-0"));
}

TEST(RecordTest, IsReadAsWritten) {
  const TempFolder folder;
  SweepRecord record = record_of({{0.5, 0.7}, {NAN, 1.0 / 3}});
  record.budget = 1800;
  record.jobs = 4;
  record.seconds_per_epoch = 1.25;
  record.write(folder.path());
  const SweepRecord read = SweepRecord::read(folder.path());
  EXPECT_EQ(read.settings, record.settings);
  EXPECT_EQ(read.seeds, record.seeds);
  EXPECT_EQ(read.rungs, record.rungs);
  EXPECT_EQ(read.budget, 1800);
  EXPECT_EQ(read.seconds_per_epoch, 1.25);
  EXPECT_EQ(read.runs.at("001-seed1").score(), 1.0 / 3);
  EXPECT_EQ(read.runs.at("001-seed0").failure, "the loss is not finite");
  testing::expect_error([&] { SweepRecord::read(folder.path() / "none"); },
                        {"none", "not the folder of a sweep"});
  folder.write("sweep.json", "{\"version\": 2}");
  testing::expect_error([&] { SweepRecord::read(folder.path()); }, {"sweep.json", "version is 2"});
  folder.write("sweep.json", "{\"version\": 1, \"settings\": [3]}");
  testing::expect_error([&] { SweepRecord::read(folder.path()); }, {"sweep.json", "settings"});
}

TEST(SummaryTest, TasksOfOtherKindsHaveColumnsOfTheirOwn) {
  SweepRecord record = record_of({{0.5}});
  record.runs.begin()->second.results["validation"] = {{"a", {{"loss", 0.25}, {"macro_f1", 0.5}}},
                                                       {"b", {{"loss", 0.75}, {"r2", -0.5}}}};
  const std::string table = summary_table(record, summarize(record));
  EXPECT_THAT(table, ::testing::ContainsRegex("setting +task +loss +macro_f1 +r2\n"));
  EXPECT_THAT(table, ::testing::ContainsRegex("a +0.2500 +0.5000 +-\n"));
  EXPECT_THAT(table, ::testing::ContainsRegex("b +0.7500 +- +-0.5000\n"));
}

}  // namespace
}  // namespace mtnlp
