#include "base/matrix.h"

#include <cmath>
#include <limits>

#include "base/floats.h"
#include "testing.h"

namespace mtnlp {
namespace {

TEST(FirstNotFinite, IsTheRow) {
  Matrix values(4, 3);
  EXPECT_EQ(first_not_finite(values), -1);
  EXPECT_EQ(first_not_finite(Matrix(0, 3)), -1);
  EXPECT_EQ(first_not_finite(Matrix(2, 3, 3e38F)), -1);  // though the sum is not
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    Matrix one = values;
    one.row(2)[1] = bad;
    EXPECT_EQ(first_not_finite(one), 2);
    one.row(1)[0] = -bad;
    EXPECT_EQ(first_not_finite(one), 1);
  }
}

TEST(ScaleToLength1, EachRowByItself) {
  Matrix rows(3, 2);
  rows.values = {3, 4, 0, 0, -3e38F, 0};
  EXPECT_EQ(scale_to_length_1(rows), -1);
  EXPECT_EQ(rows.values, (std::vector<float>{0.6F, 0.8F, 0, 0, -1, 0}));
  rows.values = {1, 0, 3e38F, 3e38F, 2, 0};
  EXPECT_EQ(scale_to_length_1(rows), 1);
}

TEST(Floats, HalfPrecisionByItsDefinition) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31), fraction = static_cast<int>(bits & 1023);
    const float sign = bits < 32768 ? 1.0F : -1.0F, found = from_float16(static_cast<uint16_t>(bits));
    if (exponent == 31) {
      EXPECT_TRUE(fraction == 0 ? found == sign * INFINITY : std::isnan(found)) << bits;
      continue;
    }
    const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                          : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
    EXPECT_EQ(found, sign * magnitude) << bits;
    EXPECT_EQ(std::signbit(found), std::signbit(sign)) << bits;
  }
}

TEST(Floats, BFloat16IsRoundedToNearestEven) {
  EXPECT_EQ(rounded_to_bfloat16(1.0F), 1.0F);
  EXPECT_EQ(rounded_to_bfloat16(1.0F + 0x1p-8F), 1.0F);            // a tie goes to the even one
  EXPECT_EQ(rounded_to_bfloat16(1.0F + 0x3p-8F), 1.0F + 0x1p-6F);  // of the other side
  EXPECT_EQ(rounded_to_bfloat16(1.0F + 0x1.01p-8F), 1.0F + 0x1p-7F);
  EXPECT_EQ(rounded_to_bfloat16(-3.0e38F), -rounded_to_bfloat16(3.0e38F));
  EXPECT_EQ(rounded_to_bfloat16(std::numeric_limits<float>::max()), INFINITY);
  EXPECT_TRUE(std::isnan(rounded_to_bfloat16(std::nanf(""))));
  EXPECT_EQ(from_bfloat16(0x3F80), 1.0F);
}

}  // namespace
}  // namespace mtnlp
