// Other widths of floating-point numbers, to and from float.
#pragma once

#include <bit>
#include <cstdint>

namespace mtnlp {

/// Returns the float that has the upper half `bits`: bfloat16.
inline float from_bfloat16(uint16_t bits) {
  return std::bit_cast<float>(uint32_t{bits} << 16);
}

/// Returns `value` rounded to bfloat16, to nearest even.
inline float rounded_to_bfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (value != value) return value;
  return std::bit_cast<float>((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000U);
}

/// Returns the float that equals a half-precision number (IEEE 754 binary16).
inline float from_float16(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000U} << 16, exponent = bits >> 10 & 0x1FU,
                 fraction = bits & 0x3FFU;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = static_cast<float>(fraction) * 0x1p-24F;  // subnormal, or zero
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(small));
}

}  // namespace mtnlp
