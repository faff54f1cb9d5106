// Products of bytes with prepacked weights, and the quantising of rows.
#include "kernels/kernels.h"
#include "kernels/matrix_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/product_bytes.cc"
#include <hwy/foreach_target.h>

#include "kernels/matrix_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

/// Each lane sums four products of an unsigned and a signed byte, which is at least -127.
struct Bytes {
  using Left = uint8_t;
  using Right = int8_t;
  using Number = int32_t;
  using Sum = hn::Vec<Integers>;
  static constexpr size_t kGroup = kInt8Group, kRows = 4, kVectors = kWideVectors ? 4 : 2, kBlock = 384;
  static HWY_INLINE Integers sums_tag() { return {}; }
  static HWY_INLINE Sum zero() { return hn::Zero(Integers()); }

#if HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  using Factors = Sum;
  static HWY_INLINE Factors row(const int8_t* w) {
    return load_groups(w);
  }
  static HWY_INLINE Factors spread(const uint8_t* x) {
    return spread_group(x);
  }
#endif
#if HWY_TARGET == HWY_AVX3_DL
  static constexpr int kLargest = 255;
  static HWY_INLINE Sum add(Sum sum, Factors x, Factors w) {
    // Highway 1.0 has no function for vpdpbusd, and its compiler flags for this target do not allow the
    // intrinsic.
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "v"(w.raw));
    return sum;
  }
  template <int kFirst>
  static HWY_INLINE void add_tiles() {
    if constexpr (kFirst == 0)
      asm volatile("tdpbusd %tmm6, %tmm4, %tmm0\n\ttdpbusd %tmm7, %tmm4, %tmm1");
    else
      asm volatile("tdpbusd %tmm6, %tmm5, %tmm2\n\ttdpbusd %tmm7, %tmm5, %tmm3");
  }
#elif HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  /// Two products are summed in 16 bits, which hold 2 · 127 · 127 = 32,258 but not 2 · 255 · 127.
  static constexpr int kLargest = 127;
  static HWY_INLINE Sum add(Sum sum, Factors x, Factors w) {
    const hn::RepartitionToNarrow<Integers> words;
    hn::Vec<decltype(words)> pairs;
#if HWY_TARGET == HWY_AVX2
    pairs.raw = _mm256_maddubs_epi16(x.raw, w.raw);
    return hn::Add(sum, Sum{_mm256_madd_epi16(pairs.raw, hn::Set(words, 1).raw)});
#else
    pairs.raw = _mm512_maddubs_epi16(x.raw, w.raw);
    return hn::Add(sum, Sum{_mm512_madd_epi16(pairs.raw, hn::Set(words, 1).raw)});
#endif
  }
#elif HWY_TARGET != HWY_SCALAR
  // Multiplies in 16 bits, first the even and then the odd bytes, and adds pairs of products.
  static constexpr int kLargest = 255;
  using Words = hn::Vec<hn::RepartitionToNarrow<Integers>>;
  struct Factors {
    Words even, odd;
  };
  static HWY_INLINE Factors row(const int8_t* w) {
    const Words both = hn::BitCast(hn::RepartitionToNarrow<Integers>(), load_groups(w));
    return {hn::ShiftRight<8>(hn::ShiftLeft<8>(both)), hn::ShiftRight<8>(both)};
  }
  static HWY_INLINE Factors spread(const uint8_t* x) {
    const hn::RepartitionToNarrow<Integers> words;
    const hn::RebindToUnsigned<decltype(words)> naturals;
    const auto both = hn::BitCast(naturals, spread_group(x));
    return {hn::BitCast(words, hn::And(both, hn::Set(naturals, 0xff))),
            hn::BitCast(words, hn::ShiftRight<8>(both))};
  }
#if HWY_TARGET == HWY_NEON
  /// Returns in each lane the sum of its two products; Highway's function adds those of other lanes here.
  static HWY_INLINE Sum products(Words x, Words w) {
    return Sum{vpaddq_s32(vmull_s16(vget_low_s16(x.raw), vget_low_s16(w.raw)), vmull_high_s16(x.raw, w.raw))};
  }
  static HWY_INLINE Sum add(Sum sum, const Factors& x, const Factors& w) {
    return hn::Add(sum, hn::Add(products(x.even, w.even), products(x.odd, w.odd)));
  }
#else
  static HWY_INLINE Sum add(Sum sum, const Factors& x, const Factors& w) {
    Sum other = zero();
    sum = hn::ReorderWidenMulAccumulate(Integers(), x.even, w.even, sum, other);
    sum = hn::ReorderWidenMulAccumulate(Integers(), x.odd, w.odd, sum, other);
    return hn::Add(sum, other);
  }
#endif
#else
  static constexpr int kLargest = 255;
  struct Factors {
    int32_t of[kGroup];
  };
  template <typename Byte>
  static Factors widen(const Byte* four) {
    return {{four[0], four[1], four[2], four[3]}};
  }
  static Factors row(const int8_t* w) {
    return widen(w);
  }
  static Factors spread(const uint8_t* x) {
    return widen(x);
  }
  static Sum add(Sum sum, const Factors& x, const Factors& w) {
    for (size_t i = 0; i < kGroup; ++i) sum.raw += x.of[i] * w.of[i];
    return sum;
  }
#endif
};

template <bool kGelu>
HWY_INLINE void multiply_bytes(const PrepackedWeight<int8_t>& weight, size_t rows, const QuantizedRows& x,
                               float* out) {
  const Wide d;
  const auto value = [&](size_t row, size_t output, hn::Vec<Integers> sum) HWY_ATTR {
    const auto at = [&](const float* numbers) HWY_ATTR { return hn::LoadU(d, numbers + output); };
    const V<Wide> base = hn::MulAdd(hn::Set(d, x.lows[row]), at(weight.sums), at(weight.bias)),
                  scale = hn::Mul(hn::Set(d, x.scales[row]), at(weight.scales));
    return hn::MulAdd(hn::ConvertTo(d, sum), scale, base);
  };
#if HWY_TARGET == HWY_AVX3_DL
  if (has_matrix_tiles() && fits_tiles<Bytes>(weight.columns))
    return multiply_by_tiles<Bytes, kGelu>(weight, rows, x.values, out, value);
#endif
  multiply<Bytes, kGelu>(weight, rows, x.values, out, value);
}

void product_of_bytes(const PrepackedWeight<int8_t>& weight, size_t rows, const QuantizedRows& x, bool gelu,
                      float* out) {
  gelu ? multiply_bytes<true>(weight, rows, x, out) : multiply_bytes<false>(weight, rows, x, out);
}

void prepack_bytes(size_t outputs, size_t columns, const int8_t* weight, int8_t* prepacked) {
  prepack_panels<Bytes>(outputs, columns, weight, prepacked);
}

int largest_byte_here() {
  return Bytes::kLargest;
}

template <class D>
HWY_INLINE void quantize(D d, size_t columns, size_t rows, const float* HWY_RESTRICT x,
                         const QuantizedRows& to) {
  constexpr float kLargest = Bytes::kLargest;
  const hn::Rebind<uint8_t, D> bytes;
  uint8_t* HWY_RESTRICT values = to.values;
  for (size_t row = 0; row < rows; ++row, x += columns, values += columns) {
    V<D> least = hn::LoadU(d, x), most = least;
    for (size_t j = hn::Lanes(d); j < columns; j += hn::Lanes(d)) {
      const V<D> v = hn::LoadU(d, x + j);
      least = hn::Min(least, v);
      most = hn::Max(most, v);
    }
    const float low = hn::GetLane(hn::MinOfLanes(d, least)), high = hn::GetLane(hn::MaxOfLanes(d, most));
    to.scales[row] = high > low ? (high - low) / kLargest : 1;
    to.lows[row] = low;
    const V<D> inverse = hn::Set(d, 1 / to.scales[row]), lowest = hn::Set(d, low),
               limit = hn::Set(d, kLargest);
    for (size_t j = 0; j < columns; j += hn::Lanes(d)) {
      const V<D> steps = hn::Mul(hn::Sub(hn::LoadU(d, x + j), lowest), inverse);
      // Rounding may lead beyond the largest byte.
      hn::StoreU(hn::DemoteTo(bytes, hn::NearestInt(hn::Min(steps, limit))), bytes, values + j);
    }
  }
}

void quantize_rows_any(size_t columns, size_t rows, const float* x, const QuantizedRows& to) {
  with_lanes(columns, [&](auto lanes) { quantize(lanes, columns, rows, x, to); });
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mtnlp::kernels {

HWY_EXPORT(product_of_bytes);
HWY_EXPORT(prepack_bytes);
HWY_EXPORT(largest_byte_here);
HWY_EXPORT(quantize_rows_any);

void prepack(size_t outputs, size_t columns, const int8_t* weight, int8_t* prepacked) {
  HWY_DYNAMIC_DISPATCH(prepack_bytes)(outputs, columns, weight, prepacked);
}

void product(const PrepackedWeight<int8_t>& weight, size_t rows, const QuantizedRows& x, bool gelu,
             float* out) {
  HWY_DYNAMIC_DISPATCH(product_of_bytes)(weight, rows, x, gelu, out);
}

int largest_byte() {
  return HWY_DYNAMIC_DISPATCH(largest_byte_here)();
}

void quantize_rows(size_t columns, size_t rows, const float* x, const QuantizedRows& to) {
  HWY_DYNAMIC_DISPATCH(quantize_rows_any)(columns, rows, x, to);
}

}  // namespace mtnlp::kernels
#endif
