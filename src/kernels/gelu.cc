#include <algorithm>

#include "kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gelu.cc"
#include <hwy/foreach_target.h>

#include "kernels/normal-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

template <class D, typename Number>
HWY_INLINE void forward(D d, size_t columns, size_t first, size_t last, const Number* HWY_RESTRICT x,
                        const float* HWY_RESTRICT bias, Number* HWY_RESTRICT out) {
  for (size_t at = first * columns; at < last * columns; at += columns)
    for (size_t j = 0; j < columns; j += hn::Lanes(d)) {
      const V<D> sum = hn::Add(load(d, x + at + j), load(d, bias + j));
      store(hn::Mul(sum, Normal<D>(d, sum).distribution), d, out + at + j);
    }
}

template <class D, typename Number>
HWY_INLINE void backward(D d, size_t columns, size_t first, size_t last, const Number* HWY_RESTRICT x,
                         const float* HWY_RESTRICT bias, const Number* HWY_RESTRICT d_out,
                         Number* HWY_RESTRICT d_x, float* HWY_RESTRICT d_bias) {
  std::fill_n(d_bias, columns, 0.0f);
  for (size_t at = first * columns; at < last * columns; at += columns)
    for (size_t j = 0; j < columns; j += hn::Lanes(d)) {
      const V<D> sum = hn::Add(load(d, x + at + j), load(d, bias + j));
      const Normal<D> normal(d, sum);
      const V<D> slope = hn::MulAdd(sum, normal.density, normal.distribution);
      const V<D> gradient = hn::Mul(load(d, d_out + at + j), slope);
      store(gradient, d, d_x + at + j);
      store(hn::Add(load(d, d_bias + j), gradient), d, d_bias + j);
    }
}

void gelu_forward_any(size_t columns, size_t first, size_t last, ConstNumbers x, const float* bias,
                      Numbers out) {
  with_lanes_and_numbers(columns, x, [&]<typename Number>(auto lanes, const Number* data) {
    forward(lanes, columns, first, last, data, bias, std::get<Number*>(out));
  });
}

void gelu_backward_any(size_t columns, size_t first, size_t last, ConstNumbers x, const float* bias,
                       ConstNumbers d_out, Numbers d_x, float* d_bias) {
  with_lanes_and_numbers(columns, x, [&]<typename Number>(auto lanes, const Number* data) {
    backward(lanes, columns, first, last, data, bias, std::get<const Number*>(d_out), std::get<Number*>(d_x),
             d_bias);
  });
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mtnlp::kernels {

HWY_EXPORT(gelu_forward_any);
HWY_EXPORT(gelu_backward_any);

void gelu_forward(size_t columns, size_t first, size_t last, ConstNumbers x, const float* bias, Numbers out) {
  HWY_DYNAMIC_DISPATCH(gelu_forward_any)(columns, first, last, x, bias, out);
}

void gelu_backward(size_t columns, size_t first, size_t last, ConstNumbers x, const float* bias,
                   ConstNumbers d_out, Numbers d_x, float* d_bias) {
  HWY_DYNAMIC_DISPATCH(gelu_backward_any)(columns, first, last, x, bias, d_out, d_x, d_bias);
}

}  // namespace mtnlp::kernels
#endif
