#include "base/log.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/files.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

TEST(Log, AMessageIsOneLineThatHidesNothing) {
  const TempFolder folder;
  init_logging({.quiet = true});
  {
    const ScopedLogFile file(folder.path() / "train.log");
    log_info("label \x1b[31mred\x1b[0m\n2026-01-01 00:00:00 error forged\r\u202E\xff");
    log_info(std::string(100'000, 'x'));
  }
  log_info("not in the file");
  const std::string log = read_file(folder.path() / "train.log");
  EXPECT_THAT(log, ::testing::HasSubstr(
                       "label \\x1b[31mred\\x1b[0m\\n2026-01-01 00:00:00 error forged\\r\\u{202e}\\xff\n"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2);
  EXPECT_LT(log.size(), 3000U);
}

TEST(Log, AFileThatCannotBeWrittenIsNamed) {
  init_logging({.quiet = true});
  expect_error([] { ScopedLogFile("/none/train.log"); },
               {"/none/train.log: cannot be written: No such file"});
  const ScopedLogFile full("/dev/full");
  expect_error([] { log_info("text"); }, {"/dev/full: cannot be written: No space left"});
}

TEST(Log, OfALibraryGoesToItsProgram) {
  std::vector<std::pair<LogLevel, std::string>> got;
  init_logging([&](LogLevel level, const std::string& message) { got.emplace_back(level, message); });
  log_debug("dropped");
  log_info("one\ntwo");
  log_warning("odd");
  init_logging({.quiet = true});
  log_info("elsewhere");
  EXPECT_EQ(got, (std::vector<std::pair<LogLevel, std::string>>{{LogLevel::kInfo, "one\\ntwo"},
                                                                {LogLevel::kWarning, "odd"}}));
}

}  // namespace
}  // namespace mtnlp
