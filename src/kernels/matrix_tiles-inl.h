// Products with a prepacked weight by AMX, whose registers hold tiles of 16 rows of 64 bytes. Compiled for
// HWY_AVX3_DL alone; whether the CPU has AMX is asked when the program runs (matrix_tiles.h).
// Invariant: the sum of a result goes over blocks of 64 bytes of a row in their order, so the result for a row
// depends on no other row.
#if defined(MTNLP_MATRIX_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MTNLP_MATRIX_TILES_INL_H_
#undef MTNLP_MATRIX_TILES_INL_H_
#else
#define MTNLP_MATRIX_TILES_INL_H_
#endif

#include <cstring>

#include "kernels/multiply-inl.h"

#if HWY_TARGET == HWY_AVX3_DL
HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

constexpr size_t kTileRows = 16, kTileBytes = 64;

/// What ldtilecfg reads.
struct TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes[16] = {};
  uint8_t rows[16] = {};
};

/// The tile registers of this thread: 0 to 3 hold sums of 2 x 2 tiles, 4 and 5 rows of x, 6 and 7 the weight.
class TileRegisters {
 public:
  TileRegisters() = default;
  TileRegisters(const TileRegisters&) = delete;
  TileRegisters& operator=(const TileRegisters&) = delete;
  ~TileRegisters() { asm volatile("tilerelease"); }

  /// Sets up for `rows` rows of x, 1 to 32.
  void set_rows(size_t rows) {
    if (rows == rows_) return;
    rows_ = rows;
    TileConfig config;
    const size_t upper = std::min(rows, kTileRows), lower = rows > kTileRows ? rows - kTileRows : 1;
    const size_t counts[8] = {upper, upper, lower, lower, upper, lower, kTileRows, kTileRows};
    for (size_t i = 0; i < 8; ++i) {
      config.bytes[i] = kTileBytes;
      config.rows[i] = static_cast<uint8_t>(counts[i]);
    }
    asm volatile("ldtilecfg %0" : : "m"(config));
  }

 private:
  size_t rows_ = 0;
};

/// Sums 32 outputs of a panel for up to 32 rows of `stride` bytes, of which all count, and writes the sums
/// [32, 32] to `sums`. Fetches `ahead` meanwhile, `lines` lines of the cache at each step.
template <class Kind>
HWY_INLINE void multiply_tiles(bool lower, size_t stride, const typename Kind::Left* x,
                               const typename Kind::Right* w, const uint8_t* ahead, size_t lines,
                               typename Kind::Number* sums) {
  constexpr size_t kPanelBytes = kPanel * sizeof(int32_t), kStep = kTileRows * kPanelBytes;
  const auto* rows = reinterpret_cast<const uint8_t*>(x);
  const auto* weight = reinterpret_cast<const uint8_t*>(w);
  asm volatile("tilezero %tmm0\n\ttilezero %tmm1\n\ttilezero %tmm2\n\ttilezero %tmm3");
  for (size_t k = 0; k < stride; k += kTileBytes, weight += kStep) {
    for (size_t line = 0; line < lines; ++line, ahead += 64) hwy::Prefetch(ahead);
    asm volatile("tileloadd (%0,%1,1), %%tmm4\n\ttileloadd (%2,%4,1), %%tmm6\n\ttileloadd (%3,%4,1), %%tmm7"
                 :
                 : "r"(rows + k), "r"(stride), "r"(weight), "r"(weight + kTileBytes), "r"(kPanelBytes)
                 : "memory");
    Kind::template add_tiles<0>();
    if (!lower) continue;
    asm volatile("tileloadd (%0,%1,1), %%tmm5"
                 :
                 : "r"(rows + kTileRows * stride + k), "r"(stride)
                 : "memory");
    Kind::template add_tiles<2>();
  }
  constexpr size_t kSums = 2 * kTileRows;
  asm volatile("tilestored %%tmm0, (%0,%2,1)\n\ttilestored %%tmm1, (%1,%2,1)"
               :
               : "r"(sums), "r"(sums + kTileRows), "r"(kSums * sizeof *sums)
               : "memory");
  if (lower)
    asm volatile("tilestored %%tmm2, (%0,%2,1)\n\ttilestored %%tmm3, (%1,%2,1)"
                 :
                 : "r"(sums + kTileRows * kSums), "r"(sums + kTileRows * kSums + kTileRows),
                   "r"(kSums * sizeof *sums)
                 : "memory");
}

/// Says whether multiply_by_tiles takes rows of `columns` numbers.
template <class Kind>
HWY_INLINE bool fits_tiles(size_t columns) {
  return columns * sizeof(typename Kind::Left) % kTileBytes == 0;
}

/// Does what `multiply` does, for columns that fit. Kind::add_tiles<N> adds to the sums N and N + 1 the products of
/// tile 4 + N / 2 and the tiles 6 and 7.
template <class Kind, bool kGelu, class Value>
HWY_INLINE void multiply_by_tiles(const PrepackedWeight<typename Kind::Right>& weight, size_t rows,
                                  const typename Kind::Left* x, float* out, Value value) {
  constexpr size_t kSide = 2 * kTileRows;
  const size_t stride = weight.columns * sizeof(*x), panel_bytes = kPanel * stride;
  const size_t steps = stride / kTileBytes * (kPanel / kSide) * ((rows + kSide - 1) / kSide);
  const size_t lines = (panel_bytes / 64 + steps - 1) / steps;
  HWY_ALIGN typename Kind::Number sums[kSide * kSide];
  TileRegisters registers;
  for (size_t panel = 0; panel < weight.outputs; panel += kPanel) {
    const auto* w = weight.values + panel * weight.columns;
    const uint8_t* ahead = reinterpret_cast<const uint8_t*>(w) + panel_bytes;
    for (size_t first = panel; first < std::min(panel + kPanel, weight.outputs); first += kSide)
      for (size_t i = 0; i < rows; i += kSide, ahead += lines * (stride / kTileBytes) * 64) {
        const size_t count = std::min(kSide, rows - i), outputs = std::min(kSide, weight.outputs - first);
        registers.set_rows(count);
        multiply_tiles<Kind>(count > kTileRows, stride, x + i * weight.columns,
                             w + (first - panel) * Kind::kGroup, ahead, lines, sums);
        for (size_t row = 0; row < count; ++row)
          for (size_t j = 0; j < outputs; j += hn::Lanes(Wide())) {
            const auto sum = hn::Load(Kind::sums_tag(), sums + row * kSide + j);
            store_result<kGelu>(weight.outputs, first + j, value(i + row, first + j, sum),
                                out + (i + row) * weight.outputs);
          }
      }
  }
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
