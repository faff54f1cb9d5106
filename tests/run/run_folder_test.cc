#include "mtnlp/run/run_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using testing::TempFolder;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// A stand-in for save_checkpoint.
std::function<void(const fs::path&)> content(const std::string& text) {
  return [text](const fs::path& folder) {
    write_file_atomic(folder / "config.json", text);
    fs::create_directory(folder / "1_Pooling");
    write_file_atomic(folder / "1_Pooling" / "config.json", text);
  };
}

class RunFolderTest : public ::testing::Test {
 protected:
  std::string link(const char* name) const { return fs::read_symlink(run_ / name).string(); }
  std::vector<std::string> checkpoints() const { return names_in(run_ / "checkpoints"); }

  TempFolder folder_;
  fs::path run_ = folder_.path() / "runs" / "demo";
};

TEST_F(RunFolderTest, IsCreatedWithItsParents) {
  const RunFolder run = RunFolder::create(run_, false);
  EXPECT_EQ(run.path(), run_);
  EXPECT_EQ(run.file("metrics.csv"), run_ / "metrics.csv");
  EXPECT_THAT(names_in(run_), ElementsAre("checkpoints"));
  EXPECT_EQ(RunFolder::open(run_.string() + "/").path(), run_);
}

TEST_F(RunFolderTest, AnExistingRunIsRefusedUnlessOverwritten) {
  RunFolder::create(run_, false).add_checkpoint(3, Milestone::kBest, content("a"));
  folder_.write("runs/demo/options.toml", "x");
  expect_error([&] { RunFolder::create(run_, false); }, {run_.string(), "exists already", "--overwrite"});
  EXPECT_TRUE(fs::exists(run_ / "best" / "config.json"));
  RunFolder::create(run_, true);
  EXPECT_THAT(names_in(run_), ElementsAre("checkpoints"));
  EXPECT_THAT(checkpoints(), IsEmpty());
}

TEST_F(RunFolderTest, NothingButARunIsOverwritten) {
  fs::create_directories(run_ / "checkpoints");
  folder_.write("runs/demo/thesis.tex", "years of work");
  expect_error([&] { RunFolder::create(run_, true); }, {run_.string(), "thesis.tex", "no part of a run"});
  EXPECT_THAT(names_in(run_), ElementsAre("checkpoints", "thesis.tex"));
  const fs::path file = folder_.write("file", "x");
  expect_error([&] { RunFolder::create(file, true); }, {file.string(), "is a file"});
  expect_error([&] { RunFolder::require_free(file, false); }, {"is a file"});
  expect_error([&] { RunFolder::create(file / "below", false); }, {"cannot be written"});
}

TEST_F(RunFolderTest, AnEmptyFolderAndLeftoversAreTaken) {
  fs::create_directories(run_);
  EXPECT_NO_THROW(RunFolder::create(run_, false));
  fs::create_directories(run_ / ".mtnlp-tmp-metrics.csv-1");
  RunFolder::create(run_, true);
  EXPECT_THAT(names_in(run_), ElementsAre("checkpoints"));
}

TEST_F(RunFolderTest, OverwritingThroughALinkKeepsTheLink) {
  RunFolder::create(run_, false).add_checkpoint(1, Milestone::kBest, content("a"));
  fs::create_symlink("demo", folder_.path() / "runs" / "alias");
  RunFolder::create(folder_.path() / "runs" / "alias", true);
  EXPECT_TRUE(fs::is_symlink(folder_.path() / "runs" / "alias"));
  EXPECT_THAT(checkpoints(), IsEmpty());
}

TEST_F(RunFolderTest, OpenNeedsARun) {
  expect_error([&] { RunFolder::open(run_); }, {run_.string(), "no such folder"});
  expect_error([&] { RunFolder::open(folder_.path()); }, {folder_.path().string(), "no run folder"});
}

TEST_F(RunFolderTest, OnlyBestAndLastAreKept) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(10, Milestone::kBest, content("ten"));
  EXPECT_EQ(link("best"), "checkpoints/step-000010");
  EXPECT_EQ(link("last"), "checkpoints/step-000010");
  run.add_checkpoint(20, Milestone::kEpoch, content("twenty"));
  run.add_checkpoint(30, Milestone::kEpoch, content("thirty"));
  EXPECT_THAT(checkpoints(), ElementsAre("step-000010", "step-000030"));
  EXPECT_EQ(read_file(run.best() / "config.json"), "ten");
  EXPECT_EQ(read_file(run.last() / "1_Pooling" / "config.json"), "thirty");
  run.add_checkpoint(1234567, Milestone::kBest, content("much"));
  EXPECT_THAT(checkpoints(), ElementsAre("step-1234567"));
  EXPECT_EQ(link("best"), "checkpoints/step-1234567");
}

TEST_F(RunFolderTest, ACheckpointThatIsThereIsTakenAsItIs) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(10, Milestone::kEpoch, content("ten"));
  EXPECT_FALSE(fs::exists(run.best()));
  run.add_checkpoint(10, Milestone::kBest, [](const fs::path&) { FAIL() << "written again"; });
  EXPECT_EQ(read_file(run.best() / "config.json"), "ten");
}

TEST_F(RunFolderTest, AnOpenEpochIsNotTakenForADoneOne) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(10, Milestone::kOpenEpoch, content("before validation"));
  EXPECT_EQ(link("last"), "checkpoints/step-000010-open");
  EXPECT_FALSE(fs::exists(run.best()));
  run.add_checkpoint(10, Milestone::kBest, content("after"));
  EXPECT_EQ(read_file(run.last() / "config.json"), "after");
  EXPECT_THAT(checkpoints(), ElementsAre("step-000010"));
}

TEST_F(RunFolderTest, TwoWritersOfOneRunAreRefused) {
  {
    const RunFolder run = RunFolder::create(run_, false);
    expect_error([&] { RunFolder::go_on(run_); }, {run_.string(), "another process is training"});
    expect_error([&] { RunFolder::create(run_, true); }, {"another process is training"});
    EXPECT_NO_THROW(RunFolder::open(run_));
  }
  EXPECT_NO_THROW(RunFolder::go_on(run_));
}

TEST_F(RunFolderTest, AFailedCheckpointChangesNothing) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(10, Milestone::kBest, content("ten"));
  EXPECT_THROW(run.add_checkpoint(20, Milestone::kBest,
                                  [](const fs::path& folder) {
                                    write_file_atomic(folder / "config.json", "half");
                                    throw Error("disk full", ExitCode::kFailed);
                                  }),
               Error);
  EXPECT_THAT(checkpoints(), ElementsAre("step-000010"));
  EXPECT_EQ(link("best"), "checkpoints/step-000010");
  EXPECT_EQ(link("last"), "checkpoints/step-000010");
}

/// What kills may leave: `remove_leftovers` clears it and never what a link names.
TEST_F(RunFolderTest, LeftoversGoWhenTheRunGoesOn) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(10, Milestone::kBest, content("ten"));
  run.add_checkpoint(20, Milestone::kEpoch, content("twenty"));
  fs::create_directories(run_ / "checkpoints" / ".mtnlp-tmp-step-000030-99" / "1_Pooling");
  fs::create_directories(run_ / "checkpoints" / "step-000005");
  fs::create_symlink("checkpoints/step-000030", run_ / ".mtnlp-tmp-best-99");
  folder_.write("runs/demo/.mtnlp-tmp-metrics.csv-99", "half");
  RunFolder::open(run_);
  EXPECT_EQ(names_in(run_).size(), 5u) << "opening a run must not disturb it";
  run.remove_leftovers();
  EXPECT_THAT(names_in(run_), ElementsAre("best", "checkpoints", "last"));
  EXPECT_THAT(checkpoints(), ElementsAre("step-000010", "step-000020"));
}

/// Kills a writer at many moments: best and last always name a complete checkpoint, and the next start cleans
/// up.
TEST_F(RunFolderTest, SurvivesKills) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(1, Milestone::kBest, content("1"));
  for (int round = 0; round < 15; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        for (uint64_t step = 2;; ++step)
          run.add_checkpoint(step, step % 2 == 0 ? Milestone::kBest : Milestone::kEpoch,
                             content(std::to_string(step)));
      } catch (...) {
        _exit(1);
      }
    }
    usleep(static_cast<useconds_t>(2000 + 7000 * round));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself";
    for (const char* name : {"best", "last"}) {
      const std::string step =
          std::to_string(std::stoi(link(name).substr(std::string("checkpoints/step-").size())));
      EXPECT_EQ(read_file(run_ / name / "config.json"), step);
      EXPECT_EQ(read_file(run_ / name / "1_Pooling" / "config.json"), step);
    }
    run.remove_leftovers();
    EXPECT_THAT(names_in(run_), ElementsAre("best", "checkpoints", "last"));
    EXPECT_LE(checkpoints().size(), 2u);
    fs::remove_all(run_);
    RunFolder::create(run_, false).add_checkpoint(1, Milestone::kBest, content("1"));
  }
}

TEST_F(RunFolderTest, LinksTheLatestRun) {
  const fs::path latest = folder_.path() / "runs" / "latest";
  RunFolder::create(run_, false).link_latest();
  EXPECT_EQ(fs::read_symlink(latest), "demo");
  RunFolder::create(folder_.path() / "runs" / "second/", false).link_latest();
  EXPECT_EQ(fs::read_symlink(latest), "second");
  fs::remove(latest);
  fs::create_directory(latest);
  RunFolder::open(run_).link_latest();
  EXPECT_FALSE(fs::is_symlink(latest));
}

TEST_F(RunFolderTest, DefaultPathIsNotThereYet) {
  const fs::path here = fs::current_path();
  fs::current_path(folder_.path());
  const fs::path first = RunFolder::default_path();
  EXPECT_THAT(first.string(), MatchesRegex("runs/[0-9]+-[0-9]+"));
  RunFolder::create(first, false);
  EXPECT_NE(RunFolder::default_path(), first);
  fs::current_path(here);
}

TEST_F(RunFolderTest, ResolveModel) {
  const RunFolder run = RunFolder::create(run_, false);
  expect_error([&] { resolve_model(run_); }, {run_.string(), "without a checkpoint"});
  run.add_checkpoint(10, Milestone::kEpoch, content("ten"));
  const fs::path ten = run_ / "checkpoints" / "step-000010";
  EXPECT_EQ(resolve_model(run_), ten);
  run.add_checkpoint(20, Milestone::kBest, content("twenty"));
  run.add_checkpoint(30, Milestone::kEpoch, content("thirty"));
  const fs::path twenty = run_ / "checkpoints" / "step-000020";
  EXPECT_EQ(resolve_model(run_), twenty);
  EXPECT_EQ(resolve_model(run_.string() + "/"), twenty);
  EXPECT_EQ(resolve_model(run_ / "best"), twenty);
  EXPECT_EQ(resolve_model(run_ / "last/"), run_ / "checkpoints" / "step-000030");
  EXPECT_EQ(resolve_model(twenty), twenty);
  run.link_latest();
  EXPECT_EQ(read_file(resolve_model(folder_.path() / "runs" / "latest") / "config.json"), "twenty");
  // An encoder folder is itself, also through a link.
  fs::create_directory(folder_.path() / "encoder");
  fs::create_symlink("encoder", folder_.path() / "alias");
  EXPECT_EQ(resolve_model(folder_.path() / "encoder/"), folder_.path() / "encoder");
  EXPECT_EQ(resolve_model(folder_.path() / "alias"), folder_.path() / "alias");
  expect_error([&] { resolve_model(folder_.path() / "none"); }, {"none", "no such folder"});
  expect_error([&] { resolve_model(folder_.write("file", "")); }, {"file", "is a file"});
}

TEST_F(RunFolderTest, RunOfModel) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(10, Milestone::kBest, content("ten"));
  run.link_latest();
  const fs::path canonical = fs::canonical(run_);
  for (const fs::path& model :
       {run_, run_ / "best", run_ / "last/", run_ / "checkpoints" / "step-000010",
        folder_.path() / "runs" / "latest", folder_.path() / "runs" / "latest" / "best"})
    EXPECT_EQ(fs::canonical(run_of_model(model)), canonical) << model;
  fs::create_directory(folder_.path() / "encoder");
  EXPECT_EQ(run_of_model(folder_.path() / "encoder"), "");
  EXPECT_EQ(run_of_model(folder_.path() / "none"), "");
}

TEST(MetricsTableTest, IsRewrittenFromItsRows) {
  const TempFolder folder;
  const fs::path file = folder.path() / "metrics.csv";
  MetricsTable table({"epoch", "a, b.loss"});
  table.add_row({"1", "0.5"});
  table.write(file);
  table.add_row({"2", ""});
  table.write(file);
  EXPECT_EQ(read_file(file), "epoch,\"a, b.loss\"\n1,0.5\n2,\n");
  const MetricsTable read = MetricsTable::read(file);
  EXPECT_EQ(read.columns(), table.columns());
  EXPECT_EQ(read.rows(), table.rows());
  EXPECT_THROW(table.add_row({"3"}), Error);
  expect_error([&] { MetricsTable::read(folder.path() / "none.csv"); }, {"none.csv", "no such file"});
  expect_error([&] { MetricsTable::read(folder.write("e.csv", "")); }, {"e.csv", "is empty"});
}

}  // namespace
}  // namespace mtnlp
