#include "base/placeholder.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

TEST(Placeholder, WhatStandsForAFileIsRefused) {
  const TempFolder folder;
  for (const std::string version : {"v1", "v2"})
    expect_error(
        [&] {
          refuse_placeholder(folder.write(
              "a.bin", "version https://git-lfs.github.com/spec/" + version + "\noid sha256:0\n"));
        },
        {"a.bin: is a git-lfs pointer", "git lfs pull"});
  expect_error([&] { refuse_placeholder(folder.write("b.bin", "")); }, {"b.bin: is empty", "download"});
  fs::create_symlink("nowhere", folder.path() / "c.bin");
  EXPECT_TRUE(is_there(folder.path() / "c.bin"));
  expect_error([&] { refuse_placeholder(folder.path() / "c.bin"); },
               {"c.bin: is a link to a file that is not"});
}

TEST(Placeholder, OtherFilesAreNone) {
  const TempFolder folder;
  for (const char* content :
       {"x", "version https://git-lfs.github.com/", "version", "\nversion https://git-lfs"})
    EXPECT_NO_THROW(refuse_placeholder(folder.write("a", content))) << content;
  fs::create_symlink("a", folder.path() / "link");
  EXPECT_NO_THROW(refuse_placeholder(folder.path() / "link"));
  EXPECT_NO_THROW(refuse_placeholder(folder.path() / "none"));
  EXPECT_NO_THROW(refuse_placeholder(folder.path()));
  EXPECT_FALSE(is_there(folder.path() / "none"));
  EXPECT_TRUE(is_there(folder.path()));
}

}  // namespace
}  // namespace mtnlp
