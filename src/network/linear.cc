#include "network/linear.h"

#include <algorithm>
#include <memory>

#include <ATen/Parallel.h>

#include "kernels/kernels.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

/// Rows that a thread takes at a time: what lies between two products stays in its cache.
constexpr int64_t kRows = 96;

size_t count(int64_t number) {
  return static_cast<size_t>(number);
}

int64_t padded(int64_t outputs) {
  return static_cast<int64_t>(kernels::padded(count(outputs)));
}

torch::Tensor pad(const torch::Tensor& of_outputs) {
  return torch::constant_pad_nd(of_outputs.detach(), {0, padded(of_outputs.numel()) - of_outputs.numel()});
}

/// The result [N, outputs] of body(rows, from, to) on shares of the rows of x.
template <typename Body>
torch::Tensor by_rows(const torch::Tensor& x, int64_t outputs, Body body) {
  const torch::Tensor input = x.contiguous();
  const int64_t rows = input.size(0);
  torch::Tensor result = torch::empty({rows, outputs}, input.options());
  const auto* from = input.const_data_ptr<float>();
  auto* to = result.data_ptr<float>();
  at::parallel_for(0, (rows + kRows - 1) / kRows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * kRows; first < std::min(end * kRows, rows); first += kRows)
      body(std::min(kRows, rows - first), from + first * input.size(1), to + first * outputs);
  });
  return result;
}

}  // namespace

torch::Tensor Int8Matrix::to_float() const {
  return values.to(torch::kFloat32) * scales.unsqueeze(1);
}

Int8Matrix quantize(const torch::Tensor& matrix) {
  const torch::NoGradGuard no_grad;
  // A row of zeros has the scale 1, any would do.
  const torch::Tensor largest = matrix.abs().amax(1);
  const torch::Tensor scales = torch::where(largest > 0, largest / 127, torch::ones_like(largest));
  const torch::Tensor values = (matrix / scales.unsqueeze(1)).round().clamp(-127, 127).to(torch::kInt8);
  return {values, scales, values.sum(1).to(torch::kFloat32) * scales};
}

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     Precision precision) {
  const std::optional<torch::Tensor> added = bias.defined() ? std::optional(bias) : std::nullopt;
  if (precision == Precision::kFp32) return at::linear(x, weight, added);
  const auto half = [](const torch::Tensor& tensor) { return tensor.to(torch::kBFloat16); };
  return at::linear(half(x), half(weight), added ? std::optional(half(*added)) : std::nullopt);
}

PackedLinear::PackedLinear(const torch::Tensor& values, const torch::Tensor& bias, int64_t outputs)
    : outputs_(outputs),
      columns_(values.size(1)),
      values_(torch::empty({padded(outputs), columns_}, values.options())),
      bias_(bias.defined() ? pad(bias) : torch::zeros(padded(outputs))) {}

PackedLinear::PackedLinear(const torch::Tensor& weight, const torch::Tensor& bias)
    : PackedLinear(weight, bias, weight.size(0)) {
  kernels::pack(count(outputs_), count(columns_), weight.contiguous().const_data_ptr<float>(),
                values_.data_ptr<float>());
}

PackedLinear::PackedLinear(const Int8Matrix& weight, const torch::Tensor& bias)
    : PackedLinear(weight.values, bias, weight.values.size(0)) {
  kernels::pack(count(outputs_), count(columns_), weight.values.contiguous().const_data_ptr<int8_t>(),
                values_.data_ptr<int8_t>());
  scales_ = pad(weight.scales);
  sums_ = pad(weight.sums);
}

void PackedLinear::product(int64_t rows, const float* x, bool gelu, float* out) const {
  const auto* bias = bias_.const_data_ptr<float>();
  if (!scales_.defined())
    return kernels::product(
        {count(outputs_), count(columns_), values_.const_data_ptr<float>(), bias, nullptr, nullptr},
        count(rows), x, gelu, out);
  const auto bytes = std::make_unique_for_overwrite<uint8_t[]>(count(rows * columns_));
  const auto ranges = std::make_unique_for_overwrite<float[]>(count(2 * rows));
  const kernels::QuantizedRows quantised{bytes.get(), ranges.get(), ranges.get() + rows};
  kernels::quantize_rows(count(columns_), count(rows), x, quantised);
  kernels::product({count(outputs_), count(columns_), values_.const_data_ptr<int8_t>(), bias,
                    scales_.const_data_ptr<float>(), sums_.const_data_ptr<float>()},
                   count(rows), quantised, gelu, out);
}

torch::Tensor PackedLinear::forward(const torch::Tensor& x) const {
  return by_rows(x, outputs_,
                 [&](int64_t rows, const float* from, float* to) { product(rows, from, false, to); });
}

torch::Tensor PackedLinear::feed_forward(const torch::Tensor& x, const PackedLinear& down) const {
  return by_rows(x, down.outputs_, [&](int64_t rows, const float* from, float* to) {
    const auto inner = std::make_unique_for_overwrite<float[]>(count(rows * outputs_));
    product(rows, from, true, inner.get());
    down.product(rows, inner.get(), false, to);
  });
}

}  // namespace mtnlp
