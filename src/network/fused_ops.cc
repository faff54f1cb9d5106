// Forward and backward of the fused operations, as torch::autograd::Function. Invariants: work is cut into
// ranges of rows or items, and the result for a row or item does not depend on the ranges; sums over rows are
// made block by block and added in order. So results do not depend on the number of threads. Without a
// gradient to compute nothing is saved.
#include "network/fused_ops.h"

#include <algorithm>

#include <ATen/Parallel.h>

#include "kernels/kernels.h"
#include "network/torch.h"

namespace mtnlp::fused {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

size_t count(int64_t number) {
  return static_cast<size_t>(number);
}

const float* read(const torch::Tensor& tensor) {
  return tensor.const_data_ptr<float>();
}
float* write(const torch::Tensor& tensor) {
  return tensor.mutable_data_ptr<float>();
}

bool is_bf16(const torch::Tensor& tensor) {
  return tensor.scalar_type() == torch::kBFloat16;
}
kernels::ConstNumbers read_numbers(const torch::Tensor& tensor) {
  if (!is_bf16(tensor)) return read(tensor);
  return static_cast<const kernels::BFloat16*>(tensor.const_data_ptr());
}
kernels::Numbers write_numbers(const torch::Tensor& tensor) {
  if (!is_bf16(tensor)) return write(tensor);
  return static_cast<kernels::BFloat16*>(tensor.mutable_data_ptr());
}

torch::TensorOptions floats(const torch::Tensor& like) {
  return like.options().dtype(torch::kFloat32);
}

bool needs_gradient(std::initializer_list<torch::Tensor> inputs) {
  return at::GradMode::is_enabled() &&
         std::any_of(inputs.begin(), inputs.end(), [](const torch::Tensor& x) { return x.requires_grad(); });
}

void keep_dropout(AutogradContext* context, const BatchDropout& dropout) {
  context->saved_data["rate"] = dropout.rate;
  context->saved_data["key"] = static_cast<int64_t>(dropout.key);
  context->saved_data["tokens"] = dropout.tokens;
}

BatchDropout kept_dropout(AutogradContext* context) {
  return {context->saved_data["rate"].toDouble(), static_cast<uint64_t>(context->saved_data["key"].toInt()),
          context->saved_data["tokens"].toTensor()};
}

// ---- rows in parallel ----

/// Fewest elements that are given to a thread.
constexpr int64_t kGrain = 16384;

/// Calls body(first, last) in parallel for ranges of the rows of `matrix`.
template <typename Body>
void for_rows(const torch::Tensor& matrix, Body body) {
  at::parallel_for(0, matrix.size(0), std::max<int64_t>(1, kGrain / matrix.size(1)),
                   [&](int64_t first, int64_t last) { body(count(first), count(last)); });
}

/// Returns sums [width] over the rows of `matrix`, equal for any number of threads: body(first, last, sums)
/// fills `sums` for a block of rows, the blocks depend on the shape of `matrix` alone, and their sums are
/// added in order.
template <typename Body>
torch::Tensor sum_over_rows(const torch::Tensor& matrix, int64_t width, Body body) {
  constexpr int64_t kMostBlocks = 64, kLeastRows = 16;
  const int64_t rows = matrix.size(0), height = std::max(kLeastRows, (rows + kMostBlocks - 1) / kMostBlocks),
                blocks = (rows + height - 1) / height;
  torch::Tensor sums = torch::empty({blocks, width}, floats(matrix));
  at::parallel_for(0, blocks, std::max<int64_t>(1, kGrain / (height * matrix.size(1))),
                   [&](int64_t first, int64_t last) {
                     for (int64_t block = first; block < last; ++block)
                       body(count(block * height), count(std::min(rows, (block + 1) * height)),
                            write(sums) + block * width);
                   });
  float* total = write(sums);
  for (int64_t block = 1; block < blocks; ++block)
    for (int64_t i = 0; i < width; ++i) total[i] += total[block * width + i];
  return sums[0];
}

// ---- attention ----

/// Calls body(first, last) in parallel for ranges of items (a head of a sequence each) of about equal cost.
/// An item belongs to the range that holds its first unit of cost.
template <typename Body>
void for_items(const torch::Tensor& offsets, int64_t heads, Body body) {
  constexpr int64_t kFixed = 32;  // cost of a token that does not depend on the length
  const auto* at = offsets.const_data_ptr<int64_t>();
  std::vector<int64_t> starts = {0};  // where each item begins, in units of cost
  for (int64_t b = 0; b + 1 < offsets.numel(); ++b)
    for (int64_t head = 0; head < heads; ++head)
      starts.push_back(starts.back() + (at[b + 1] - at[b]) * (at[b + 1] - at[b] + kFixed));
  const auto item_at = [&](int64_t cost) {
    return count(std::lower_bound(starts.begin(), starts.end(), cost) - starts.begin());
  };
  at::parallel_for(0, starts.back(), kGrain,
                   [&](int64_t first, int64_t last) { body(item_at(first), item_at(last)); });
}

kernels::AttentionBatch attention_batch(const torch::Tensor& qkv, const torch::Tensor& offsets, int64_t heads,
                                        const BatchDropout& dropout) {
  return {offsets.const_data_ptr<int64_t>(), count(heads), count(qkv.size(1) / 3 / heads),
          dropout.of_tokens()};
}

torch::Tensor attend(const torch::Tensor& qkv, const torch::Tensor& offsets, int64_t heads,
                     const BatchDropout& dropout, float* log_sums) {
  torch::Tensor out = torch::empty({qkv.size(0), qkv.size(1) / 3}, qkv.options());
  const auto batch = attention_batch(qkv, offsets, heads, dropout);
  for_items(offsets, heads, [&](size_t first, size_t last) {
    kernels::attention_forward(batch, first, last, read_numbers(qkv), write_numbers(out), log_sums);
  });
  return out;
}

class VarlenAttention : public torch::autograd::Function<VarlenAttention> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& qkv,
                               const torch::Tensor& offsets, int64_t heads, const BatchDropout& dropout) {
    const torch::Tensor log_sums = torch::empty({qkv.size(0), heads}, floats(qkv));
    context->save_for_backward({qkv, offsets, log_sums});
    context->saved_data["heads"] = heads;
    keep_dropout(context, dropout);
    return attend(qkv, offsets, heads, dropout, write(log_sums));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &qkv = saved[0], &offsets = saved[1], &log_sums = saved[2];
    const int64_t heads = context->saved_data["heads"].toInt();
    const torch::Tensor d_out = gradients[0].contiguous(), d_qkv = torch::empty_like(qkv);
    const BatchDropout dropout = kept_dropout(context);
    const auto batch = attention_batch(qkv, offsets, heads, dropout);
    for_items(offsets, heads, [&](size_t first, size_t last) {
      kernels::attention_backward(batch, first, last, read_numbers(qkv), read(log_sums), read_numbers(d_out),
                                  write_numbers(d_qkv));
    });
    return {d_qkv, {}, {}, {}};
  }
};

// ---- LayerNorm ----

kernels::LayerNorm layer_norm(const torch::Tensor& bias, const torch::Tensor& gamma,
                              const torch::Tensor& beta, double eps, const BatchDropout& dropout) {
  return {count(gamma.numel()),    read(bias),         read(gamma), read(beta),
          static_cast<float>(eps), dropout.of_tokens()};
}

torch::Tensor normalise(const kernels::LayerNorm& norm, const torch::Tensor& x, const torch::Tensor& residual,
                        float* normal, float* inverse_deviations) {
  torch::Tensor out = torch::empty_like(residual);
  for_rows(x, [&](size_t first, size_t last) {
    kernels::layer_norm_forward(norm, first, last, read_numbers(x), read(residual), write(out), normal,
                                inverse_deviations);
  });
  return out;
}

class AddLayerNorm : public torch::autograd::Function<AddLayerNorm> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& bias,
                               const torch::Tensor& residual, const torch::Tensor& gamma,
                               const torch::Tensor& beta, double eps, const BatchDropout& dropout) {
    const torch::Tensor normal = torch::empty_like(residual), inverse = torch::empty({x.size(0)}, floats(x));
    context->save_for_backward({normal, inverse, gamma});
    context->saved_data["bf16"] = is_bf16(x);
    keep_dropout(context, dropout);
    return normalise(layer_norm(bias, gamma, beta, eps, dropout), x, residual, write(normal), write(inverse));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &normal = saved[0], &inverse = saved[1], &gamma = saved[2];
    const BatchDropout dropout = kept_dropout(context);
    const torch::Tensor d_out = gradients[0].contiguous(), d_residual = torch::empty_like(normal);
    // Without dropout the gradient of x equals that of the residual, and shares its memory.
    const bool bf16 = context->saved_data["bf16"].toBool(), own = bf16 || dropout.active();
    const torch::Tensor d_x =
        own ? torch::empty_like(normal, bf16 ? torch::kBFloat16 : torch::kFloat32) : d_residual;
    const kernels::Numbers branch = own ? write_numbers(d_x) : kernels::Numbers();
    const kernels::LayerNorm norm = layer_norm(gamma, gamma, gamma, 0, dropout);
    const int64_t columns = gamma.numel();
    const torch::Tensor sums =
        sum_over_rows(normal, 3 * columns, [&](size_t first, size_t last, float* sum) {
          kernels::layer_norm_backward(norm, first, last, read(d_out), read(normal), read(inverse), branch,
                                       write(d_residual), sum, sum + columns, sum + 2 * columns);
        }).view({3, columns});
    return {d_x, sums[0], d_residual, sums[1], sums[2], {}, {}};
  }
};

// ---- GELU ----

torch::Tensor activate(const torch::Tensor& x, const torch::Tensor& bias) {
  torch::Tensor out = torch::empty_like(x);
  for_rows(x, [&](size_t first, size_t last) {
    kernels::gelu_forward(count(x.size(1)), first, last, read_numbers(x), read(bias), write_numbers(out));
  });
  return out;
}

class BiasGelu : public torch::autograd::Function<BiasGelu> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& bias) {
    context->save_for_backward({x, bias});
    return activate(x, bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &bias = saved[1];
    const torch::Tensor d_out = gradients[0].contiguous(), d_x = torch::empty_like(x);
    const torch::Tensor d_bias = sum_over_rows(x, x.size(1), [&](size_t first, size_t last, float* sum) {
      kernels::gelu_backward(count(x.size(1)), first, last, read_numbers(x), read(bias), read_numbers(d_out),
                             write_numbers(d_x), sum);
    });
    return {d_x, d_bias};
  }
};

}  // namespace

bool supports(const torch::Tensor& x, int64_t columns) {
  return x.is_cpu() && (x.scalar_type() == torch::kFloat32 || is_bf16(x)) && x.size(0) > 0 &&
         columns % kernels::kColumnMultiple == 0;
}

torch::Tensor varlen_attention(const torch::Tensor& qkv, const Layout& layout, int64_t heads,
                               const BatchDropout& dropout) {
  const torch::Tensor whole = qkv.contiguous();
  if (needs_gradient({whole})) return VarlenAttention::apply(whole, layout.offsets_tensor, heads, dropout);
  return attend(whole, layout.offsets_tensor, heads, dropout, nullptr);
}

torch::Tensor add_layer_norm(const torch::Tensor& x, const torch::Tensor& bias, const torch::Tensor& residual,
                             const torch::Tensor& gamma, const torch::Tensor& beta, double eps,
                             const BatchDropout& dropout) {
  const torch::Tensor branch = x.contiguous(), trunk = residual.contiguous(), shift = bias.contiguous(),
                      weight = gamma.contiguous(), offset = beta.contiguous();
  if (needs_gradient({branch, shift, trunk, weight, offset}))
    return AddLayerNorm::apply(branch, shift, trunk, weight, offset, eps, dropout);
  return normalise(layer_norm(shift, weight, offset, eps, dropout), branch, trunk, nullptr, nullptr);
}

torch::Tensor bias_gelu(const torch::Tensor& x, const torch::Tensor& bias) {
  const torch::Tensor whole = x.contiguous(), whole_bias = bias.contiguous();
  if (needs_gradient({whole, whole_bias})) return BiasGelu::apply(whole, whole_bias);
  return activate(whole, whole_bias);
}

}  // namespace mtnlp::fused
