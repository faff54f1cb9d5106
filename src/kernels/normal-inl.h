// The standard normal distribution, for GELU, compiled once for each instruction set (see lanes-inl.h).
#if defined(MTNLP_NORMAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MTNLP_NORMAL_INL_H_
#undef MTNLP_NORMAL_INL_H_
#else
#define MTNLP_NORMAL_INL_H_
#endif

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

/// The standard normal distribution Φ and its density φ at `x`. The tail is erfc by Abramowitz and Stegun
/// 7.1.26, with an absolute error below 1.5e-7; it uses the exponential of φ and becomes exactly 0.
template <class D>
struct Normal {
  HWY_INLINE Normal(D d, V<D> x) {
    const V<D> one = hn::Set(d, 1.0f);
    const V<D> bell = exponential(d, hn::Mul(hn::Set(d, -0.5f), hn::Mul(x, x)));
    // 0.3275911 / sqrt(2), and the coefficients of the book divided by 2
    const V<D> t = hn::Div(one, hn::MulAdd(hn::Set(d, 0.23164189f), hn::Abs(x), one));
    V<D> p = hn::MulAdd(t, hn::Set(d, 0.530702715f), hn::Set(d, -0.7265760135f));
    p = hn::MulAdd(t, p, hn::Set(d, 0.7107068705f));
    p = hn::MulAdd(t, p, hn::Set(d, -0.142248368f));
    p = hn::MulAdd(t, p, hn::Set(d, 0.127414796f));
    const V<D> tail = hn::Mul(hn::Mul(t, p), bell);
    distribution = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail));
    density = hn::Mul(hn::Set(d, 0.39894228f), bell);
  }
  V<D> distribution, density;
};

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
