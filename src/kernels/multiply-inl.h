// Products of rows with a prepacked weight, for numbers of any kind, compiled once for each instruction set (see
// lanes-inl.h). Invariants: a tile of the result (rows of x by the outputs of a panel) is summed in registers,
// block of columns by block, in an order that depends on `columns` alone; so the result for a row depends on no
// other row. A block of a panel stays in the cache while kRowBlock rows pass; meanwhile the next one is fetched.
//
// A Kind says how numbers are multiplied:
//   Left, Right, Number   types of x, of the weight, and of a sum
//   kGroup                columns that are multiplied at once
//   kVectors, kRows       size of a tile: with kVectors vectors of the panel and a factor it fills the registers
//   kBlock                columns whose sum is made by itself, a multiple of kGroup
//   zero, row, spread, add, sums(tag)
#if defined(MTNLP_MULTIPLY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MTNLP_MULTIPLY_INL_H_
#undef MTNLP_MULTIPLY_INL_H_
#else
#define MTNLP_MULTIPLY_INL_H_
#endif

#include <algorithm>
#include <cstring>

#include <hwy/cache_control.h>

#include "kernels/normal-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

/// Rows that pass a block of a panel while it is in the cache.
constexpr size_t kRowBlock = 96;
constexpr bool kWideVectors = HWY_LANES(float) >= 16;

using Integers = hn::RebindToSigned<Wide>;

/// Returns a vector of the groups of small numbers from `numbers` on, 32 bits each.
template <typename Small>
HWY_INLINE hn::Vec<Integers> load_groups(const Small* numbers) {
  return hn::LoadU(Integers(), reinterpret_cast<const int32_t*>(numbers));
}

/// Returns a vector in which each lane is the group of small numbers, 32 bits, at `numbers`.
template <typename Small>
HWY_INLINE hn::Vec<Integers> spread_group(const Small* numbers) {
  int32_t group;
  std::memcpy(&group, numbers, sizeof group);
  return hn::Set(Integers(), group);
}

/// Returns the outputs of a panel, a divisor of kPanel.
template <class Kind>
HWY_INLINE size_t panel_of() {
  return Kind::kVectors * hn::Lanes(Wide());
}

template <class Kind, size_t kRows>
struct Tile {
  typename Kind::Sum sums[kRows][Kind::kVectors];

  /// Calls body(i, j) for each row i of x and vector j of the panel.
  template <class Body>
  static HWY_INLINE void for_each(Body body) {
    HWY_UNROLL(6)
    for (size_t i = 0; i < kRows; ++i) {
      HWY_UNROLL(4)
      for (size_t j = 0; j < Kind::kVectors; ++j) body(i, j);
    }
  }
};

/// Returns the tile summed over `columns` columns; x has rows of `stride` numbers.
template <class Kind, size_t kRows>
HWY_INLINE Tile<Kind, kRows> multiply_block(size_t columns, size_t stride,
                                            const typename Kind::Left* HWY_RESTRICT x,
                                            const typename Kind::Right* HWY_RESTRICT w) {
  const size_t vector = hn::Lanes(Wide()) * Kind::kGroup;
  Tile<Kind, kRows> tile;
  tile.for_each([&](size_t i, size_t j) HWY_ATTR { tile.sums[i][j] = Kind::zero(); });
  for (size_t k = 0; k < columns; k += Kind::kGroup) {
    typename Kind::Factors row[Kind::kVectors];
    HWY_UNROLL(4)
    for (size_t j = 0; j < Kind::kVectors; ++j) row[j] = Kind::row(w + j * vector);
    w += Kind::kVectors * vector;
    HWY_UNROLL(6)
    for (size_t i = 0; i < kRows; ++i) {
      const typename Kind::Factors factor = Kind::spread(x + i * stride + k);
      HWY_UNROLL(4)
      for (size_t j = 0; j < Kind::kVectors; ++j)
        tile.sums[i][j] = Kind::add(tile.sums[i][j], factor, row[j]);
    }
  }
  return tile;
}

/// A block of columns of a panel.
template <class Kind>
struct PanelBlock {
  size_t first, columns, all;  ///< its columns, of `all`
  const typename Kind::Right* values;
};

/// Adds the block to the sums of a tile, which lie in `partial` between blocks, and calls finish(i, j, sum) after
/// the last one. A tile has `rows` rows, at most kRows: the last one of a matrix has fewer.
template <class Kind, size_t kRows, class Finish>
HWY_INLINE void multiply_tile(size_t rows, const PanelBlock<Kind>& block, const typename Kind::Left* x,
                              typename Kind::Number* partial, Finish finish) {
  if constexpr (kRows > 1)
    if (rows < kRows) return multiply_tile<Kind, kRows - 1>(rows, block, x, partial, finish);
  const auto d = Kind::sums_tag();
  const auto place = [&](size_t i, size_t j)
                         HWY_ATTR { return partial + (i * Kind::kVectors + j) * hn::Lanes(d); };
  auto tile = multiply_block<Kind, kRows>(block.columns, block.all, x + block.first, block.values);
  if (block.first > 0)
    tile.for_each([&](size_t i, size_t j)
                      HWY_ATTR { tile.sums[i][j] = hn::Add(hn::LoadU(d, place(i, j)), tile.sums[i][j]); });
  if (block.first + block.columns < block.all)
    tile.for_each([&](size_t i, size_t j) HWY_ATTR { hn::StoreU(tile.sums[i][j], d, place(i, j)); });
  else
    tile.for_each([&](size_t i, size_t j) HWY_ATTR { finish(i, j, tile.sums[i][j]); });
}

/// Fetches into the cache what lies `part` parts of `size` numbers behind `data`.
template <typename Number>
HWY_INLINE void fetch(const Number* data, size_t part, size_t size) {
  constexpr size_t kLine = 64 / sizeof(Number);
  for (size_t at = part * size; at < (part + 1) * size; at += kLine) hwy::Prefetch(data + at);
}

/// Writes the results of a vector of outputs from `output` on, or their GELU, to `out`, a row of `outputs` numbers.
template <bool kGelu>
HWY_INLINE void store_result(size_t outputs, size_t output, V<Wide> result, float* out) {
  const Wide d;
  if constexpr (kGelu) result = hn::Mul(result, Normal<Wide>(d, result).distribution);
  if (output + hn::Lanes(d) <= outputs)
    hn::StoreU(result, d, out + output);
  else
    hn::BlendedStore(result, hn::FirstN(d, outputs - output), d, out + output);
}

/// Computes the whole product. value(row, output, sum) makes the result, before GELU, from the sums of a
/// vector of outputs.
template <class Kind, bool kGelu, class Value>
HWY_INLINE void multiply(const PrepackedWeight<typename Kind::Right>& weight, size_t rows,
                         const typename Kind::Left* x, float* out, Value value) {
  const size_t panel = panel_of<Kind>(), tiles = kRowBlock / Kind::kRows;
  HWY_ALIGN typename Kind::Number partial[kRowBlock * kPanel];
  for (size_t begin = 0; begin < rows; begin += kRowBlock)
    for (size_t first = 0; first < weight.outputs; first += panel)
      for (size_t k = 0; k < weight.columns; k += Kind::kBlock) {
        const PanelBlock<Kind> block{k, std::min(Kind::kBlock, weight.columns - k), weight.columns,
                                     weight.values + first * weight.columns + k * panel};
        const size_t size = block.columns * panel;
        for (size_t tile = 0, i = begin; tile < tiles && i < rows; ++tile, i += Kind::kRows) {
          const auto finish = [&](size_t r, size_t j, typename Kind::Sum sum) HWY_ATTR {
            const size_t row = i + r, output = first + j * hn::Lanes(Wide());
            if (output < weight.outputs)
              store_result<kGelu>(weight.outputs, output, value(row, output, sum),
                                  out + row * weight.outputs);
          };
          fetch(block.values + size, tile, size / tiles);
          multiply_tile<Kind, Kind::kRows>(rows - i, block, x + i * weight.columns,
                                           partial + tile * Kind::kRows * panel, finish);
        }
      }
}

/// Copies a weight as `prepack` says.
template <class Kind, typename Number>
void prepack_panels(size_t outputs, size_t columns, const Number* weight, Number* prepacked) {
  const size_t panel = panel_of<Kind>();
  for (size_t first = 0; first < outputs; first += panel)
    for (size_t k = 0; k < columns; k += Kind::kGroup)
      for (size_t output = first; output < first + panel; ++output, prepacked += Kind::kGroup)
        if (output < outputs)
          std::copy_n(weight + output * columns + k, Kind::kGroup, prepacked);
        else
          std::fill_n(prepacked, Kind::kGroup, Number{});
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
