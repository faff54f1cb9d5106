#include "run/checkpoints.h"

#include "base/json.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

class CheckpointsTest : public ::testing::Test {
 protected:
  CheckpointsTest() { fs::create_directories(run_ / "checkpoints"); }

  /// A stand-in for save_checkpoint.
  fs::path add(const std::string& name) const {
    const fs::path folder = run_ / "checkpoints" / name;
    fs::create_directories(folder / "1_Pooling");
    write_file(folder / "1_Pooling" / "config.json", name);
    write_file(folder / "tasks.json",
               R"({"name": ")" + name + R"(", "checksums": {"1_Pooling/config.json": ""}})");
    return folder;
  }
  void link(const char* link, const fs::path& target) const {
    fs::remove_all(run_ / link);
    fs::create_symlink(target, run_ / link);
  }
  void expect_named(const std::string& best, const std::string& last) const {
    EXPECT_EQ(read_named_checkpoints(run_), (NamedCheckpoints{best, last}));
  }
  /// As expect_named, with a word of what was assumed.
  void expect_assumed(const std::string& best, const std::string& last, const std::string& best_doubt,
                      const std::string& last_doubt, Need need = Need::kGoOn) const {
    const NamedCheckpoints named = read_named_checkpoints(run_, need);
    EXPECT_EQ(named.best, best);
    EXPECT_EQ(named.last, last);
    EXPECT_THAT(named.best_doubt, ::testing::HasSubstr(best_doubt));
    EXPECT_THAT(named.last_doubt, ::testing::HasSubstr(last_doubt));
    EXPECT_EQ(named.best_doubt.empty(), best_doubt.empty()) << named.best_doubt;
    EXPECT_EQ(named.last_doubt.empty(), last_doubt.empty()) << named.last_doubt;
  }
  void write_metrics(const std::string& rows) const {
    write_file(run_ / "metrics.csv", "epoch,step,a.val_macro_f1,b.val_macro_f1\n" + rows);
  }
  void expect_refused(std::initializer_list<std::string> parts) const {
    expect_error([&] { read_named_checkpoints(run_); }, parts);
  }

  TempFolder folder_;
  fs::path run_ = folder_.path() / "run";
};

TEST_F(CheckpointsTest, Names) {
  EXPECT_EQ(checkpoint_name(7, false), "step-000007");
  EXPECT_EQ(checkpoint_name(1234567, true), "step-1234567-open");
  uint64_t step = 0;
  EXPECT_TRUE(is_checkpoint_name("step-000012-open", &step));
  EXPECT_EQ(step, 12U);
  for (const char* name :
       {"", "step-", "step-open", "step-12", "step-0000012", "step-000012-old", "step--00012",
        "my-step-000012", "step-000012/", "step-+00012", "step-00001x", "step-99999999999999999999"})
    EXPECT_FALSE(is_checkpoint_name(name)) << name;
}

TEST_F(CheckpointsTest, TheRecordCounts) {
  expect_named("", "");
  add("step-000010");
  add("step-000020-open");
  write_named_checkpoints(run_, {"", "step-000020-open"});
  expect_named("", "step-000020-open");
  write_named_checkpoints(run_, {"step-000010", "step-000020-open"});
  link("best", "checkpoints/step-000020-open");
  expect_named("step-000010", "step-000020-open");
}

TEST_F(CheckpointsTest, BadRecordsAreRefused) {
  add("step-000010");
  const auto record = [&](const std::string& text) { write_file(run_ / "checkpoints.json", text); };
  record("{");
  expect_refused({"checkpoints.json", "JSON"});
  record(R"({"version": 2, "last": "step-000010"})");
  expect_refused({"checkpoints.json", "version 2"});
  record(R"({"version": 1, "best": "step-000010", "last": null})");
  expect_refused({"checkpoints.json", "\"last\""});
  record(R"({"version": 1, "best": 3, "last": "step-000010"})");
  expect_refused({"checkpoints.json", "\"best\""});
  record(R"({"version": 1, "best": null, "last": "../../precious"})");
  expect_refused({"checkpoints.json", "precious", "not a name of a checkpoint"});
  record(R"({"version": 1, "best": "step-000010", "last": "step-000020"})");
  expect_refused({"checkpoints.json: names step-000020, which is not in"});
  fs::remove(run_ / "checkpoints.json");
  fs::create_symlink("nowhere", run_ / "checkpoints.json");
  expect_refused({"checkpoints.json"});
}

TEST_F(CheckpointsTest, WithoutARecordLinksOrTheirCopiesCount) {
  add("step-000010");
  expect_named("step-000010", "step-000010");  // there is but one
  add("step-000020");
  expect_refused({"nothing says which of its 2 checkpoints", "ln -s"});
  link("best", "checkpoints/step-000010");
  link("last", fs::absolute(run_ / "checkpoints" / "step-000020"));
  expect_named("step-000010", "step-000020");
  // An archive that knows no links leaves files, one that follows them folders.
  fs::remove(run_ / "best");
  write_file(run_ / "best", "checkpoints/step-000010");
  expect_named("step-000010", "step-000020");
  fs::remove(run_ / "last");
  fs::copy(run_ / "checkpoints" / "step-000020", run_ / "last", fs::copy_options::recursive);
  expect_named("step-000010", "step-000020");
  write_file(run_ / "best", "a note");
  expect_refused({"best: is not one of the checkpoints"});
  link("best", "../precious");
  expect_refused({"best: is not one of the checkpoints"});
  link("best", "checkpoints/step-000030");
  expect_refused({"step-000030", "nothing"});
}

TEST_F(CheckpointsTest, WithoutTheLinkTheNewestIsTheLast) {
  add("step-000010");
  link("best", "checkpoints/step-000010");
  expect_named("step-000010", "step-000010");
  add("step-000020");
  add("step-1000000-open");
  expect_assumed("step-000010", "step-1000000-open", "", "the newest, step-1000000-open");
}

TEST_F(CheckpointsTest, WithoutTheLinkTheBestIsOfTheBestScore) {
  add("step-000030-open");
  link("last", "checkpoints/step-000030-open");
  expect_named("", "step-000030-open");
  add("step-000010");
  expect_assumed("step-000010", "step-000030-open", "the only one after an epoch", "");
  add("step-000020");
  expect_error([&] { read_named_checkpoints(run_, Need::kGoOn); }, {"2 checkpoints is the best", "ln -s"});
  expect_error([&] { read_named_checkpoints(run_, Need::kBest); }, {"2 checkpoints is the best"});
  EXPECT_EQ(read_named_checkpoints(run_, Need::kLast).last, "step-000030-open");
  write_metrics("1,10,0.5,nan\n2,20,0.75,0.25\n");
  expect_assumed("step-000010", "step-000030-open", "step-000010, of those that are left the best", "");
  write_metrics("1,10,0.5,nan\n2,20,0.75,0.26\n");
  expect_assumed("step-000020", "step-000030-open", "step-000020", "");
  write_metrics("1,10,0.5,0.5\n");
  expect_error([&] { read_named_checkpoints(run_, Need::kGoOn); }, {"2 checkpoints is the best"});
}

TEST_F(CheckpointsTest, ALostBestIsChosenAnew) {
  add("step-000020");
  write_named_checkpoints(run_, {"step-000010", "step-000020"});
  expect_refused({"names step-000010, which is not in", "take " + (run_ / "last").string(), "train resume"});
  expect_error([&] { read_named_checkpoints(run_, Need::kBest); }, {"names step-000010"});
  EXPECT_EQ(read_named_checkpoints(run_, Need::kLast).last, "step-000020");
  expect_assumed("step-000020", "step-000020", "step-000010, is gone; step-000020, the only one", "");
  fs::remove(run_ / "checkpoints.json");
  link("best", "checkpoints/step-000010");
  link("last", "checkpoints/step-000020");
  expect_assumed("step-000020", "step-000020", "step-000010, is gone", "");
  // A last that is gone.
  write_named_checkpoints(run_, {"step-000020", "step-000030"});
  EXPECT_EQ(read_named_checkpoints(run_, Need::kBest).best, "step-000020");
  expect_error([&] { read_named_checkpoints(run_, Need::kGoOn); }, {"names step-000030", "make step-000020"});
  // Nothing is left of the ended epochs.
  fs::rename(run_ / "checkpoints" / "step-000020", run_ / "checkpoints" / "step-000020-open");
  write_named_checkpoints(run_, {"step-000010", "step-000020-open"});
  expect_assumed("", "step-000020-open", "the next epoch's is", "");
}

TEST_F(CheckpointsTest, FromAnOlderCheckpointThanTheNewestNothingGoesOn) {
  add("step-000010");
  add("step-000010-open");
  write_named_checkpoints(run_, {"step-000010", "step-000010"});
  expect_assumed("step-000010", "step-000010", "", "");
  add("step-000020");
  add("step-000030-open");
  const auto expect_newer = [&](const std::string& how) {
    expect_error([&] { read_named_checkpoints(run_, Need::kGoOn); },
                 {"holds step-000020, which is newer than its last checkpoint, step-000010", how, "move"});
    EXPECT_EQ(read_named_checkpoints(run_).last, "step-000010");
  };
  expect_newer("checkpoints.json");
  write_named_checkpoints(run_, {"step-000010", "step-000010", "step-000030-open"});
  expect_newer("checkpoints.json");
  write_named_checkpoints(run_, {"step-000020", "step-000010"});
  expect_newer("checkpoints.json");
  fs::remove(run_ / "checkpoints.json");
  link("best", "checkpoints/step-000010");
  link("last", "checkpoints/step-000010");
  expect_newer("point the link last");
  // What a killed run was writing is its own.
  fs::remove_all(run_ / "checkpoints" / "step-000030-open");
  write_named_checkpoints(run_, {"step-000010", "step-000010", "step-000020"});
  EXPECT_EQ(read_named_checkpoints(run_, Need::kGoOn).next, "step-000020");
}

TEST_F(CheckpointsTest, AnOpenCheckpointIsNoBest) {
  add("step-000010-open");
  expect_named("", "step-000010-open");
}

TEST_F(CheckpointsTest, OnlyLinksOfARunAreReplaced) {
  const fs::path best = run_ / "best";
  add("step-000010");
  add("step-000020");
  EXPECT_TRUE(link_checkpoint(run_, "best", "step-000010"));
  EXPECT_TRUE(link_checkpoint(run_, "best", "step-000020"));
  EXPECT_EQ(fs::read_symlink(best), "checkpoints/step-000020");
  fs::remove(best);
  write_file(best, "checkpoints/step-000010");
  EXPECT_TRUE(link_checkpoint(run_, "best", "step-000020"));
  EXPECT_TRUE(fs::is_symlink(best));
  fs::remove(best);
  write_file(best, "a note");
  EXPECT_FALSE(link_checkpoint(run_, "best", "step-000020"));
  EXPECT_EQ(read_file(best), "a note");
  fs::remove(best);
  fs::copy(run_ / "checkpoints" / "step-000010", best, fs::copy_options::recursive);
  EXPECT_TRUE(link_checkpoint(run_, "best", "step-000010"));
  EXPECT_FALSE(link_checkpoint(run_, "best", "step-000020"));
  EXPECT_TRUE(fs::exists(best / "tasks.json"));
}

TEST_F(CheckpointsTest, WhatIsOnlyACheckpoint) {
  const fs::path folder = add("step-000010");
  EXPECT_TRUE(is_only_a_checkpoint(folder));
  write_file(folder / "notes.txt", "mine");
  EXPECT_FALSE(is_only_a_checkpoint(folder));
  fs::remove(folder / "notes.txt");
  fs::create_symlink("..", folder / "up");
  EXPECT_FALSE(is_only_a_checkpoint(folder));
  fs::remove(folder / "up");
  EXPECT_TRUE(is_only_a_checkpoint(folder));
  fs::rename(folder, run_ / "checkpoints" / "backup");
  EXPECT_FALSE(is_only_a_checkpoint(run_ / "checkpoints" / "backup"));
  fs::create_symlink("backup", folder);
  EXPECT_FALSE(is_only_a_checkpoint(folder));
  EXPECT_FALSE(is_only_a_checkpoint(run_ / "checkpoints" / "step-000099"));
  write_file(add("step-000020") / "tasks.json", "{");
  EXPECT_FALSE(is_only_a_checkpoint(run_ / "checkpoints" / "step-000020"));
}

TEST_F(CheckpointsTest, OneWithoutHeadsListsItsFilesInAFileOfItsOwn) {
  const fs::path folder = run_ / "checkpoints" / "step-000003";
  fs::create_directories(folder / "1_Pooling");
  write_file(folder / "model.safetensors", "weights");
  write_file(folder / "1_Pooling" / "config.json", "{}");
  EXPECT_TRUE(all_checkpoints(run_).empty());
  write_file_list(folder);
  EXPECT_EQ(all_checkpoints(run_), std::vector<std::string>{"step-000003"});
  EXPECT_TRUE(is_only_a_checkpoint(folder));
  require_listed_files(folder);
  write_file(folder / "1_Pooling" / "config.json", "[]");
  expect_error([&] { require_listed_files(folder); }, {"1_Pooling/config.json", "checksum", "damaged"});
  fs::remove(folder / "1_Pooling" / "config.json");
  expect_error([&] { require_listed_files(folder); }, {"1_Pooling/config.json", "no such file"});
  write_file(folder / "notes.txt", "mine");
  EXPECT_FALSE(is_only_a_checkpoint(folder));
  write_file(folder / "files.json", R"({"format_version": 2, "checksums": {}})");
  expect_error([&] { require_listed_files(folder); }, {"format_version is 2"});
}

TEST_F(CheckpointsTest, WhatAReaderHoldsIsNotRemoved) {
  const fs::path folder = add("step-000010");
  {
    const auto first = hold_checkpoint(folder), second = hold_checkpoint(folder);
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(remove_checkpoint(folder));
    EXPECT_TRUE(fs::exists(folder / "tasks.json"));
  }
  EXPECT_TRUE(remove_checkpoint(folder));
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_FALSE(hold_checkpoint(folder));
}

}  // namespace
}  // namespace mtnlp
