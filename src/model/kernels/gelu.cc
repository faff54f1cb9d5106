#include <algorithm>

#include "mtnlp/model/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/gelu.cc"
#include <hwy/foreach_target.h>

#include "model/kernels/normal-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

template <class D>
HWY_INLINE void forward(D d, size_t columns, size_t first, size_t last, const float* HWY_RESTRICT x,
                        const float* HWY_RESTRICT bias, float* HWY_RESTRICT out) {
  for (size_t at = first * columns; at < last * columns; at += columns)
    for (size_t j = 0; j < columns; j += hn::Lanes(d)) {
      const V<D> sum = hn::Add(hn::LoadU(d, x + at + j), hn::LoadU(d, bias + j));
      hn::StoreU(hn::Mul(sum, Normal<D>(d, sum).distribution), d, out + at + j);
    }
}

template <class D>
HWY_INLINE void backward(D d, size_t columns, size_t first, size_t last, const float* HWY_RESTRICT x,
                         const float* HWY_RESTRICT bias, const float* HWY_RESTRICT d_out,
                         float* HWY_RESTRICT d_x, float* HWY_RESTRICT d_bias) {
  std::fill_n(d_bias, columns, 0.0f);
  for (size_t at = first * columns; at < last * columns; at += columns)
    for (size_t j = 0; j < columns; j += hn::Lanes(d)) {
      const V<D> sum = hn::Add(hn::LoadU(d, x + at + j), hn::LoadU(d, bias + j));
      const Normal<D> normal(d, sum);
      const V<D> slope = hn::MulAdd(sum, normal.density, normal.distribution);
      const V<D> gradient = hn::Mul(hn::LoadU(d, d_out + at + j), slope);
      hn::StoreU(gradient, d, d_x + at + j);
      hn::StoreU(hn::Add(hn::LoadU(d, d_bias + j), gradient), d, d_bias + j);
    }
}

void gelu_forward_any(size_t columns, size_t first, size_t last, const float* x, const float* bias,
                      float* out) {
  with_lanes(columns, [&](auto lanes) { forward(lanes, columns, first, last, x, bias, out); });
}

void gelu_backward_any(size_t columns, size_t first, size_t last, const float* x, const float* bias,
                       const float* d_out, float* d_x, float* d_bias) {
  with_lanes(columns,
             [&](auto lanes) { backward(lanes, columns, first, last, x, bias, d_out, d_x, d_bias); });
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mtnlp::kernels {

HWY_EXPORT(gelu_forward_any);
HWY_EXPORT(gelu_backward_any);

void gelu_forward(size_t columns, size_t first, size_t last, const float* x, const float* bias, float* out) {
  HWY_DYNAMIC_DISPATCH(gelu_forward_any)(columns, first, last, x, bias, out);
}

void gelu_backward(size_t columns, size_t first, size_t last, const float* x, const float* bias,
                   const float* d_out, float* d_x, float* d_bias) {
  HWY_DYNAMIC_DISPATCH(gelu_backward_any)(columns, first, last, x, bias, d_out, d_x, d_bias);
}

}  // namespace mtnlp::kernels
#endif
