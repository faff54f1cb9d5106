// Attention over variable-length batches, forward and backward. Invariants: an item (a head of a sequence) is
// computed by itself, so its result depends on nothing else; its Q, K and V are copied side by side into
// scratch memory that fits into the cache; queries are taken in blocks, so that scratch grows with the length
// and not with its square.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <hwy/aligned_allocator.h>

#include "kernels/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cc"
#include <hwy/foreach_target.h>

#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mtnlp::kernels::HWY_NAMESPACE {

constexpr size_t kTileRows = 6, kTileVectors = 2;  // sums held in registers: 12 of the 16 of AVX2
constexpr size_t kQueryBlock = 8 * kTileRows;

/// A matrix whose element (i, k) is data[i * row + k * column].
struct Strided {
  const float* data;
  size_t row, column;
};
inline Strided plain(const float* data, size_t width) {
  return {data, width, 1};
}
inline Strided transposed(const float* data, size_t width) {
  return {data, 1, width};
}

/// Computes a tile of C = A B, or of C += A B when `add`; rows of B and C are `width` long.
template <size_t kRows, size_t kVectors, class D>
HWY_INLINE void multiply_tile(D d, size_t depth, Strided a, const float* HWY_RESTRICT b,
                              float* HWY_RESTRICT c, size_t width, bool add) {
  const size_t lanes = hn::Lanes(d);
  V<D> sums[kRows][kVectors];
  HWY_UNROLL(6)
  for (size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(2)
    for (size_t j = 0; j < kVectors; ++j)
      sums[i][j] = add ? hn::Load(d, c + i * width + j * lanes) : hn::Zero(d);
  }
  for (size_t k = 0; k < depth; ++k) {
    V<D> row[kVectors];
    HWY_UNROLL(2)
    for (size_t j = 0; j < kVectors; ++j) row[j] = hn::Load(d, b + k * width + j * lanes);
    HWY_UNROLL(6)
    for (size_t i = 0; i < kRows; ++i) {
      const V<D> factor = hn::Set(d, a.data[i * a.row + k * a.column]);
      HWY_UNROLL(2)
      for (size_t j = 0; j < kVectors; ++j) sums[i][j] = hn::MulAdd(factor, row[j], sums[i][j]);
    }
  }
  HWY_UNROLL(6)
  for (size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(2)
    for (size_t j = 0; j < kVectors; ++j) hn::Store(sums[i][j], d, c + i * width + j * lanes);
  }
}

/// Computes all columns of kRows rows of C, or of the fewer rows that are left at the end.
template <size_t kRows, class D>
HWY_INLINE void multiply_rows(D d, size_t rows, size_t depth, Strided a, const float* b, float* c,
                              size_t width, bool add) {
  if constexpr (kRows > 1)
    if (rows < kRows) return multiply_rows<kRows - 1>(d, rows, depth, a, b, c, width, add);
  const size_t tile = kTileVectors * hn::Lanes(d);
  size_t j = 0;
  for (; j + tile <= width; j += tile)
    multiply_tile<kRows, kTileVectors>(d, depth, a, b + j, c + j, width, add);
  if (j < width) multiply_tile<kRows, 1>(d, depth, a, b + j, c + j, width, add);
}

/// Computes C [rows, width] = A [rows, depth] · B [depth, width], or += when `add`; `width` is a multiple of
/// the lanes.
template <class D>
HWY_NOINLINE void multiply(D d, size_t rows, size_t depth, Strided a, const float* b, float* c, size_t width,
                           bool add = false) {
  for (size_t i = 0; i < rows; i += kTileRows, a.data += kTileRows * a.row, c += kTileRows * width)
    multiply_rows<kTileRows>(d, rows - i, depth, a, b, c, width, add);
}

/// Copies to[i][j] = factor · from[i][j]; rows of `from` are `stride` apart.
template <class D, typename Number>
HWY_INLINE void gather(D d, const Number* from, size_t stride, size_t rows, size_t columns,
                       float* HWY_RESTRICT to, float factor = 1) {
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; j += hn::Lanes(d))
      hn::Store(hn::Mul(load(d, from + i * stride + j), hn::Set(d, factor)), d, to + i * columns + j);
}

template <class D, typename Number>
HWY_INLINE void scatter(D d, const float* HWY_RESTRICT from, size_t rows, size_t columns, Number* to,
                        size_t stride, float factor = 1) {
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j < columns; j += hn::Lanes(d))
      store(hn::Mul(hn::Load(d, from + i * columns + j), hn::Set(d, factor)), d, to + i * stride + j);
}

/// Copies to[j][i] = from[i][j] for `columns`, a multiple of 4. Rows of `to` are `width` >= rows long; the
/// rest is 0.
template <typename Number>
inline void gather_transposed(const Number* from, size_t stride, size_t rows, size_t columns,
                              float* HWY_RESTRICT to, size_t width) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<float, 4> d;
  for (; i + 4 <= rows; i += 4)
    for (size_t j = 0; j < columns; j += 4) {
      const Number* at = from + i * stride + j;
      const auto r0 = load(d, at), r1 = load(d, at + stride), r2 = load(d, at + 2 * stride),
                 r3 = load(d, at + 3 * stride);
      const auto low01 = hn::InterleaveLower(d, r0, r1), low23 = hn::InterleaveLower(d, r2, r3),
                 high01 = hn::InterleaveUpper(d, r0, r1), high23 = hn::InterleaveUpper(d, r2, r3);
      float* HWY_RESTRICT out = to + j * width + i;
      hn::Store(hn::ConcatLowerLower(d, low23, low01), d, out);
      hn::Store(hn::ConcatUpperUpper(d, low23, low01), d, out + width);
      hn::Store(hn::ConcatLowerLower(d, high23, high01), d, out + 2 * width);
      hn::Store(hn::ConcatUpperUpper(d, high23, high01), d, out + 3 * width);
    }
#endif
  for (; i < width; ++i)
    for (size_t j = 0; j < columns; ++j)
      to[j * width + i] = i < rows ? static_cast<float>(from[i * stride + j]) : 0;
}

/// Turns a row of scores of `length` keys into probabilities after dropout. Returns the logarithm of the
/// softmax denominator. The row is padded to whole vectors; its padding becomes 0.
template <class D>
HWY_INLINE float softmax_row(D d, size_t length, float* HWY_RESTRICT row, const Keep<D>& keep, bool drops) {
  const size_t lanes = hn::Lanes(d);
  const V<D> lowest = hn::Set(d, std::numeric_limits<float>::lowest());
  const auto scores = [&](size_t j) HWY_ATTR {
    const V<D> all = hn::Load(d, row + j);
    return j + lanes <= length ? all : hn::IfThenElse(hn::FirstN(d, length - j), all, lowest);
  };
  V<D> largest = lowest;
  for (size_t j = 0; j < length; j += lanes) largest = hn::Max(largest, scores(j));
  largest = hn::MaxOfLanes(d, largest);
  V<D> total = hn::Zero(d);
  for (size_t j = 0; j < length; j += lanes) {
    const V<D> power = exponential(d, hn::Sub(scores(j), largest));
    total = hn::Add(total, power);
    hn::Store(power, d, row + j);
  }
  const float denominator = sum_of(d, total);
  const V<D> inverse = hn::Set(d, 1 / denominator);
  for (size_t j = 0; j < length; j += lanes) {
    const V<D> factor = drops ? hn::Mul(inverse, keep(j)) : inverse;
    hn::Store(hn::Mul(hn::Load(d, row + j), factor), d, row + j);
  }
  return hn::GetLane(largest) + std::log(denominator);
}

/// Computes the backward pass of softmax_row for one query: `row` goes from scores to probabilities after
/// dropout, `gradient` from the gradient of these to that of the scores. `scratch` is as long as a row.
template <class D>
HWY_INLINE void softmax_row_backward(D d, size_t length, float log_sum, float* HWY_RESTRICT row,
                                     float* HWY_RESTRICT gradient, float* HWY_RESTRICT scratch,
                                     const Keep<D>& keep, bool drops) {
  const size_t lanes = hn::Lanes(d);
  const V<D> shift = hn::Set(d, log_sum);
  V<D> along = hn::Zero(d);
  for (size_t j = 0; j < length; j += lanes) {
    V<D> probability = exponential(d, hn::Sub(hn::Load(d, row + j), shift));
    if (j + lanes > length) probability = hn::IfThenElseZero(hn::FirstN(d, length - j), probability);
    const V<D> factor = drops ? keep(j) : hn::Set(d, 1.0f);
    const V<D> kept = hn::Mul(probability, factor), down = hn::Load(d, gradient + j);
    along = hn::MulAdd(kept, down, along);
    hn::Store(kept, d, row + j);
    hn::Store(hn::Mul(kept, down), d, gradient + j);
    hn::Store(probability, d, scratch + j);
  }
  const V<D> total = hn::SumOfLanes(d, along);
  for (size_t j = 0; j < length; j += lanes)
    hn::Store(hn::NegMulAdd(hn::Load(d, scratch + j), total, hn::Load(d, gradient + j)), d, gradient + j);
}

/// Where an item lies in the matrices: its head, its first token, its number of tokens.
class Item {
 public:
  Item(const AttentionBatch& batch, size_t index)
      : head(index % batch.heads),
        token(static_cast<size_t>(batch.offsets[index / batch.heads])),
        length(static_cast<size_t>(batch.offsets[index / batch.heads + 1]) - token) {}
  size_t head, token, length;
};

size_t longest(const AttentionBatch& batch, size_t first, size_t last) {
  size_t length = 0;
  for (size_t i = first; i < last; ++i) length = std::max(length, Item(batch, i).length);
  return length;
}

/// A block of memory that is handed out in pieces, each of whole vectors.
class Scratch {
 public:
  explicit Scratch(size_t floats) : memory_(hwy::AllocateAligned<float>(floats)), next_(memory_.get()) {}
  float* piece(size_t floats) { return std::exchange(next_, next_ + floats); }

 private:
  hwy::AlignedFreeUniquePtr<float[]> memory_;
  float* next_;
};

template <class D, typename Number>
HWY_INLINE void forward(D d, const AttentionBatch& batch, size_t first, size_t last, const Number* qkv,
                        Number* out, float* log_sums) {
  const size_t head_dim = batch.head_dim, dim = batch.heads * head_dim, stride = 3 * dim;
  const size_t room = hwy::RoundUpTo(longest(batch, first, last), hn::Lanes(d));
  const float scale = 1 / std::sqrt(static_cast<float>(head_dim));
  const bool drops = batch.dropout.active();
  Scratch scratch(2 * room * head_dim + kQueryBlock * (room + 2 * head_dim));
  float *const keys = scratch.piece(room * head_dim), *const values = scratch.piece(room * head_dim),
               *const queries = scratch.piece(kQueryBlock * head_dim),
               *const result = scratch.piece(kQueryBlock * head_dim),
               *const scores = scratch.piece(kQueryBlock * room);
  for (size_t index = first; index < last; ++index) {
    const Item item(batch, index);
    const size_t width = hwy::RoundUpTo(item.length, hn::Lanes(d));
    const Number* own = qkv + item.token * stride + item.head * head_dim;
    gather_transposed(own + dim, stride, item.length, head_dim, keys, width);
    gather(d, own + 2 * dim, stride, item.length, head_dim, values);
    for (size_t i = 0; i < item.length; i += kQueryBlock) {
      const size_t rows = std::min(kQueryBlock, item.length - i), token = item.token + i;
      gather(d, own + i * stride, stride, rows, head_dim, queries, scale);
      multiply(d, rows, head_dim, plain(queries, head_dim), keys, scores, width);
      for (size_t r = 0; r < rows; ++r) {
        const size_t row = (token + r) * batch.heads + item.head;
        const float log_sum = softmax_row(d, item.length, scores + r * width,
                                          Keep<D>(d, batch.dropout, token + r, item.head), drops);
        if (log_sums != nullptr) log_sums[row] = log_sum;
      }
      multiply(d, rows, item.length, plain(scores, width), values, result, head_dim);
      scatter(d, result, rows, head_dim, out + token * dim + item.head * head_dim, dim);
    }
  }
}

template <class D, typename Number>
HWY_INLINE void backward(D d, const AttentionBatch& batch, size_t first, size_t last, const Number* qkv,
                         const float* log_sums, const Number* d_out, Number* d_qkv) {
  const size_t head_dim = batch.head_dim, dim = batch.heads * head_dim, stride = 3 * dim;
  const size_t room = hwy::RoundUpTo(longest(batch, first, last), hn::Lanes(d));
  const float scale = 1 / std::sqrt(static_cast<float>(head_dim));
  const bool drops = batch.dropout.active();
  Scratch scratch(5 * room * head_dim + kQueryBlock * (2 * room + 3 * head_dim) + room);
  const auto of_keys = [&] { return scratch.piece(room * head_dim); };
  const auto of_queries = [&] { return scratch.piece(kQueryBlock * head_dim); };
  const auto of_scores = [&] { return scratch.piece(kQueryBlock * room); };
  float *const keys = of_keys(), *const keys_across = of_keys(), *const values_across = of_keys(),
               *const d_keys = of_keys(), *const d_values = of_keys();
  float *const queries = of_queries(), *const d_queries = of_queries(), *const d_result = of_queries();
  float *const scores = of_scores(), *const d_scores = of_scores(), *const row_scratch = scratch.piece(room);
  for (size_t index = first; index < last; ++index) {
    const Item item(batch, index);
    const size_t width = hwy::RoundUpTo(item.length, hn::Lanes(d));
    const size_t at = item.token * stride + item.head * head_dim;
    gather(d, qkv + at + dim, stride, item.length, head_dim, keys);
    gather_transposed(qkv + at + dim, stride, item.length, head_dim, keys_across, width);
    gather_transposed(qkv + at + 2 * dim, stride, item.length, head_dim, values_across, width);
    for (size_t i = 0; i < item.length; i += kQueryBlock) {
      const size_t rows = std::min(kQueryBlock, item.length - i), token = item.token + i;
      gather(d, qkv + at + i * stride, stride, rows, head_dim, queries, scale);
      gather(d, d_out + token * dim + item.head * head_dim, dim, rows, head_dim, d_result);
      multiply(d, rows, head_dim, plain(queries, head_dim), keys_across, scores, width);
      multiply(d, rows, head_dim, plain(d_result, head_dim), values_across, d_scores, width);
      for (size_t r = 0; r < rows; ++r) {
        const size_t row = (token + r) * batch.heads + item.head;
        softmax_row_backward(d, item.length, log_sums[row], scores + r * width, d_scores + r * width,
                             row_scratch, Keep<D>(d, batch.dropout, token + r, item.head), drops);
      }
      multiply(d, item.length, rows, transposed(scores, width), d_result, d_values, head_dim, i > 0);
      multiply(d, item.length, rows, transposed(d_scores, width), queries, d_keys, head_dim, i > 0);
      multiply(d, rows, item.length, plain(d_scores, width), keys, d_queries, head_dim);
      scatter(d, d_queries, rows, head_dim, d_qkv + at + i * stride, stride, scale);
    }
    scatter(d, d_keys, item.length, head_dim, d_qkv + at + dim, stride);
    scatter(d, d_values, item.length, head_dim, d_qkv + at + 2 * dim, stride);
  }
}

void attention_forward_any(const AttentionBatch& batch, size_t first, size_t last, ConstNumbers qkv,
                           Numbers out, float* log_sums) {
  with_lanes_and_numbers(batch.head_dim, qkv, [&]<typename Number>(auto lanes, const Number* data) {
    forward(lanes, batch, first, last, data, std::get<Number*>(out), log_sums);
  });
}

void attention_backward_any(const AttentionBatch& batch, size_t first, size_t last, ConstNumbers qkv,
                            const float* log_sums, ConstNumbers d_out, Numbers d_qkv) {
  with_lanes_and_numbers(batch.head_dim, qkv, [&]<typename Number>(auto lanes, const Number* data) {
    backward(lanes, batch, first, last, data, log_sums, std::get<const Number*>(d_out),
             std::get<Number*>(d_qkv));
  });
}

}  // namespace mtnlp::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mtnlp::kernels {

HWY_EXPORT(attention_forward_any);
HWY_EXPORT(attention_backward_any);

void attention_forward(const AttentionBatch& batch, size_t first, size_t last, ConstNumbers qkv, Numbers out,
                       float* log_sums) {
  HWY_DYNAMIC_DISPATCH(attention_forward_any)(batch, first, last, qkv, out, log_sums);
}

void attention_backward(const AttentionBatch& batch, size_t first, size_t last, ConstNumbers qkv,
                        const float* log_sums, ConstNumbers d_out, Numbers d_qkv) {
  HWY_DYNAMIC_DISPATCH(attention_backward_any)(batch, first, last, qkv, log_sums, d_out, d_qkv);
}

}  // namespace mtnlp::kernels
#endif
