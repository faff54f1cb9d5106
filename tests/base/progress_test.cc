#include "base/progress.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string written(const ProgressOptions& options, uint64_t total, const std::vector<uint64_t>& steps) {
  ::testing::internal::CaptureStderr();  // into a file, which is no terminal
  {
    Progress progress("epoch 1/3", total, "sentences", options);
    for (const uint64_t step : steps) progress.add(step, "loss 0.5");
  }
  return ::testing::internal::GetCapturedStderr();
}

TEST(Progress, PlainLinesOffATerminal) {
  const std::string lines = written({.plain_interval_s = 0}, 40, {10, 30});
  EXPECT_THAT(lines,
              MatchesRegex("epoch 1/3 25% 10/40 sentences, [0-9]+ sentences/s, 0:0[0-9] left, loss 0.5\n"
                           "epoch 1/3 100% 40/40 sentences, [0-9]+ sentences/s, loss 0.5\n"));
  EXPECT_THAT(written({.plain_interval_s = 0}, 0, {7}), HasSubstr("epoch 1/3 7 sentences, "));
}

TEST(Progress, SeldomOffATerminalAndNeverWhenQuiet) {
  EXPECT_EQ(written({}, 40, {10, 30}), "");
  EXPECT_EQ(written({.quiet = true, .plain_interval_s = 0}, 40, {10, 30}), "");
}

}  // namespace
}  // namespace mtnlp
