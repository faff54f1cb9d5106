#include "mtnlp/model/linear.h"

#include <ATen/Parallel.h>
#include <ATen/ops/_int_mm.h>

#include "mtnlp/model/kernels.h"
#include "mtnlp/model/torch.h"

namespace mtnlp {
namespace {

/// Rows that a thread takes at a time: their products stay in its cache until they are scaled.
constexpr int64_t kRows = 128;

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
  return at::linear(half(x), half(weight), added ? std::optional(half(*added)) : std::nullopt)
      .to(torch::kFloat32);
}

torch::Tensor linear(const torch::Tensor& x, const Int8Matrix& weight, const torch::Tensor& bias) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor input = x.contiguous();
  const int64_t rows = input.size(0), columns = input.size(1), outputs = weight.values.size(0);
  torch::Tensor result = torch::empty({rows, outputs}, input.options());
  const torch::Tensor transposed = weight.values.t();
  at::parallel_for(0, (rows + kRows - 1) / kRows, 1, [&](int64_t begin, int64_t end) {
    const c10::InferenceMode inference;
    for (int64_t first = begin * kRows; first < std::min(end * kRows, rows); first += kRows) {
      const int64_t count = std::min(kRows, rows - first);
      const torch::Tensor values = torch::empty({count, columns}, torch::kInt8);
      std::vector<float> scales(static_cast<size_t>(count)), offsets(scales.size());
      kernels::quantize_rows(static_cast<size_t>(columns), scales.size(),
                             input.const_data_ptr<float>() + first * columns, values.data_ptr<int8_t>(),
                             scales.data(), offsets.data());
      const torch::Tensor products = at::_int_mm(values, transposed);
      kernels::scale_products(
          static_cast<size_t>(outputs), scales.size(), products.const_data_ptr<int32_t>(),
          {weight.scales.const_data_ptr<float>(), weight.sums.const_data_ptr<float>(),
           bias.defined() ? bias.const_data_ptr<float>() : nullptr, scales.data(), offsets.data()},
          result.data_ptr<float>() + first * outputs);
    }
  });
  return result;
}

}  // namespace mtnlp
