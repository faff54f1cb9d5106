#include "network/cross_entropy.h"

#include <algorithm>

#include "network/ops.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr int64_t kMostLogits = int64_t{1} << 26;  // at a time: 256 MB

torch::Tensor logits_of(const torch::Tensor& x, const Decoder& decoder) {
  return linear(x, decoder.weight, {}, decoder.precision).to(decoder.bias.scalar_type()).add_(decoder.bias);
}

/// Calls `body(first row, rows of x, targets)` for pieces of all rows.
template <typename Body>
void for_each_piece(const torch::Tensor& x, const Decoder& decoder, const torch::Tensor& targets, Body body) {
  const int64_t rows = std::max<int64_t>(1, kMostLogits / decoder.weight.size(0));
  for (int64_t first = 0; first < x.size(0); first += rows) {
    const int64_t end = std::min(first + rows, x.size(0));
    body(first, x.slice(0, first, end), targets.slice(0, first, end));
  }
}

class DecoderLoss : public torch::autograd::Function<DecoderLoss> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias, const torch::Tensor& targets, int64_t precision) {
    Decoder decoder{weight, bias, static_cast<Precision>(precision)};
    const bool bf16 = decoder.precision == Precision::kBf16;
    if (bf16) decoder.weight = weight.to(torch::kBFloat16);  // once for all pieces
    const auto narrowed = [&](const torch::Tensor& tensor) {
      return bf16 ? tensor.to(torch::kBFloat16) : tensor;
    };
    torch::Tensor loss = torch::zeros({}, bias.options());
    const torch::Tensor x_grad = torch::empty_like(x), weight_grad = torch::zeros_like(weight),
                        bias_grad = torch::zeros_like(bias);
    for_each_piece(
        x, decoder, targets, [&](int64_t first, const torch::Tensor& rows, const torch::Tensor& wanted) {
          torch::Tensor grad = torch::log_softmax(logits_of(rows, decoder), 1);
          const torch::Tensor column = wanted.unsqueeze(1);
          loss -= grad.gather(1, column).sum();
          grad.exp_().scatter_add_(1, column, torch::full({wanted.size(0), 1}, -1, grad.options()));
          bias_grad.add_(grad.sum(0));
          const torch::Tensor narrow = narrowed(grad);
          x_grad.slice(0, first, first + rows.size(0)).copy_(torch::mm(narrow, decoder.weight));
          if (bf16)
            weight_grad.add_(torch::mm(narrow.t(), narrowed(rows)));
          else
            weight_grad.addmm_(narrow.t(), rows);
        });
    context->save_for_backward({x_grad, weight_grad, bias_grad});
    return loss;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& grads) {
    tensor_list saved = context->get_saved_variables();
    for (torch::Tensor& tensor : saved) tensor.mul_(grads[0]);  // nobody else has them
    return {saved[0], saved[1], saved[2], {}, {}};
  }
};

}  // namespace

torch::Tensor decoder_loss(const torch::Tensor& x, const Decoder& decoder, const torch::Tensor& targets) {
  return DecoderLoss::apply(x, decoder.weight, decoder.bias, targets,
                            static_cast<int64_t>(decoder.precision));
}

Guesses decoder_guesses(const torch::Tensor& x, const Decoder& decoder, const torch::Tensor& targets) {
  const torch::NoGradGuard no_grad;
  Guesses guesses;
  for_each_piece(x, decoder, targets, [&](int64_t, const torch::Tensor& rows, const torch::Tensor& wanted) {
    const torch::Tensor logits = logits_of(rows, decoder);
    guesses.hits += logits.argmax(1).eq(wanted).sum().item<int64_t>();
    guesses.loss +=
        torch::nll_loss(torch::log_softmax(logits, 1), wanted, {}, at::Reduction::Sum).item<double>();
  });
  return guesses;
}

torch::Tensor reference::decoder_loss(const torch::Tensor& x, const Decoder& decoder,
                                      const torch::Tensor& targets) {
  return torch::nll_loss(torch::log_softmax(logits_of(x, decoder), 1), targets, {}, at::Reduction::Sum);
}

}  // namespace mtnlp
