#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layer_norm.cc"
#include <hwy/foreach_target.h>

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

template <class D, typename Number>
HWY_INLINE void forward(D d, const LayerNorm& norm, size_t first, size_t last, const Number* x,
                        const float* residual, float* out, float* normal, float* inverse_deviations) {
  const size_t columns = norm.columns, lanes = hn::Lanes(d);
  const bool drops = norm.dropout.active();
  const float share = 1 / static_cast<float>(columns);
  for (size_t row = first; row < last; ++row) {
    const size_t at = row * columns;
    const Keep<D> keep(d, norm.dropout, row);
    float* HWY_RESTRICT own = out + at;  // holds the sum, then the centred sum, then the result
    V<D> total = hn::Zero(d);
    for (size_t j = 0; j < columns; j += lanes) {
      V<D> branch = hn::Add(load(d, x + at + j), load(d, norm.bias + j));
      if (drops) branch = hn::Mul(branch, keep(j));
      const V<D> sum = hn::Add(hn::LoadU(d, residual + at + j), branch);
      hn::StoreU(sum, d, own + j);
      total = hn::Add(total, sum);
    }
    const V<D> mean = hn::Set(d, sum_of(d, total) * share);
    V<D> squares = hn::Zero(d);
    for (size_t j = 0; j < columns; j += lanes) {
      const V<D> centred = hn::Sub(hn::LoadU(d, own + j), mean);
      hn::StoreU(centred, d, own + j);
      squares = hn::MulAdd(centred, centred, squares);
    }
    const float inverse = 1 / std::sqrt(sum_of(d, squares) * share + norm.eps);
    if (inverse_deviations != nullptr) inverse_deviations[row] = inverse;
    for (size_t j = 0; j < columns; j += lanes) {
      const V<D> unit = hn::Mul(hn::LoadU(d, own + j), hn::Set(d, inverse));
      if (normal != nullptr) hn::StoreU(unit, d, normal + at + j);
      hn::StoreU(hn::MulAdd(unit, hn::LoadU(d, norm.gamma + j), hn::LoadU(d, norm.beta + j)), d, own + j);
    }
  }
}

template <class D>
HWY_INLINE void add_to(D d, float* sum, V<D> value) {
  hn::StoreU(hn::Add(hn::LoadU(d, sum), value), d, sum);
}

template <class D, typename Number>
HWY_INLINE void backward(D d, const LayerNorm& norm, size_t first, size_t last, const float* d_out,
                         const float* normal, const float* inverse_deviations, Number* d_x, float* d_residual,
                         float* d_bias, float* d_gamma, float* d_beta) {
  const size_t columns = norm.columns, lanes = hn::Lanes(d);
  const bool drops = norm.dropout.active();
  const float share = 1 / static_cast<float>(columns);
  for (float* sums : {d_bias, d_gamma, d_beta}) std::fill_n(sums, columns, 0.0f);
  for (size_t row = first; row < last; ++row) {
    const size_t at = row * columns;
    V<D> total = hn::Zero(d),
         along = hn::Zero(d);  // sums of the gradient of `normal`, and of it times `normal`
    for (size_t j = 0; j < columns; j += lanes) {
      const V<D> gradient = hn::LoadU(d, d_out + at + j), unit = hn::LoadU(d, normal + at + j);
      const V<D> scaled = hn::Mul(gradient, hn::LoadU(d, norm.gamma + j));
      total = hn::Add(total, scaled);
      along = hn::MulAdd(scaled, unit, along);
      add_to(d, d_beta + j, gradient);
      add_to(d, d_gamma + j, hn::Mul(gradient, unit));
    }
    const V<D> mean = hn::Set(d, sum_of(d, total) * share), mean_along = hn::Set(d, sum_of(d, along) * share),
               inverse = hn::Set(d, inverse_deviations[row]);
    const Keep<D> keep(d, norm.dropout, row);
    for (size_t j = 0; j < columns; j += lanes) {
      const V<D> scaled = hn::Mul(hn::LoadU(d, d_out + at + j), hn::LoadU(d, norm.gamma + j));
      const V<D> unit = hn::LoadU(d, normal + at + j);
      const V<D> gradient = hn::Mul(hn::NegMulAdd(unit, mean_along, hn::Sub(scaled, mean)), inverse);
      const V<D> branch = drops ? hn::Mul(gradient, keep(j)) : gradient;
      hn::StoreU(gradient, d, d_residual + at + j);
      if (d_x != nullptr) store(branch, d, d_x + at + j);
      add_to(d, d_bias + j, branch);
    }
  }
}

void norm_forward_any(const LayerNorm& norm, size_t first, size_t last, ConstNumbers x, const float* residual,
                      float* out, float* normal, float* inverse_deviations) {
  with_lanes_and_numbers(norm.columns, x, [&](auto lanes, const auto* data) {
    forward(lanes, norm, first, last, data, residual, out, normal, inverse_deviations);
  });
}

void norm_backward_any(const LayerNorm& norm, size_t first, size_t last, const float* d_out,
                       const float* normal, const float* inverse_deviations, Numbers d_x, float* d_residual,
                       float* d_bias, float* d_gamma, float* d_beta) {
  with_lanes_and_numbers(norm.columns, d_x, [&](auto lanes, auto* data) {
    backward(lanes, norm, first, last, d_out, normal, inverse_deviations, data, d_residual, d_bias, d_gamma,
             d_beta);
  });
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mtnlp::kernels {

HWY_EXPORT(norm_forward_any);
HWY_EXPORT(norm_backward_any);

void layer_norm_forward(const LayerNorm& norm, size_t first, size_t last, ConstNumbers x,
                        const float* residual, float* out, float* normal, float* inverse_deviations) {
  HWY_DYNAMIC_DISPATCH(norm_forward_any)(norm, first, last, x, residual, out, normal, inverse_deviations);
}

void layer_norm_backward(const LayerNorm& norm, size_t first, size_t last, const float* d_out,
                         const float* normal, const float* inverse_deviations, Numbers d_x, float* d_residual,
                         float* d_bias, float* d_gamma, float* d_beta) {
  HWY_DYNAMIC_DISPATCH(norm_backward_any)
  (norm, first, last, d_out, normal, inverse_deviations, d_x, d_residual, d_bias, d_gamma, d_beta);
}

}  // namespace mtnlp::kernels
#endif
