#include "engine/plain.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace mtnlp::plain {

void gelu(std::span<float> values) {
  for (float& value : values) {
    const double x = value;
    value = static_cast<float>(0.5 * x * (1 + std::erf(x / std::numbers::sqrt2)));
  }
}

void product(size_t outputs, size_t columns, const float* weight, const float* bias, size_t rows,
             const float* x, bool with_gelu, float* out) {
  for (size_t row = 0; row < rows; ++row)
    for (size_t output = 0; output < outputs; ++output) {
      double sum = bias[output];
      for (size_t i = 0; i < columns; ++i)
        sum += static_cast<double>(x[row * columns + i]) * weight[output * columns + i];
      out[row * outputs + output] = static_cast<float>(sum);
    }
  if (with_gelu) gelu({out, rows * outputs});
}

void attention(const int64_t* offsets, size_t heads, size_t head_dim, size_t first, size_t last,
               const float* qkv, float* out) {
  const size_t dim = heads * head_dim;
  std::vector<double> weights;
  for (size_t item = first; item < last; ++item) {
    const size_t head = item % heads;
    const auto begin = static_cast<size_t>(offsets[item / heads]),
               end = static_cast<size_t>(offsets[item / heads + 1]);
    const auto at = [&](size_t token, size_t part) {
      return qkv + (token * 3 + part) * dim + head * head_dim;
    };
    for (size_t token = begin; token < end; ++token) {
      weights.assign(end - begin, 0);
      for (size_t other = begin; other < end; ++other) {
        double& score = weights[other - begin];
        for (size_t i = 0; i < head_dim; ++i) score += static_cast<double>(at(token, 0)[i]) * at(other, 1)[i];
        score /= std::sqrt(static_cast<double>(head_dim));
      }
      const double largest = *std::max_element(weights.begin(), weights.end());
      double sum = 0;
      for (double& weight : weights) sum += weight = std::exp(weight - largest);
      for (size_t i = 0; i < head_dim; ++i) {
        double value = 0;
        for (size_t other = begin; other < end; ++other) value += weights[other - begin] * at(other, 2)[i];
        out[token * dim + head * head_dim + i] = static_cast<float>(value / sum);
      }
    }
  }
}

void layer_norm(size_t columns, const float* bias, const float* gamma, const float* beta, float eps,
                size_t rows, const float* x, const float* residual, float* out) {
  std::vector<double> sums(columns);
  for (size_t row = 0; row < rows; ++row) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < columns; ++i) {
      const size_t at = row * columns + i;
      mean += sums[i] = static_cast<double>(residual[at]) + x[at] + bias[i];
    }
    mean /= static_cast<double>(columns);
    for (const double sum : sums) variance += (sum - mean) * (sum - mean);
    const double scale = 1 / std::sqrt(variance / static_cast<double>(columns) + eps);
    for (size_t i = 0; i < columns; ++i)
      out[row * columns + i] = static_cast<float>((sums[i] - mean) * scale * gamma[i] + beta[i]);
  }
}

}  // namespace mtnlp::plain
