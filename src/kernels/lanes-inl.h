// What the kernels share. It is compiled once for each instruction set, hence Highway's toggling guard in
// place of `#pragma once`. V is a vector of floats; a tag `d` says of how many.
#if defined(MTNLP_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MTNLP_LANES_INL_H_
#undef MTNLP_LANES_INL_H_
#else
#define MTNLP_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include "kernels/dropout.h"
#include "kernels/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<float>;
/// A tag of at most 8 lanes, which divide every multiple of kColumnMultiple.
using Narrow = hn::CappedTag<float, static_cast<size_t>(kColumnMultiple)>;

/// Calls `kernel` with the tag of most lanes that divide `columns`.
template <typename Kernel>
HWY_INLINE void with_lanes(size_t columns, Kernel kernel) {
  // NOLINTNEXTLINE(bugprone-branch-clone): the tags are different types where vectors are wider
  if (columns % hn::Lanes(Wide()) == 0)
    kernel(Wide());
  else
    kernel(Narrow());
}

/// Calls kernel(tag, data) as with_lanes does, with the pointer that `numbers` holds.
template <typename AnyNumbers, typename Kernel>
HWY_INLINE void with_lanes_and_numbers(size_t columns, const AnyNumbers& numbers, Kernel kernel) {
  std::visit([&](auto* data) { with_lanes(columns, [&](auto lanes) { kernel(lanes, data); }); }, numbers);
}

template <class D>
using V = hn::Vec<D>;

template <class D>
HWY_INLINE V<D> load(D d, const float* from) {
  return hn::LoadU(d, from);
}

template <class D>
HWY_INLINE V<D> load(D d, const BFloat16* from) {
  const hn::RebindToUnsigned<D> words;
  const auto words16 = hn::LoadU(hn::Rebind<uint16_t, D>(), &from->bits);
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(words, words16)));
}

template <class D>
HWY_INLINE void store(V<D> v, D d, float* to) {
  hn::StoreU(v, d, to);
}

template <class D>
HWY_INLINE void store(V<D> v, D, BFloat16* to) {
  const hn::RebindToUnsigned<D> words;
  const auto bits = hn::BitCast(words, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(words, 1));
  const auto upper = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(words, 0x7fff))));
  const hn::Rebind<uint16_t, D> words16;
  hn::StoreU(hn::DemoteTo(words16, hn::BitCast(hn::RebindToSigned<D>(), upper)), words16, &to->bits);
}

template <class D>
HWY_INLINE float sum_of(D d, V<D> v) {
  return hn::GetLane(hn::SumOfLanes(d, v));
}

/// Returns e^x for x up to 88, with a relative error below 2e-7 + 2e-8 |x|, and 0 from -88.03 down. Computes
/// 2^n · 2^f: a minimax polynomial for 2^f with |f| <= 1/2, and n added to the exponent bits.
template <class D>
HWY_INLINE V<D> exponential(D d, V<D> x) {
  const hn::RebindToUnsigned<D> words;
  const auto number = [d](float value) HWY_ATTR { return hn::Set(d, value); };
  const V<D> per_octave = number(1.44269504f), shift = number(0x1.8p23f);  // adding it rounds to an integer
  const V<D> least = number(-88.0296919f);                                 // -127 octaves
  const V<D> clamped = hn::Max(least, x);                                  // of NaN: NaN
  const V<D> shifted = hn::MulAdd(clamped, per_octave, shift), n = hn::Sub(shifted, shift),
             f = hn::MulSub(clamped, per_octave, n);
  V<D> p = hn::MulAdd(f, number(0.0013276472f), number(0.00967554133f));
  p = hn::MulAdd(f, p, number(0.0555071327f));
  p = hn::MulAdd(f, p, number(0.240221197f));
  p = hn::MulAdd(f, p, number(0.693146967f));
  p = hn::MulAdd(f, p, number(1.00000007f));
  const auto scale = hn::Add(hn::ShiftLeft<23>(hn::BitCast(words, shifted)), hn::Set(words, 127u << 23));
  return hn::Mul(p, hn::BitCast(d, scale));
}

/// The dropout of one row, with dropout_bits for the lanes of a vector.
template <class D>
class Keep {
 public:
  HWY_INLINE Keep(D d, const Dropout& dropout, size_t token, size_t part = 0)
      : key_(dropout.active() ? dropout.row(token, part) : RowKey()),
        threshold_(dropout.threshold()),
        scale_(dropout.scale()),
        d_(d) {}

  /// Returns the factors, 0 or the scale, of the elements from `column` on.
  HWY_INLINE V<D> operator()(size_t column) const {
    const hn::RebindToUnsigned<D> u;
    auto x = hn::Iota(u, static_cast<uint32_t>(column));
    x = hn::Add(hn::Mul(x, hn::Set(u, 0x9e3779b9u)), hn::Set(u, key_.a));
    x = hn::Xor(x, hn::ShiftRight<16>(x));
    x = hn::Mul(x, hn::Set(u, 0x85ebca6bu));
    x = hn::Xor(x, hn::ShiftRight<13>(x));
    x = hn::Add(x, hn::Set(u, key_.b));
    x = hn::Mul(x, hn::Set(u, 0xc2b2ae35u));
    x = hn::Xor(x, hn::ShiftRight<16>(x));
    const auto dropped = hn::RebindMask(d_, hn::Lt(x, hn::Set(u, threshold_)));
    return hn::IfThenZeroElse(dropped, hn::Set(d_, scale_));
  }

 private:
  RowKey key_;
  uint32_t threshold_;
  float scale_;
  D d_;
};

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
