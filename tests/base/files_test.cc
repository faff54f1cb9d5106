#include "base/files.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>
#include <vector>

#include "testing.h"

namespace mtnlp {
namespace {

using testing::count_entries;
using testing::expect_error;
using testing::TempFolder;

template <typename Action>
void expect_failed(Action action, std::initializer_list<std::string> parts) {
  expect_error(action, parts);
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kSystem) << error.what();
  }
}

/// While it lives, no file can grow beyond `bytes`: a full disk, for root too.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(Files, ReadGivesEveryByte) {
  const TempFolder folder;
  std::string content(200'000, 'x');
  content[0] = '\0';
  content.back() = '\xff';
  EXPECT_EQ(read_file(folder.write("a", content)), content);
  EXPECT_EQ(read_file(folder.write("empty", "")), "");
}

TEST(Files, ReadTakesAPipe) {
  const TempFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::jthread writer([&] { std::ofstream(pipe) << "through"; });
  EXPECT_EQ(read_file(pipe), "through");
}

TEST(Files, ReadErrorsNameTheFile) {
  const TempFolder folder;
  expect_error([&] { read_file(folder.path() / "none"); }, {"none: no such file"});
  expect_error([&] { read_file(folder.path()); }, {folder.path().string(), "is a folder"});
  expect_error([&] { read_file(folder.write("file", "") / "below"); }, {"below", "cannot be read"});
  expect_error([] { read_file("/proc/self/mem"); }, {"/proc/self/mem: cannot be read"});
  expect_error([] { file_checksum("/proc/self/mem"); }, {"/proc/self/mem: cannot be read"});
}

TEST(Files, UnreadableFileIsRefused) {
  testing::as_a_user([] {
    const TempFolder folder;
    const fs::path file = folder.write("secret", "x");
    fs::permissions(file, fs::perms::none);
    expect_error([&] { read_file(file); }, {"secret: cannot be read: Permission denied"});
  });
}

TEST(Files, TheSizeOfAWholeReadIsBounded) {
  const TempFolder folder;
  EXPECT_EQ(read_file(folder.write("a", "12345"), 5), "12345");
  expect_error([&] { read_file(folder.path() / "a", 4); }, {"a: is larger than"});
  expect_error([] { read_file("/dev/zero", 1 << 20); }, {"/dev/zero: is larger than 1 MiB"});
  fs::resize_file(folder.path() / "a", kMaxWholeFile + 1);  // a hole
  expect_error([&] { read_file(folder.path() / "a"); }, {"a: is larger than 512 MiB"});
}

TEST(Files, WriteKeepsPermissions) {
  const TempFolder folder;
  const fs::path file = folder.write("a", "old");
  for (const auto mode : {fs::perms{0600}, fs::perms{0644}, fs::perms{0666}, fs::perms{0640}}) {
    fs::permissions(file, mode);
    write_file_atomic(file, "new");
    EXPECT_EQ(fs::status(file).permissions(), mode);
  }
}

TEST(Files, AnErrorOfALongPathNamesTheFolderNotItsSibling) {
  const TempFolder folder;
  fs::path deep = folder.path();
  for (int i = 0; i < 8; ++i) fs::create_directory(deep /= std::string(200, 'x'));
  try {
    write_folder_atomic(deep / "made", [](const fs::path& in) { write_file(in / "no" / "a", "x"); });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.whole(),
              (deep / "made/no/a").string() + ": cannot be written: No such file or directory");
    EXPECT_TRUE(
        std::string(error.what()).ends_with("/made/no/a: cannot be written: No such file or directory"));
  }
}

TEST(Files, ALongNameIsNoObstacle) {
  const TempFolder folder;
  const fs::path file = folder.path() / std::string(250, 'x');
  write_file_atomic(file, "long");
  EXPECT_EQ(read_file(file), "long");
}

TEST(Files, WriteReplacesAndLeavesNothingElse) {
  const TempFolder folder;
  const fs::path file = folder.path() / "a";
  write_file_atomic(file, "one");
  write_file_atomic(file, std::string("t\0o", 3));
  EXPECT_EQ(read_file(file), std::string("t\0o", 3));
  EXPECT_EQ(count_entries(folder.path()), 1U);
}

TEST(Files, FailedWriteLeavesTheFileAsItWas) {
  const TempFolder folder;
  const fs::path file = folder.write("a", "old");
  {
    const FileSizeLimit limit(1000);
    expect_failed([&] { write_file_atomic(file, std::string(5000, 'x')); },
                  {(folder.path() / "a").string() + ": cannot be written: File too large"});
  }
  EXPECT_EQ(read_file(file), "old");
  EXPECT_EQ(count_entries(folder.path()), 1U);
}

TEST(Files, WriteErrorsNameTheFileNotItsSibling) {
  const TempFolder folder;
  const fs::path lost = folder.path() / "none" / "a";
  expect_failed([&] { write_file_atomic(lost, "x"); }, {lost.string() + ": cannot be written"});
  fs::create_directory(folder.path() / "taken");
  expect_failed([&] { write_file_atomic(folder.path() / "taken", "x"); }, {"taken: cannot be written"});
  EXPECT_EQ(count_entries(folder.path()), 1U);
}

TEST(Files, FolderAppearsWhole) {
  const TempFolder folder;
  const fs::path target = folder.path() / "made";
  write_folder_atomic(target, [&](const fs::path& inside) {
    EXPECT_FALSE(fs::exists(target));
    EXPECT_EQ(inside.parent_path(), target.parent_path());  // the same file system, so that rename works
    fs::create_directory(inside / "sub");
    write_file_atomic(inside / "sub" / "a", "x");
    fs::create_symlink("sub/nowhere", inside / "dangling");
  });
  EXPECT_EQ(read_file(target / "sub" / "a"), "x");
  EXPECT_TRUE(fs::is_symlink(target / "dangling"));
  EXPECT_EQ(count_entries(folder.path()), 1U);
}

TEST(Files, FolderDoesNotAppearWhenFillThrows) {
  const TempFolder folder;
  EXPECT_THROW(write_folder_atomic(folder.path() / "made",
                                   [](const fs::path& inside) {
                                     write_file_atomic(inside / "a", "x");
                                     throw std::runtime_error("no");
                                   }),
               std::runtime_error);
  EXPECT_EQ(count_entries(folder.path()), 0U);
}

TEST(Files, FolderErrorsNameTheFolderNotItsSibling) {
  const TempFolder folder;
  const fs::path target = folder.path() / "made";
  expect_failed(
      [&] { write_folder_atomic(target, [](const fs::path& in) { write_file(in / "no" / "a", "x"); }); },
      {(target / "no" / "a").string() + ": cannot be written"});
  EXPECT_EQ(count_entries(folder.path()), 0U);
}

TEST(Files, ExistingFolderIsNotOverwritten) {
  const TempFolder folder;
  const fs::path target = folder.path() / "made";
  const auto fill = [](const fs::path& inside) { write_file_atomic(inside / "a", "new"); };
  fs::create_directory(target);
  write_file_atomic(target / "a", "old");
  expect_failed([&] { write_folder_atomic(target, fill); }, {"made: cannot be written"});
  expect_failed([&] { write_folder_atomic(folder.path() / "none" / "made", fill); }, {"cannot be written"});
  EXPECT_EQ(read_file(target / "a"), "old");
  EXPECT_EQ(count_entries(folder.path()), 1U);
}

TEST(Files, LinkIsSwapped) {
  const TempFolder folder;
  const fs::path link = folder.path() / "best";
  for (const std::string name : {"one", "two"}) {
    fs::create_directory(folder.path() / name);
    swap_link(link, name);
    EXPECT_EQ(fs::read_symlink(link), name);
  }
  EXPECT_TRUE(fs::is_directory(link));
  EXPECT_EQ(count_entries(folder.path()), 3U);
  expect_failed([&] { swap_link(folder.path() / "one", "two"); }, {"one: cannot be written"});
  EXPECT_EQ(count_entries(folder.path()), 3U);
}

TEST(Files, TemporariesAreKnownByTheirNames) {
  const TempFolder folder;
  const std::string left = [&] {  // what a write that is killed leaves, by its real name
    std::string name;
    write_folder_atomic(folder.path() / "made", [&](const fs::path& inside) {
      name = inside.filename().string();
      write_file_atomic(inside / "a", "x");
    });
    return name;
  }();
  EXPECT_TRUE(is_temporary(left));
  EXPECT_TRUE(is_temporary(folder.path() / left));
  for (const char* name : {"kept", ".hidden", "made/.mtnlp"}) EXPECT_FALSE(is_temporary(name)) << name;
}

TEST(Files, ChecksumIsXxh3) {
  EXPECT_EQ(checksum(""), "2d06800538d394c2");  // of the XXH3 specification's test vectors
  const TempFolder folder;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{240}, size_t{241}, (size_t{1} << 20) + 1}) {
    std::string content(size, 'x');
    if (size > 0) content.back() = 'y';
    EXPECT_EQ(file_checksum(folder.write("a", content)), checksum(content));
  }
  EXPECT_NE(checksum("a"), checksum("b"));
  expect_error([&] { file_checksum(folder.path() / "none"); }, {"none: no such file"});
}

TEST(Files, MapHoldsTheBytes) {
  const TempFolder folder;
  MappedFile first(folder.write("a", "abc"));
  const MappedFile moved(std::move(first));
  ASSERT_EQ(moved.bytes().size(), 3U);
  EXPECT_EQ(moved.bytes()[2], std::byte{'c'});
  EXPECT_EQ(moved.path(), folder.path() / "a");
  EXPECT_EQ(MappedFile(folder.write("empty", "")).bytes().size(), 0U);
}

TEST(Files, MapTakesRegularFilesOnly) {
  const TempFolder folder;
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  expect_error([&] { MappedFile(folder.path() / "pipe"); }, {"pipe: is not a regular file"});
  expect_error([&] { MappedFile(folder.path() / "none"); }, {"none: no such file"});
  expect_error([&] { MappedFile file(folder.path()); }, {"is a folder"});
}

TEST(Files, ResourceIsFoundOrReturnedAsGiven) {
  const TempFolder folder;
  EXPECT_EQ(resource_path(folder.path() / "none"), folder.path() / "none");
  EXPECT_EQ(resource_path("no-such-folder/none"), "no-such-folder/none");
}

}  // namespace
}  // namespace mtnlp
