// Products of bfloat16 numbers with prepacked weights, by AMX or by AVX512_BF16's vdpbf16ps.
#include "kernels/kernels.h"
#include "kernels/matrix_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/product_bfloat16.cc"
#include <hwy/foreach_target.h>

#include "kernels/matrix_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3_DL
/// Each lane sums two products, in float.
struct BFloats {
  using Left = BFloat16;
  using Right = BFloat16;
  using Number = float;
  using Sum = V<Wide>;
  using Factors = hn::Vec<Integers>;
  static constexpr size_t kGroup = 2, kRows = 6, kVectors = 4, kBlock = 192;
  static HWY_INLINE Wide sums_tag() { return {}; }
  static HWY_INLINE Sum zero() { return hn::Zero(Wide()); }
  static HWY_INLINE Factors row(const BFloat16* w) { return load_groups(w); }
  static HWY_INLINE Factors spread(const BFloat16* x) { return spread_group(x); }
  static HWY_INLINE Sum add(Sum sum, Factors x, Factors w) {
    asm("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "v"(w.raw));
    return sum;
  }
  template <int kFirst>
  static HWY_INLINE void add_tiles() {
    if constexpr (kFirst == 0)
      asm volatile("tdpbf16ps %tmm6, %tmm4, %tmm0\n\ttdpbf16ps %tmm7, %tmm4, %tmm1");
    else
      asm volatile("tdpbf16ps %tmm6, %tmm5, %tmm2\n\ttdpbf16ps %tmm7, %tmm5, %tmm3");
  }
};

template <bool kGelu>
HWY_INLINE void multiply_bfloats(const PrepackedWeight<BFloat16>& weight, size_t rows, const BFloat16* x,
                                 float* out) {
  const auto value = [&](size_t, size_t output, V<Wide> sum)
                         HWY_ATTR { return hn::Add(sum, hn::LoadU(Wide(), weight.bias + output)); };
  if (has_matrix_tiles() && fits_tiles<BFloats>(weight.columns))
    return multiply_by_tiles<BFloats, kGelu>(weight, rows, x, out, value);
  multiply<BFloats, kGelu>(weight, rows, x, out, value);
}

void product_of_bfloats(const PrepackedWeight<BFloat16>& weight, size_t rows, const BFloat16* x, bool gelu,
                        float* out) {
  gelu ? multiply_bfloats<true>(weight, rows, x, out) : multiply_bfloats<false>(weight, rows, x, out);
}

void prepack_bfloats(size_t outputs, size_t columns, const BFloat16* weight, BFloat16* prepacked) {
  prepack_panels<BFloats>(outputs, columns, weight, prepacked);
}

bool has_bfloat16_here() {
  // vdpbf16ps does as many products in a cycle as a product of floats on AMD's CPUs, half as many on Intel's.
  return has_matrix_tiles() || (__builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_is("amd") != 0);
}
#else
void product_of_bfloats(const PrepackedWeight<BFloat16>&, size_t, const BFloat16*, bool, float*) {}
void prepack_bfloats(size_t, size_t, const BFloat16*, BFloat16*) {}
bool has_bfloat16_here() {
  return false;
}
#endif

void round_any(size_t count, const float* x, BFloat16* to) {
  with_lanes(count, [&](auto d) HWY_ATTR {
    for (size_t i = 0; i < count; i += hn::Lanes(d)) store(hn::LoadU(d, x + i), d, to + i);
  });
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mtnlp::kernels {

HWY_EXPORT(product_of_bfloats);
HWY_EXPORT(prepack_bfloats);
HWY_EXPORT(has_bfloat16_here);
HWY_EXPORT(round_any);

bool has_bfloat16_products() {
  return HWY_DYNAMIC_DISPATCH(has_bfloat16_here)();
}

void prepack(size_t outputs, size_t columns, const BFloat16* weight, BFloat16* prepacked) {
  HWY_DYNAMIC_DISPATCH(prepack_bfloats)(outputs, columns, weight, prepacked);
}

void product(const PrepackedWeight<BFloat16>& weight, size_t rows, const BFloat16* x, bool gelu, float* out) {
  HWY_DYNAMIC_DISPATCH(product_of_bfloats)(weight, rows, x, gelu, out);
}

void round_to_bfloat16(size_t count, const float* x, BFloat16* to) {
  HWY_DYNAMIC_DISPATCH(round_any)(count, x, to);
}

}  // namespace mtnlp::kernels
#endif
