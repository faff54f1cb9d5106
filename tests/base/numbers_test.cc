#include "base/numbers.h"

#include <cmath>
#include <cstdint>

#include "testing.h"

namespace mtnlp {
namespace {

TEST(Numbers, AllOfTheTextOrNone) {
  EXPECT_EQ(parse_number<int64_t>("42"), 42);
  EXPECT_EQ(parse_number<int64_t>("-1"), -1);
  EXPECT_EQ(parse_number<uint32_t>("4294967295"), 4294967295U);
  for (const char* text : {"", " 3", "3 ", "3x", "1.5", "x", "+1", "0x1", "4294967296", "-1"})
    EXPECT_FALSE(parse_number<uint32_t>(text)) << text;
  EXPECT_EQ(parse_number<double>("1e-3"), 1e-3);
  for (const char* text : {"", " 3", "3 ", "3x", "+1", "0x1", "1e400"})
    EXPECT_FALSE(parse_number<double>(text)) << text;
}

TEST(NumberText, FixedAndShortest) {
  EXPECT_EQ(fixed_text(0.98765, 3), "0.988");
  EXPECT_EQ(fixed_text(-2, 1), "-2.0");
  EXPECT_EQ(fixed_text(std::nan(""), 4), "nan");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(5e-05), "5e-05");
  EXPECT_EQ(number_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(number_text(std::nan("")), "nan");
}

}  // namespace
}  // namespace mtnlp
