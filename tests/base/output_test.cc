#include "mtnlp/base/output.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "testing.h"

namespace mtnlp {
namespace {

using testing::count_entries;
using testing::expect_error;
using testing::TempFolder;

TEST(OutputFileTest, AppearsWhenComplete) {
  const TempFolder folder;
  const fs::path file = folder.write("out.csv", "before");
  {
    OutputFile out(file.string());
    out.stream() << "after";
    out.flush();
    EXPECT_EQ(read_file(file), "before");
    out.commit();
  }
  EXPECT_EQ(read_file(file), "after");
  EXPECT_EQ(count_entries(folder.path()), 1U);
}

TEST(OutputFileTest, WithoutCommitNothingStays) {
  const TempFolder folder;
  { OutputFile(folder.path() / "out.csv").stream() << "half"; }
  EXPECT_EQ(count_entries(folder.path()), 0U);
}

TEST(OutputFileTest, ADeviceStaysADevice) {
  OutputFile out("/dev/null");
  out.stream() << "gone";
  out.commit();
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(OutputFileTest, APipeGetsItAsItComes) {
  const TempFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  OutputFile out(pipe.string());
  out.stream() << "hello";
  out.flush();
  char text[8] = {};
  EXPECT_EQ(read(reader, text, sizeof text), 5);
  EXPECT_STREQ(text, "hello");
  out.commit();
  EXPECT_TRUE(fs::is_fifo(pipe));
  close(reader);
}

TEST(OutputFileTest, ALinkIsFollowedAndNotReplaced) {
  const TempFolder folder;
  folder.write("real.csv", "old and longer");
  fs::create_symlink("real.csv", folder.path() / "link.csv");
  OutputFile out((folder.path() / "link.csv").string());
  out.stream() << "new";
  out.commit();
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link.csv"));
  EXPECT_EQ(read_file(folder.path() / "real.csv"), "new");
}

TEST(OutputFileTest, WhatCannotBeWrittenIsNamed) {
  const TempFolder folder;
  expect_error([&] { OutputFile(folder.path().string()); }, {folder.path().string(), "is a folder"});
  expect_error([&] { OutputFile(folder.path() / "none/out.csv"); }, {"none/out.csv: cannot be written"});
  OutputFile full("/dev/full");
  full.stream() << "text";
  expect_error([&] { full.flush(); }, {"/dev/full: cannot be written: No space left"});
}

}  // namespace
}  // namespace mtnlp
