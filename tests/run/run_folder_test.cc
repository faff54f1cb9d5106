#include "run/run_folder.h"

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
    fs::create_directories(folder);
    write_file_atomic(folder / "config.json", text);
    fs::create_directory(folder / "1_Pooling");
    write_file_atomic(folder / "1_Pooling" / "config.json", text);
    write_file_atomic(folder / "tasks.json",
                      R"({"checksums": {"config.json": "", "1_Pooling/config.json": ""}})");
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
  expect_error([&] { RunFolder::create(run_, false); }, {run_.string(), "exists already", "overwrite"});
  EXPECT_TRUE(fs::exists(run_ / "best" / "config.json"));
  folder_.write("runs/demo/checkpoints.json", "damaged");
  RunFolder::create(run_, true);
  EXPECT_THAT(names_in(run_), ElementsAre("checkpoints"));
  EXPECT_THAT(checkpoints(), IsEmpty());
}

TEST_F(RunFolderTest, NothingButARunIsOverwritten) {
  fs::create_directories(run_ / "checkpoints");
  folder_.write("runs/demo/thesis.tex", "years of work");
  expect_error([&] { RunFolder::create(run_, true); }, {run_.string(), "thesis.tex", "not a part of a run"});
  EXPECT_THAT(names_in(run_), ElementsAre("checkpoints", "thesis.tex"));
  const fs::path file = folder_.write("file", "x");
  expect_error([&] { RunFolder::create(file, true); }, {file.string(), "is a file"});
  expect_error([&] { RunFolder::require_free(file, false); }, {"is a file"});
  expect_error([&] { RunFolder::create(file / "below", false); }, {"Not a directory"});
}

/// Names that a run gives too do not make it a run's.
TEST_F(RunFolderTest, ForeignContentIsNotOverwritten) {
  const auto expect_kept = [&](const std::string& name) {
    expect_error([&] { RunFolder::create(run_, true); },
                 {run_.string(), fs::path(name).filename().string(), "no"});
    EXPECT_TRUE(fs::exists(fs::symlink_status(run_ / name))) << name;
  };
  const auto begin = [&] {
    fs::remove_all(run_);
    RunFolder::create(run_, false).add_checkpoint(3, Milestone::kBest, content("a"));
  };
  begin();
  write_file(run_ / "checkpoints" / "epoch1.pt", "x");
  expect_kept("checkpoints/epoch1.pt");
  begin();
  fs::create_directory(run_ / "checkpoints" / "step-000100");
  expect_kept("checkpoints/step-000100");
  begin();
  write_file(run_ / "checkpoints" / "step-000003" / "notes.txt", "x");
  expect_kept("checkpoints/step-000003");
  begin();
  fs::remove(run_ / "best");
  fs::create_directory(run_ / "best");
  expect_kept("best");
  begin();
  fs::create_directory(run_ / "test.json");
  expect_kept("test.json");
  begin();
  fs::create_symlink("elsewhere", run_ / "options.toml");
  expect_kept("options.toml");
  begin();
  write_file(run_ / "metrics.csv", "of another tool");
  expect_kept("metrics.csv");
  begin();
  fs::rename(run_ / "checkpoints", folder_.path() / "precious");
  expect_kept("best");
  fs::create_symlink(folder_.path() / "precious", run_ / "checkpoints");
  expect_kept("checkpoints");
  EXPECT_TRUE(fs::exists(folder_.path() / "precious" / "step-000003" / "config.json"));
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
  expect_error([&] { RunFolder::open(folder_.path()); }, {folder_.path().string(), "not a run folder"});
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

/// What a user put beside the checkpoints, or into one, outlives them.
TEST_F(RunFolderTest, OnlyCheckpointsOfTheRunAreRemoved) {
  const RunFolder run = RunFolder::create(run_, false);
  const fs::path folder = run_ / "checkpoints";
  run.add_checkpoint(10, Milestone::kBest, content("ten"));
  write_file(folder / "notes.txt", "mine");
  write_file(folder / "step-000002", "a file");
  fs::copy(folder / "step-000010", folder / "my-backup", fs::copy_options::recursive);
  fs::create_symlink("my-backup", folder / "step-000001");
  fs::create_directory(folder / "step-000004");
  fs::create_directory(folder / "step-000090");
  run.add_checkpoint(20, Milestone::kEpoch, content("twenty"));
  write_file(folder / "step-000020" / "plot.png", "mine");
  run.add_checkpoint(30, Milestone::kBest, content("thirty"));
  run.remove_leftovers();
  EXPECT_THAT(checkpoints(), ElementsAre("my-backup", "notes.txt", "step-000001", "step-000002",
                                         "step-000004", "step-000020", "step-000030", "step-000090"));
  EXPECT_EQ(read_file(folder / "my-backup" / "config.json"), "ten");
}

TEST_F(RunFolderTest, NothingBehindALinkIsRemoved) {
  RunFolder::create(run_, false).add_checkpoint(10, Milestone::kBest, content("ten"));
  const fs::path elsewhere = folder_.path() / "elsewhere";
  fs::rename(run_ / "checkpoints", elsewhere);
  fs::create_directory(elsewhere / ".mtnlp-tmp-mine");
  fs::create_symlink(elsewhere, run_ / "checkpoints");
  const RunFolder run = RunFolder::go_on(run_);
  run.remove_leftovers();
  run.add_checkpoint(20, Milestone::kBest, content("twenty"));
  EXPECT_THAT(names_in(elsewhere), ElementsAre(".mtnlp-tmp-mine", "step-000010", "step-000020"));
}

TEST_F(RunFolderTest, ACheckpointThatAReaderHoldsIsRemovedLater) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(10, Milestone::kEpoch, content("ten"));
  {
    const ModelFolder held = resolve_model(run_ / "last");
    run.add_checkpoint(20, Milestone::kEpoch, content("twenty"));
    EXPECT_EQ(read_file(held.path() / "config.json"), "ten");
    EXPECT_EQ(resolve_model(run_ / "last").path().filename(), "step-000020");
  }
  run.remove_old_checkpoints();
  EXPECT_THAT(checkpoints(), ElementsAre("step-000020"));
}

TEST_F(RunFolderTest, WithoutLinksTheRecordNames) {
  {
    const RunFolder run = RunFolder::create(run_, false);
    run.add_checkpoint(10, Milestone::kBest, content("ten"));
    run.add_checkpoint(20, Milestone::kEpoch, content("twenty"));
  }
  for (const char* name : {"best", "last"}) fs::remove(run_ / name);
  EXPECT_EQ(resolve_model(run_).path(), run_ / "checkpoints" / "step-000010");
  EXPECT_EQ(resolve_model(run_ / "best").path(), run_ / "checkpoints" / "step-000010");
  EXPECT_EQ(resolve_model(run_ / "last/").path(), run_ / "checkpoints" / "step-000020");
  EXPECT_EQ(run_of_model(run_ / "last/"), run_);
  const RunFolder run = RunFolder::go_on(run_);
  EXPECT_EQ(run.last(), run_ / "checkpoints" / "step-000020");
  run.remove_leftovers();
  EXPECT_EQ(link("best"), "checkpoints/step-000010");
}

TEST_F(RunFolderTest, LeftoversOfOthersStay) {
  RunFolder::create(run_, false).add_checkpoint(10, Milestone::kBest, content("ten"));
  const RunFolder run = RunFolder::go_on(run_);
  for (const char* name : {"x.csv", "my-metrics.csv", "metrics.csv", "best"})
    write_file(run_ / (".mtnlp-tmp-" + std::string(name) + "-0123456789abcdef"), "half");
  run.remove_leftovers();
  EXPECT_THAT(names_in(run_),
              ElementsAre(".mtnlp-tmp-my-metrics.csv-0123456789abcdef", ".mtnlp-tmp-x.csv-0123456789abcdef",
                          "best", "checkpoints", "checkpoints.json", "last"));
}

TEST_F(RunFolderTest, WhatWasBeingWrittenIsRemoved) {
  const RunFolder run = RunFolder::create(run_, false);
  run.add_checkpoint(10, Milestone::kBest, content("ten"));
  EXPECT_THROW(run.add_checkpoint(20, Milestone::kBest,
                                  [&](const fs::path&) {
                                    content("twenty")(run_ / "checkpoints" / "step-000020");
                                    throw Error("killed");
                                  }),
               Error);
  EXPECT_THAT(checkpoints(), ElementsAre("step-000010", "step-000020"));
  run.remove_leftovers();
  EXPECT_THAT(checkpoints(), ElementsAre("step-000010"));
  run.add_checkpoint(15, Milestone::kBest, content("fifteen"));
  EXPECT_EQ(read_named_checkpoints(run_), (NamedCheckpoints{"step-000015", "step-000015"}));
}

TEST_F(RunFolderTest, ALostBestIsGoneOnWithout) {
  {
    const RunFolder run = RunFolder::create(run_, false);
    run.add_checkpoint(10, Milestone::kBest, content("ten"));
    run.add_checkpoint(20, Milestone::kEpoch, content("twenty"));
  }
  fs::remove_all(run_ / "checkpoints" / "step-000010");
  const fs::path twenty = run_ / "checkpoints" / "step-000020";
  EXPECT_EQ(resolve_model(run_ / "last").path(), twenty);
  expect_error([&] { resolve_model(run_); }, {"names step-000010"});
  expect_error([&] { resolve_model(run_ / "best"); }, {"names step-000010"});
  const RunFolder run = RunFolder::go_on(run_);
  EXPECT_EQ(run.best(), twenty);
  run.remove_leftovers();
  EXPECT_EQ(resolve_model(run_ / "best").path(), twenty);
  EXPECT_EQ(link("best"), "checkpoints/step-000020");
}

TEST_F(RunFolderTest, LoopsOfLinksAreNamedInOurWords) {
  fs::create_directories(run_);
  fs::create_symlink("loop", run_ / "loop");
  for (const fs::path& model : {run_ / "loop", run_ / "loop" / "best"}) {
    expect_error([&] { resolve_model(model); }, {"loop", ": cannot be read: Too many levels"});
    expect_error([&] { run_of_model(model); }, {"loop", ": cannot be read: Too many levels"});
    expect_error([&] { RunFolder::go_on(model); }, {"loop", ": cannot be read: Too many levels"});
  }
}

TEST_F(RunFolderTest, ARunThatCannotBeUnderstoodIsNotGoneOnWith) {
  RunFolder::create(run_, false).add_checkpoint(10, Milestone::kBest, content("ten"));
  write_file(run_ / "checkpoints.json", "{}");
  expect_error([&] { RunFolder::go_on(run_); }, {"checkpoints.json", "version"});
  fs::remove(run_ / "checkpoints.json");
  EXPECT_EQ(RunFolder::go_on(run_).best(), run_ / "checkpoints" / "step-000010");  // as 0.1.0 left it
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
  EXPECT_EQ(run.best(), "");
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
                                    throw Error("disk full", ErrorKind::kSystem);
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
  content("five")(run_ / "checkpoints" / "step-000005");
  fs::create_symlink("checkpoints/step-000030", run_ / ".mtnlp-tmp-best-99");
  folder_.write("runs/demo/.mtnlp-tmp-metrics.csv-99", "half");
  RunFolder::open(run_);
  EXPECT_EQ(names_in(run_).size(), 6u) << "opening a run must not disturb it";
  run.remove_leftovers();
  EXPECT_THAT(names_in(run_), ElementsAre("best", "checkpoints", "checkpoints.json", "last"));
  EXPECT_THAT(checkpoints(), ElementsAre("step-000010", "step-000020"));
}

/// Kills a writer at many moments: best and last always name a complete checkpoint, and the next start cleans
/// up.
TEST_F(RunFolderTest, SurvivesKills) {
  RunFolder run = RunFolder::create(run_, false);
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
    EXPECT_THAT(names_in(run_), ElementsAre("best", "checkpoints", "checkpoints.json", "last"));
    EXPECT_LE(checkpoints().size(), 3u);  // one may be further than the last that is recorded
    fs::remove_all(run_);
    run = RunFolder::create(run_, false);
    run.add_checkpoint(1, Milestone::kBest, content("1"));
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

TEST_F(RunFolderTest, RunsOfOneSecondGetAFolderEach) {
  const fs::path here = fs::current_path();
  fs::current_path(folder_.path());
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      try {
        RunFolder::create_new().link_latest();
        _exit(0);
      } catch (...) {
        _exit(1);
      }
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto names = names_in("runs");
  EXPECT_EQ(names.size(), 9U);
  EXPECT_EQ(names.back(), "latest");
  EXPECT_THAT(names.front(), MatchesRegex("[0-9]+-[0-9]+(-[0-9]+)?"));
  fs::current_path(here);
}

TEST_F(RunFolderTest, ResolveModel) {
  const RunFolder run = RunFolder::create(run_, false);
  expect_error([&] { resolve_model(run_); }, {run_.string(), "without a checkpoint"});
  run.add_checkpoint(10, Milestone::kEpoch, content("ten"));
  const fs::path ten = run_ / "checkpoints" / "step-000010";
  EXPECT_EQ(resolve_model(run_).path(), ten);
  run.add_checkpoint(20, Milestone::kBest, content("twenty"));
  run.add_checkpoint(30, Milestone::kEpoch, content("thirty"));
  const fs::path twenty = run_ / "checkpoints" / "step-000020";
  EXPECT_EQ(resolve_model(run_).path(), twenty);
  EXPECT_EQ(resolve_model(run_.string() + "/").path(), twenty);
  EXPECT_EQ(resolve_model(run_ / "best").path(), twenty);
  EXPECT_EQ(resolve_model(run_ / "last/").path(), run_ / "checkpoints" / "step-000030");
  EXPECT_EQ(resolve_model(twenty).path(), twenty);
  run.link_latest();
  EXPECT_EQ(read_file(resolve_model(folder_.path() / "runs" / "latest").path() / "config.json"), "twenty");
  // An encoder folder is itself, also through a link.
  fs::create_directory(folder_.path() / "encoder");
  fs::create_symlink("encoder", folder_.path() / "alias");
  EXPECT_EQ(resolve_model(folder_.path() / "encoder/").path(), folder_.path() / "encoder");
  EXPECT_EQ(resolve_model(folder_.path() / "alias").path(), folder_.path() / "alias");
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
  fs::remove(run_ / "best");
  fs::copy(run_ / "checkpoints" / "step-000010", run_ / "best", fs::copy_options::recursive);
  EXPECT_EQ(run_of_model(run_ / "best"), run_);
}

}  // namespace
}  // namespace mtnlp
