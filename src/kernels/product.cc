// Products of floats with prepacked weights.
#include "kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/product.cc"
#include <hwy/foreach_target.h>

#include "kernels/multiply-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

struct Floats {
  using Left = float;
  using Right = float;
  using Number = float;
  using Sum = V<Wide>;
  using Factors = V<Wide>;
  static constexpr size_t kGroup = 1, kRows = 6, kVectors = kWideVectors ? 4 : 2;
  static constexpr size_t kBlock = kWideVectors ? 128 : 192;
  static HWY_INLINE Wide sums_tag() { return {}; }
  static HWY_INLINE Sum zero() { return hn::Zero(Wide()); }
  static HWY_INLINE Factors row(const float* w) { return hn::LoadU(Wide(), w); }
  static HWY_INLINE Factors spread(const float* x) { return hn::Set(Wide(), *x); }
  static HWY_INLINE Sum add(Sum sum, Factors x, Factors w) { return hn::MulAdd(x, w, sum); }
};

template <bool kGelu>
HWY_INLINE void multiply_floats(const PrepackedWeight<float>& weight, size_t rows, const float* x,
                                float* out) {
  multiply<Floats, kGelu>(weight, rows, x, out, [&](size_t, size_t output, V<Wide> sum) HWY_ATTR {
    return hn::Add(sum, hn::LoadU(Wide(), weight.bias + output));
  });
}

void product_of_floats(const PrepackedWeight<float>& weight, size_t rows, const float* x, bool gelu,
                       float* out) {
  gelu ? multiply_floats<true>(weight, rows, x, out) : multiply_floats<false>(weight, rows, x, out);
}

void prepack_floats(size_t outputs, size_t columns, const float* weight, float* prepacked) {
  prepack_panels<Floats>(outputs, columns, weight, prepacked);
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mtnlp::kernels {

HWY_EXPORT(product_of_floats);
HWY_EXPORT(prepack_floats);

void prepack(size_t outputs, size_t columns, const float* weight, float* prepacked) {
  HWY_DYNAMIC_DISPATCH(prepack_floats)(outputs, columns, weight, prepacked);
}

void product(const PrepackedWeight<float>& weight, size_t rows, const float* x, bool gelu, float* out) {
  HWY_DYNAMIC_DISPATCH(product_of_floats)(weight, rows, x, gelu, out);
}

}  // namespace mtnlp::kernels
#endif
