#include "base/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

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

TEST(OutputFileTest, PermissionsAreKept) {
  const TempFolder folder;
  const fs::path file = folder.write("out.csv", "before");
  for (const auto mode : {fs::perms{0600}, fs::perms{0644}, fs::perms{0666}, fs::perms{0751}}) {
    fs::permissions(file, mode);
    OutputFile out(file.string());
    out.stream() << "after";
    out.commit();
    EXPECT_EQ(fs::status(file).permissions(), mode);
  }
}

TEST(OutputFileTest, UntilItIsDoneOnlyTheOwnerReadsIt) {
  const TempFolder folder;
  const fs::path file = folder.write("out.csv", "secret");
  fs::permissions(file, fs::perms{0600});
  const OutputFile out(file.string());
  for (const auto& entry : fs::directory_iterator(folder.path()))
    EXPECT_EQ(entry.status().permissions(), fs::perms{0600}) << entry.path();
}

TEST(OutputFileTest, TheOwnerIsKept) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const TempFolder folder;
  const fs::path file = folder.write("out.csv", "before");
  ASSERT_EQ(chown(file.c_str(), 4321, 1234), 0);
  OutputFile out(file.string());
  out.commit();
  struct stat info {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 4321U);
  EXPECT_EQ(info.st_gid, 1234U);
}

TEST(OutputFileTest, OfLinksTheFileAtTheirEndIsReplaced) {
  const TempFolder folder;
  fs::create_directory(folder.path() / "sub");
  folder.write("sub/real.csv", "before");
  fs::create_symlink("sub/second.csv", folder.path() / "first.csv");
  fs::create_symlink("real.csv", folder.path() / "sub/second.csv");
  std::ifstream reader(folder.path() / "sub/real.csv");
  {
    OutputFile out((folder.path() / "first.csv").string());
    out.stream() << "after";
    out.flush();
    EXPECT_EQ(read_file(folder.path() / "first.csv"), "before");
    out.commit();
  }
  EXPECT_TRUE(fs::is_symlink(folder.path() / "first.csv"));
  EXPECT_TRUE(fs::is_symlink(folder.path() / "sub/second.csv"));
  EXPECT_EQ(read_file(folder.path() / "sub/real.csv"), "after");
  EXPECT_EQ(count_entries(folder.path() / "sub"), 2U);
  std::string text;
  EXPECT_TRUE(reader >> text);
  EXPECT_EQ(text, "before");  // whoever reads the old file has all of it
}

TEST(OutputFileTest, ALinkToNothingMakesTheFile) {
  const TempFolder folder;
  fs::create_symlink("real.csv", folder.path() / "link.csv");
  OutputFile out((folder.path() / "link.csv").string());
  out.stream() << "new";
  out.commit();
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link.csv"));
  EXPECT_EQ(read_file(folder.path() / "real.csv"), "new");
}

TEST(OutputFileTest, AFileThatNothingCanBePutBesideIsWrittenItself) {
  testing::as_a_user([] {
    const TempFolder folder;
    const fs::path file = folder.write("out.csv", "before and longer");
    fs::permissions(folder.path(), fs::perms{0500});
    EXPECT_NO_THROW(check_output(file.string(), "other"));
    expect_error([&] { check_output(file.string(), file.string()); }, {"is the output too"});
    expect_error([&] { check_output(folder.path() / "new.csv"); },
                 {"new.csv: cannot be written: Permission"});
    {
      OutputFile out(file.string());
      out.stream() << "after";
      out.commit();
    }
    EXPECT_EQ(read_file(file), "after");
    fs::permissions(folder.path(), fs::perms{0700});
  });
}

TEST(OutputFileTest, DescriptorsThatWereGivenAreWrittenWhereTheyStand) {
  const TempFolder folder;
  const fs::path file = folder.path() / "given";
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT, 0600);
  ASSERT_EQ(write(fd, "head ", 5), 5);
  {
    OutputFile out(str("/dev/fd/", fd));
    out.stream() << "body ";
    out.commit();
  }
  ASSERT_EQ(write(fd, "tail", 4), 4);
  close(fd);
  EXPECT_EQ(read_file(file), "head body tail");
  expect_error([&] { OutputFile(str("/dev/fd/", fd)); }, {"Bad file descriptor"});
}

TEST(OutputFileTest, AnOutputThatIsItsInputIsSafeOrRefused) {
  const TempFolder folder;
  const fs::path file = folder.write("rows.csv", "text");
  fs::create_symlink("rows.csv", folder.path() / "link.csv");
  fs::create_hard_link(file, folder.path() / "hard.csv");
  for (const char* name : {"rows.csv", "link.csv", "hard.csv"})
    EXPECT_NO_THROW(check_output((folder.path() / name).string(), file.string()));
  const int fd = open(file.c_str(), O_WRONLY | O_APPEND);
  for (const char* name : {"rows.csv", "link.csv", "hard.csv"})
    expect_error([&] { check_output(str("/dev/fd/", fd), (folder.path() / name).string()); },
                 {name, "is the output too"});
  EXPECT_NO_THROW(check_output(str("/dev/fd/", fd), folder.write("other.csv", "")));
  close(fd);
  EXPECT_NO_THROW(check_output("/dev/null", "/dev/null"));
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect_error([&] { check_output(pipe.string(), pipe.string()); }, {"pipe: is the output too"});
}

TEST(OutputFileTest, TheCheckWritesNothing) {
  const TempFolder folder;
  EXPECT_NO_THROW(check_output(folder.path() / "new.csv"));
  expect_error([&] { check_output(folder.path() / "none/new.csv"); },
               {"none/new.csv: there is no folder", "/none"});
  expect_error([&] { check_output(folder.path()); }, {"is a folder, not a file"});
  expect_error([&] { check_output(""); }, {"an empty file name"});
  fs::create_symlink("loop", folder.path() / "loop");
  expect_error([&] { check_output(folder.path() / "loop"); }, {"loop: cannot be written: Too many levels"});
  fs::remove(folder.path() / "loop");
  EXPECT_EQ(count_entries(folder.path()), 0U);
}

TEST(OutputFileTest, LargeWritesAndSeeksArrive) {
  const TempFolder folder;
  OutputFile out((folder.path() / "out").string());
  EXPECT_TRUE(out.can_seek());
  const std::string block(100'000, 'x');
  for (int i = 0; i < 10; ++i) out.stream() << block << i;
  out.stream().seekp(0);
  out.stream() << "start";
  out.stream().seekp(0, std::ios::end);
  out.stream() << "end";
  out.commit();
  const std::string content = read_file(folder.path() / "out");
  EXPECT_EQ(content.size(), 1'000'013U);
  EXPECT_TRUE(content.starts_with("startx"));
  EXPECT_TRUE(content.ends_with("x9end"));
}

TEST(OutputFileTest, WhatCannotBeWrittenIsNamed) {
  const TempFolder folder;
  expect_error([&] { OutputFile(folder.path().string()); }, {folder.path().string(), "is a folder"});
  expect_error([&] { OutputFile(folder.path() / "none/out.csv"); }, {"none/out.csv: there is no folder"});
  OutputFile full("/dev/full");
  full.stream() << "text";
  expect_error([&] { full.flush(); }, {"/dev/full: cannot be written: No space left"});
}

}  // namespace
}  // namespace mtnlp
