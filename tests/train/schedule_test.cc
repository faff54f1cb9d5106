#include "train/schedule.h"

#include <map>

#include "base/json.h"
#include "testing.h"

namespace mtnlp {
namespace {

TEST(Schedule, EqualsTransformers) {
  const Json schedules = Json::parse(read_file(testing::test_path("golden/training/schedule.json")));
  EXPECT_EQ(schedules.size(), 24U);
  const std::map<std::string, Schedule> names = {
      {"linear", Schedule::kLinear}, {"cosine", Schedule::kCosine}, {"constant", Schedule::kConstant}};
  for (const Json& schedule : schedules) {
    const auto total = schedule["total"].get<uint64_t>(), warmup = schedule["warmup"].get<uint64_t>();
    const auto factors = schedule["factors"].get<std::vector<double>>();
    ASSERT_EQ(factors.size(), total + 2);
    const Schedule law = names.at(schedule["name"].get<std::string>());
    for (uint64_t step = 0; step < total; ++step)
      EXPECT_NEAR(schedule_factor(law, step, total, warmup), factors[step], 1e-15)
          << "step " << step << " of " << total << ", warm-up " << warmup;
  }
}

}  // namespace
}  // namespace mtnlp
