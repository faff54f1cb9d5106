// Products with prepacked weights, in float and int8, and the quantising of rows. Invariants: a tile of the
// result (rows of x by vectors of a panel) is summed in registers, block of columns by block, in an order
// that depends on `columns` alone; so the result for a row depends on no other row. A panel stays in the
// cache while the rows of x pass.
#include <algorithm>
#include <cstring>

#include "kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/product.cc"
#include <hwy/foreach_target.h>

#include "kernels/normal-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

using Integers = hn::RebindToSigned<Wide>;

/// Vectors in a row of a tile: with a row of the panel and a factor, a tile fills the 32 or 16 registers.
constexpr size_t kTileVectors = HWY_LANES(float) >= 16 ? 4 : 2;

/// The multiplication of floats.
struct Floats {
  using Left = float;
  using Right = float;
  static constexpr size_t kGroup = 1, kRows = 6;
  /// Columns of a block, whose sum is made by itself and then added to the total, so that less is lost to
  /// rounding.
  static constexpr size_t kBlock = 192;
  using Sum = V<Wide>;
  using Factors = V<Wide>;
  static HWY_INLINE Sum zero() { return hn::Zero(Wide()); }
  static HWY_INLINE Factors row(const float* w) { return hn::LoadU(Wide(), w); }
  static HWY_INLINE Factors spread(const float* x) { return hn::Set(Wide(), *x); }
  static HWY_INLINE Sum add(Sum sum, Factors x, Factors w) { return hn::MulAdd(x, w, sum); }
};

/// The multiplication of bytes: each lane sums four products of an unsigned and a signed byte.
struct Bytes {
  using Left = uint8_t;
  using Right = int8_t;
  static constexpr size_t kGroup = kInt8Group, kRows = 4;
  static constexpr size_t kBlock = size_t{1} << 20;  // integer sums are exact
  using Sum = hn::Vec<Integers>;
  static HWY_INLINE Sum zero() { return hn::Zero(Integers()); }
  static HWY_INLINE Sum load(const int8_t* w) {
    return hn::LoadU(Integers(), reinterpret_cast<const int32_t*>(w));
  }
  static HWY_INLINE Sum repeat(const uint8_t* x) {
    int32_t four;
    std::memcpy(&four, x, sizeof four);
    return hn::Set(Integers(), four);
  }

#if HWY_TARGET == HWY_AVX3_DL
  using Factors = Sum;
  static HWY_INLINE Factors row(const int8_t* w) {
    return load(w);
  }
  static HWY_INLINE Factors spread(const uint8_t* x) {
    return repeat(x);
  }
  static HWY_INLINE Sum add(Sum sum, Factors x, Factors w) {
    // Highway 1.0 has no function for vpdpbusd, and its compiler flags for this target do not allow the
    // intrinsic.
    asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "v"(w.raw));
    return sum;
  }
#elif HWY_TARGET != HWY_SCALAR
  // Multiplies in 16 bits, first the even and then the odd bytes, and adds pairs of products.
  using Words = hn::Vec<hn::RepartitionToNarrow<Integers>>;
  struct Factors {
    Words even, odd;
  };
  static HWY_INLINE Factors row(const int8_t* w) {
    const Words both = hn::BitCast(hn::RepartitionToNarrow<Integers>(), load(w));
    return {hn::ShiftRight<8>(hn::ShiftLeft<8>(both)), hn::ShiftRight<8>(both)};
  }
  static HWY_INLINE Factors spread(const uint8_t* x) {
    const hn::RepartitionToNarrow<Integers> words;
    const hn::RebindToUnsigned<decltype(words)> naturals;
    const auto both = hn::BitCast(naturals, repeat(x));
    return {hn::BitCast(words, hn::And(both, hn::Set(naturals, 0xff))),
            hn::BitCast(words, hn::ShiftRight<8>(both))};
  }
  static HWY_INLINE Sum add(Sum sum, const Factors& x, const Factors& w) {
    Sum other = zero();
    sum = hn::ReorderWidenMulAccumulate(Integers(), x.even, w.even, sum, other);
    sum = hn::ReorderWidenMulAccumulate(Integers(), x.odd, w.odd, sum, other);
    return hn::Add(sum, other);
  }
#else
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

template <class Kind, size_t kRows>
struct Tile {
  typename Kind::Sum sums[kRows][kTileVectors];

  /// Calls body(i, j) for each row i of x and vector j of the panel.
  template <class Body>
  static HWY_INLINE void for_each(Body body) {
    HWY_UNROLL(6)
    for (size_t i = 0; i < kRows; ++i) {
      HWY_UNROLL(4)
      for (size_t j = 0; j < kTileVectors; ++j) body(i, j);
    }
  }
};

/// Returns the tile summed over the columns `first` to `last` - 1.
template <class Kind, size_t kRows>
HWY_INLINE Tile<Kind, kRows> multiply_block(size_t first, size_t last, size_t columns,
                                            const typename Kind::Left* HWY_RESTRICT x,
                                            const typename Kind::Right* HWY_RESTRICT w) {
  const size_t lanes = hn::Lanes(Wide());
  Tile<Kind, kRows> tile;
  tile.for_each([&](size_t i, size_t j) HWY_ATTR { tile.sums[i][j] = Kind::zero(); });
  for (size_t k = first; k < last; k += Kind::kGroup) {
    typename Kind::Factors row[kTileVectors];
    HWY_UNROLL(4)
    for (size_t j = 0; j < kTileVectors; ++j) row[j] = Kind::row(w + k * kPanel + j * lanes * Kind::kGroup);
    HWY_UNROLL(6)
    for (size_t i = 0; i < kRows; ++i) {
      const typename Kind::Factors factor = Kind::spread(x + i * columns + k);
      HWY_UNROLL(4)
      for (size_t j = 0; j < kTileVectors; ++j) tile.sums[i][j] = Kind::add(tile.sums[i][j], factor, row[j]);
    }
  }
  return tile;
}

/// Computes a tile over all columns, and calls finish(i, j, sum) for its vectors.
template <class Kind, size_t kRows, class Finish>
HWY_INLINE void multiply_tile(size_t columns, const typename Kind::Left* x, const typename Kind::Right* w,
                              Finish finish) {
  const auto block = [&](size_t first) HWY_ATTR {
    return multiply_block<Kind, kRows>(first, std::min(columns, first + Kind::kBlock), columns, x, w);
  };
  Tile<Kind, kRows> total = block(0);
  for (size_t first = Kind::kBlock; first < columns; first += Kind::kBlock) {
    const Tile<Kind, kRows> next = block(first);
    total.for_each([&](size_t i, size_t j)
                       HWY_ATTR { total.sums[i][j] = hn::Add(total.sums[i][j], next.sums[i][j]); });
  }
  total.for_each([&](size_t i, size_t j) HWY_ATTR { finish(i, j, total.sums[i][j]); });
}

/// Computes a tile of `rows` rows, at most kRows: the last tile of a matrix has fewer.
template <class Kind, size_t kRows, class Finish>
HWY_INLINE void multiply_rows(size_t rows, size_t columns, const typename Kind::Left* x,
                              const typename Kind::Right* w, Finish finish) {
  if constexpr (kRows > 1)
    if (rows < kRows) return multiply_rows<Kind, kRows - 1>(rows, columns, x, w, finish);
  multiply_tile<Kind, kRows>(columns, x, w, finish);
}

/// Computes the whole product. value(row, output, sum) makes the result, before GELU, from the sums of a
/// vector of outputs.
template <class Kind, bool kGelu, class Value>
HWY_INLINE void multiply(const PrepackedWeight<typename Kind::Right>& weight, size_t rows,
                         const typename Kind::Left* x, float* out, Value value) {
  const Wide d;
  const size_t lanes = hn::Lanes(d), step = kTileVectors * lanes;
  for (size_t first = 0; first < weight.outputs; first += step) {
    const auto* w = weight.values + first / kPanel * kPanel * weight.columns + first % kPanel * Kind::kGroup;
    for (size_t i = 0; i < rows; i += Kind::kRows) {
      const auto finish = [&](size_t r, size_t j, typename Kind::Sum sum) HWY_ATTR {
        const size_t row = i + r, output = first + j * lanes;
        if (output >= weight.outputs) return;
        V<Wide> result = value(row, output, sum);
        if constexpr (kGelu) result = hn::Mul(result, Normal<Wide>(d, result).distribution);
        float* to = out + row * weight.outputs + output;
        if (output + lanes <= weight.outputs)
          hn::StoreU(result, d, to);
        else
          hn::BlendedStore(result, hn::FirstN(d, weight.outputs - output), d, to);
      };
      multiply_rows<Kind, Kind::kRows>(rows - i, weight.columns, x + i * weight.columns, w, finish);
    }
  }
}

template <bool kGelu>
HWY_INLINE void multiply_floats(const PrepackedWeight<float>& weight, size_t rows, const float* x,
                                float* out) {
  multiply<Floats, kGelu>(weight, rows, x, out, [&](size_t, size_t output, V<Wide> sum) HWY_ATTR {
    return hn::Add(sum, hn::LoadU(Wide(), weight.bias + output));
  });
}

template <bool kGelu>
HWY_INLINE void multiply_bytes(const PrepackedWeight<int8_t>& weight, size_t rows, const QuantizedRows& x,
                               float* out) {
  const Wide d;
  multiply<Bytes, kGelu>(
      weight, rows, x.values, out, [&](size_t row, size_t output, hn::Vec<Integers> sum) HWY_ATTR {
        const auto at = [&](const float* numbers) HWY_ATTR { return hn::LoadU(d, numbers + output); };
        const V<Wide> base = hn::MulAdd(hn::Set(d, x.lows[row]), at(weight.sums), at(weight.bias)),
                      scale = hn::Mul(hn::Set(d, x.scales[row]), at(weight.scales));
        return hn::MulAdd(hn::ConvertTo(d, sum), scale, base);
      });
}

void product_of_floats(const PrepackedWeight<float>& weight, size_t rows, const float* x, bool gelu,
                       float* out) {
  gelu ? multiply_floats<true>(weight, rows, x, out) : multiply_floats<false>(weight, rows, x, out);
}

void product_of_bytes(const PrepackedWeight<int8_t>& weight, size_t rows, const QuantizedRows& x, bool gelu,
                      float* out) {
  gelu ? multiply_bytes<true>(weight, rows, x, out) : multiply_bytes<false>(weight, rows, x, out);
}

template <class D>
HWY_INLINE void quantize(D d, size_t columns, size_t rows, const float* HWY_RESTRICT x,
                         const QuantizedRows& to) {
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
    to.scales[row] = high > low ? (high - low) / 255 : 1;
    to.lows[row] = low;
    const V<D> inverse = hn::Set(d, 1 / to.scales[row]), lowest = hn::Set(d, low);
    for (size_t j = 0; j < columns; j += hn::Lanes(d)) {
      const V<D> steps = hn::Mul(hn::Sub(hn::LoadU(d, x + j), lowest), inverse);
      // DemoteTo saturates, so that a 256 from rounding becomes 255.
      hn::StoreU(hn::DemoteTo(bytes, hn::NearestInt(steps)), bytes, values + j);
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

HWY_EXPORT(product_of_floats);
HWY_EXPORT(product_of_bytes);
HWY_EXPORT(quantize_rows_any);

namespace {

template <typename Number>
void prepack_groups(size_t outputs, size_t columns, size_t group, const Number* weight, Number* prepacked) {
  for (size_t first = 0; first < outputs; first += kPanel)
    for (size_t k = 0; k < columns; k += group)
      for (size_t output = first; output < first + kPanel; ++output, prepacked += group)
        if (output < outputs)
          std::copy_n(weight + output * columns + k, group, prepacked);
        else
          std::fill_n(prepacked, group, Number{});
}

}  // namespace

void prepack(size_t outputs, size_t columns, const float* weight, float* prepacked) {
  prepack_groups(outputs, columns, 1, weight, prepacked);
}

void prepack(size_t outputs, size_t columns, const int8_t* weight, int8_t* prepacked) {
  prepack_groups(outputs, columns, kInt8Group, weight, prepacked);
}

void product(const PrepackedWeight<float>& weight, size_t rows, const float* x, bool gelu, float* out) {
  HWY_DYNAMIC_DISPATCH(product_of_floats)(weight, rows, x, gelu, out);
}

void product(const PrepackedWeight<int8_t>& weight, size_t rows, const QuantizedRows& x, bool gelu,
             float* out) {
  HWY_DYNAMIC_DISPATCH(product_of_bytes)(weight, rows, x, gelu, out);
}

void quantize_rows(size_t columns, size_t rows, const float* x, const QuantizedRows& to) {
  HWY_DYNAMIC_DISPATCH(quantize_rows_any)(columns, rows, x, to);
}

}  // namespace mtnlp::kernels
#endif
