#include "train/schedule.h"

#include "base/json.h"
#include "testing.h"

namespace mtnlp {
namespace {

TEST(Schedule, EqualsTransformers) {
  const Json schedules = Json::parse(read_file(testing::test_path("golden/training/schedule.json")));
  EXPECT_GE(schedules.size(), 8U);
  for (const Json& schedule : schedules) {
    const auto total = schedule["total"].get<uint64_t>(), warmup = schedule["warmup"].get<uint64_t>();
    const auto factors = schedule["factors"].get<std::vector<double>>();
    ASSERT_EQ(factors.size(), total + 2);
    for (uint64_t step = 0; step < factors.size(); ++step)
      EXPECT_DOUBLE_EQ(linear_schedule(step, total, warmup), factors[step])
          << "step " << step << " of " << total << ", warm-up " << warmup;
  }
}

}  // namespace
}  // namespace mtnlp
