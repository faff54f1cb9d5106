#include "mtnlp/base/numbers.h"

#include <cstdint>

#include "testing.h"

namespace mtnlp {
namespace {

TEST(Numbers, AllOfTheTextOrNone) {
  EXPECT_EQ(parse_whole<int64_t>("42"), 42);
  EXPECT_EQ(parse_whole<int64_t>("-1"), -1);
  EXPECT_EQ(parse_whole<uint32_t>("4294967295"), 4294967295U);
  for (const char* text : {"", " 3", "3 ", "3x", "1.5", "x", "+1", "0x1", "4294967296", "-1"})
    EXPECT_FALSE(parse_whole<uint32_t>(text)) << text;
  EXPECT_EQ(parse_number<double>("1e-3"), 1e-3);
  for (const char* text : {"", " 3", "3 ", "3x", "+1", "0x1", "1e400"})
    EXPECT_FALSE(parse_number<double>(text)) << text;
}

}  // namespace
}  // namespace mtnlp
