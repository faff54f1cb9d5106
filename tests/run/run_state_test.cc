#include "run/run_state.h"

#include <cmath>
#include <limits>

#include "base/json.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

RunState some_state() {
  return {.step = 123,
          .metrics = {{"1", "0.5"}, {"2", "nan"}},
          .losses = {{1.0 / 3, 7}, {0, 0}},
          .options = {{"--lr", {"5e-05"}}, {"--task", {"a=b", "c=d"}}, {"--join", {""}}},
          .encoder = {{"vocab.txt", "00"}},
          .record = {{"split.csv", "11"}}};
}

TEST(RunState, IsReadAsWritten) {
  const TempFolder folder;
  const RunState state = some_state();
  write_run_state(folder.path(), state);
  const RunState read = read_run_state(folder.path());
  EXPECT_EQ(read.step, state.step);
  EXPECT_EQ(read.metrics, state.metrics);
  ASSERT_EQ(read.losses.size(), 2U);
  EXPECT_EQ(read.losses[0].sum, state.losses[0].sum);
  EXPECT_EQ(read.losses[0].weight, 7);
  EXPECT_EQ(read.options, state.options);
  EXPECT_EQ(read.encoder, state.encoder);
  EXPECT_EQ(read.record, state.record);
}

TEST(RunState, HasTheOlderFormatUnlessThereAreSoftLabels) {
  const TempFolder folder;
  RunState state = some_state();
  write_run_state(folder.path(), state);
  EXPECT_EQ(read_json(folder.path() / "resume.json").at("format_version"), 4);
  state.soft = {{"soft.csv", "22"}};
  write_run_state(folder.path(), state);
  EXPECT_EQ(read_json(folder.path() / "resume.json").at("format_version"), 5);
  EXPECT_EQ(read_run_state(folder.path()).soft, state.soft);
}

TEST(RunState, AbsentAndNewerStatesAreRefused) {
  const TempFolder folder;
  expect_error([&] { read_run_state(folder.path()); }, {folder.path().string(), "no state to go on from"});
  write_run_state(folder.path(), some_state());
  Json json = read_json(folder.path() / "resume.json");
  json["format_version"] = RunState::kVersion + 1;
  write_file(folder.path() / "resume.json", json.dump());
  expect_error([&] { read_run_state(folder.path()); }, {"resume.json: format_version is 6", "up to 5"});
}

/// Such a run cannot go on, but eval still asks for the checksums of its split.
TEST(RunState, TheFirstFormatIsRead) {
  const TempFolder folder;
  write_run_state(folder.path(), some_state());
  Json json = read_json(folder.path() / "resume.json");
  json["format_version"] = 1;
  json["options"] = {{"--lr", "5e-05"}, {"--task", "a=b c=d"}};
  json.erase("law");
  write_file(folder.path() / "resume.json", json.dump());
  const RunState read = read_run_state(folder.path());
  EXPECT_EQ(read.law, 1);
  EXPECT_EQ(read.options.at("--task"), std::vector<std::string>{"a=b c=d"});
  EXPECT_EQ(read.record, some_state().record);
}

TEST(RunState, AListIsNotItsValuesInOne) {
  const OptionValues one = {{"--text-column", {"a b"}}}, two = {{"--text-column", {"a", "b"}}};
  EXPECT_NO_THROW(require_same_options(two, two));
  expect_error([&] { require_same_options(two, one); },
               {"--text-column is a b, ", R"(started with "a" "b")"});
  expect_error([&] { require_same_options(one, two); },
               {R"(--text-column is "a" "b", )", "started with a b"});
  expect_error(
      [&] {
        require_same_options({}, {{"--join", {""}}}, {{"--join", {" "}}});
      },
      {R"(--join is "", )"});
}

TEST(RunState, FirstDifferenceIsNamed) {
  const OptionValues was = {{"--epochs", {"3"}}, {"--lr", {"5e-05"}}, {"--task", {"a=b"}}};
  auto now = was;
  now["--lr"] = {"0.00005"};
  EXPECT_NO_THROW(require_same_options(was, now));
  now["--task"] = {"a=c"};
  expect_error(
      [&] {
        require_same_options(was, now, {}, {"--threads", "--device"});
      },
      {"--task is a=c", "started with a=b; only --threads, --device may change"});
  now.erase("--epochs");
  expect_error([&] { require_same_options(was, now); }, {"--epochs is absent", "started with 3"});
  // An option that is younger than the run.
  now = was;
  now["--join"] = {" "};
  expect_error([&] { require_same_options(was, now); }, {"--join"});
  EXPECT_NO_THROW(require_same_options(was, now, {{"--join", {" "}}, {"--lr", {"1"}}}));
  now["--join"] = {"-"};
  expect_error([&] { require_same_options(was, now, {{"--join", {" "}}}); }, {"--join is -, "});

  EXPECT_NO_THROW(require_same_files("e", {{"a", "1"}}, {{"a", "1"}}));
  expect_error(
      [&] {
        require_same_files("e", {{"a", "1"}}, {{"a", "2"}});
      },
      {"e/a: changed", "checksum 1, now 2"});
  expect_error([&] { require_same_files("e", {{"a", "1"}}, {}); }, {"e/a: is gone"});
  expect_error([&] { require_same_files("e", {}, {{"a", "1"}}); }, {"e/a: was not there"});
}

TEST(RunState, AnotherSplitThanTheCheckpointsIsRefused) {
  const TempFolder run;
  const fs::path checkpoint = run.path() / "checkpoint";
  fs::create_directory(checkpoint);
  EXPECT_NO_THROW(require_split_of(checkpoint, run.path()));
  run.write("sources.json", "a");
  run.write("split.csv", "b");
  RunState state = some_state();
  state.record = split_checksums(run.path());
  write_run_state(checkpoint, state);
  EXPECT_NO_THROW(require_split_of(checkpoint, run.path()));
  for (const char* name : {"sources.json", "split.csv"}) {
    const std::string before = read_file(run.path() / name);
    run.write(name, "c");
    expect_error([&] { require_split_of(checkpoint, run.path()); }, {name, "changed since the run started"});
    run.write(name, before);
  }
}

}  // namespace
}  // namespace mtnlp
