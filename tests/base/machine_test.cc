#include "base/machine.h"

#include <gmock/gmock.h>

#include "base/threads.h"

namespace mtnlp {
namespace {

TEST(DescribeMachine, NamesTheCpuItsInstructionSetsAndWhatMayBeUsed) {
  EXPECT_THAT(describe_machine(),
              ::testing::MatchesRegex("[^\n]+,( [a-z0-9_]+)*, [0-9]+ CPUs, [0-9.]+ GB of memory"));
  EXPECT_THAT(describe_machine(), ::testing::HasSubstr(", " + std::to_string(available_cpus()) + " CPUs"));
}

}  // namespace
}  // namespace mtnlp
