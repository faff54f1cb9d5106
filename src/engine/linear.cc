#include "engine/linear.h"

#include <memory>

#include "base/error.h"
#include "base/floats.h"
#include "engine/plain.h"
#include "hub/int8_matrix.h"
#include "kernels/kernels.h"

namespace mtnlp {
namespace {

std::vector<float> padded(std::span<const float> values, size_t outputs) {
  std::vector<float> result(kernels::padded(outputs));
  std::ranges::copy(values, result.begin());
  return result;
}

void round_all(std::span<float> values) {
  for (float& value : values) value = rounded_to_bfloat16(value);
}

}  // namespace

Linear::Linear(Precision precision, size_t outputs, std::span<const float> weight,
               std::span<const float> bias)
    : precision_(precision),
      outputs_(outputs),
      columns_(weight.size() / outputs),
      plain_(columns_ % kernels::kColumnMultiple != 0),
      bias_(padded(bias, outputs)) {
  if (precision == Precision::kInt8) {
    if (plain_)
      fail_input("int8 needs an encoder whose sizes are multiples of ", kernels::kColumnMultiple,
                 "; this one has a size of ", columns_);
    const Int8Matrix matrix = quantize(weight, columns_);
    bytes_.resize(kernels::padded(outputs) * columns_);
    kernels::prepack(outputs, columns_, matrix.values.data(), bytes_.data());
    scales_ = padded(matrix.scales, outputs);
    sums_ = padded(matrix.sums, outputs);
    return;
  }
  if (precision == Precision::kBf16 && !plain_ && kernels::has_bfloat16_products()) {
    std::vector<kernels::BFloat16> rounded(weight.size());
    kernels::round_to_bfloat16(weight.size(), weight.data(), rounded.data());
    bfloats_.resize(kernels::padded(outputs) * columns_);
    kernels::prepack(outputs, columns_, rounded.data(), bfloats_.data());
    return;
  }
  std::vector<float> rounded;
  if (precision == Precision::kBf16) {
    rounded.assign(weight.begin(), weight.end());
    round_all(rounded);
    weight = rounded;
  }
  values_.resize((plain_ ? outputs : kernels::padded(outputs)) * columns_);
  if (plain_)
    std::ranges::copy(weight, values_.begin());
  else
    kernels::prepack(outputs, columns_, weight.data(), values_.data());
}

void Linear::product_of_bytes(size_t rows, const float* x, bool gelu, float* out) const {
  const auto bytes = std::make_unique_for_overwrite<uint8_t[]>(rows * columns_);
  const auto ranges = std::make_unique_for_overwrite<float[]>(2 * rows);
  const kernels::QuantizedRows quantized{bytes.get(), ranges.get(), ranges.get() + rows};
  kernels::quantize_rows(columns_, rows, x, quantized);
  kernels::product({outputs_, columns_, bytes_.data(), bias_.data(), scales_.data(), sums_.data()}, rows,
                   quantized, gelu, out);
}

void Linear::product_of_bfloats(size_t rows, const float* x, bool gelu, float* out) const {
  if (bfloats_.empty()) {
    std::vector<float> rounded(x, x + rows * columns_);
    round_all(rounded);
    return product_of_floats(rows, rounded.data(), gelu, out);
  }
  const auto rounded = std::make_unique_for_overwrite<kernels::BFloat16[]>(rows * columns_);
  kernels::round_to_bfloat16(rows * columns_, x, rounded.get());
  kernels::product({outputs_, columns_, bfloats_.data(), bias_.data()}, rows, rounded.get(), gelu, out);
}

void Linear::product_of_floats(size_t rows, const float* x, bool gelu, float* out) const {
  if (plain_) return plain::product(outputs_, columns_, values_.data(), bias_.data(), rows, x, gelu, out);
  kernels::product({outputs_, columns_, values_.data(), bias_.data()}, rows, x, gelu, out);
}

void Linear::product(size_t rows, const float* x, bool gelu, float* out) const {
  switch (precision_) {
    case Precision::kFp32:
      return product_of_floats(rows, x, gelu, out);
    case Precision::kBf16:
      return product_of_bfloats(rows, x, gelu, out);
    case Precision::kInt8:
      return product_of_bytes(rows, x, gelu, out);
  }
}

void Linear::forward(size_t rows, const float* x, float* out) const {
  product(rows, x, false, out);
}

void Linear::forward_gelu(size_t rows, const float* x, float* out) const {
  product(rows, x, true, out);
}

}  // namespace mtnlp
