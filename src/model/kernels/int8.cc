#include <algorithm>
#include <cmath>

#include "mtnlp/model/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/int8.cc"
#include <hwy/foreach_target.h>

#include "model/kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

template <class D>
HWY_INLINE void quantize(D d, size_t columns, size_t rows, const float* HWY_RESTRICT x,
                         int8_t* HWY_RESTRICT values, float* HWY_RESTRICT scales,
                         float* HWY_RESTRICT offsets) {
  const hn::RebindToSigned<D> integers;
  const hn::Rebind<int8_t, D> bytes;
  for (size_t row = 0; row < rows; ++row, x += columns, values += columns) {
    V<D> least = hn::LoadU(d, x), most = least;
    for (size_t j = hn::Lanes(d); j < columns; j += hn::Lanes(d)) {
      const V<D> v = hn::LoadU(d, x + j);
      least = hn::Min(least, v);
      most = hn::Max(most, v);
    }
    const float low = hn::GetLane(hn::MinOfLanes(d, least)), high = hn::GetLane(hn::MaxOfLanes(d, most));
    scales[row] = high > low ? (high - low) / 255 : 1;
    const int shift = high > low ? 128 : 0;  // none for equal numbers: integers 0, and low is exact
    offsets[row] = low + static_cast<float>(shift) * scales[row];
    const V<D> inverse = hn::Set(d, 1 / scales[row]), lowest = hn::Set(d, low);
    for (size_t j = 0; j < columns; j += hn::Lanes(d)) {
      const V<D> steps = hn::Mul(hn::Sub(hn::LoadU(d, x + j), lowest), inverse);
      // Narrowing saturates, so a step too many from rounding does no harm.
      const auto value = hn::Sub(hn::NearestInt(steps), hn::Set(integers, shift));
      hn::StoreU(hn::DemoteTo(bytes, value), bytes, values + j);
    }
  }
}

template <class D>
HWY_INLINE void scale(D d, size_t columns, size_t rows, const int32_t* HWY_RESTRICT products,
                      const Int8Scales& scales, float* HWY_RESTRICT out) {
  const hn::RebindToSigned<D> integers;
  for (size_t row = 0; row < rows; ++row, products += columns, out += columns) {
    const V<D> row_scale = hn::Set(d, scales.row_scales[row]), offset = hn::Set(d, scales.row_offsets[row]);
    for (size_t j = 0; j < columns; j += hn::Lanes(d)) {
      const V<D> product = hn::ConvertTo(d, hn::LoadU(integers, products + j));
      const V<D> scale = hn::Mul(row_scale, hn::LoadU(d, scales.column_scales + j));
      V<D> sum = hn::Mul(offset, hn::LoadU(d, scales.column_sums + j));
      if (scales.bias != nullptr) sum = hn::Add(sum, hn::LoadU(d, scales.bias + j));
      hn::StoreU(hn::MulAdd(product, scale, sum), d, out + j);
    }
  }
}

void quantize_rows_any(size_t columns, size_t rows, const float* x, int8_t* values, float* scales,
                       float* offsets) {
  with_lanes(columns, [&](auto lanes) { quantize(lanes, columns, rows, x, values, scales, offsets); });
}

void scale_products_any(size_t columns, size_t rows, const int32_t* products, const Int8Scales& scales,
                        float* out) {
  with_lanes(columns, [&](auto lanes) { scale(lanes, columns, rows, products, scales, out); });
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mtnlp::kernels {

HWY_EXPORT(quantize_rows_any);
HWY_EXPORT(scale_products_any);

void quantize_rows(size_t columns, size_t rows, const float* x, int8_t* values, float* scales,
                   float* offsets) {
  HWY_DYNAMIC_DISPATCH(quantize_rows_any)(columns, rows, x, values, scales, offsets);
}

void scale_products(size_t columns, size_t rows, const int32_t* products, const Int8Scales& scales,
                    float* out) {
  HWY_DYNAMIC_DISPATCH(scale_products_any)(columns, rows, products, scales, out);
}

}  // namespace mtnlp::kernels
#endif
