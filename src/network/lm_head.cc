#include "network/lm_head.h"

#include "hub/encoder_tensors.h"
#include "network/ops.h"
#include "network/random_init.h"
#include "network/torch.h"

namespace mtnlp {

LmHeadImpl::LmHeadImpl(const EncoderConfig& config)
    : transform_weight(register_parameter("transform_weight", torch::empty({config.dim, config.dim}))),
      transform_bias(register_parameter("transform_bias", torch::empty(config.dim))),
      norm_weight(register_parameter("norm_weight", torch::empty(config.dim))),
      norm_bias(register_parameter("norm_bias", torch::empty(config.dim))),
      bias(register_parameter("bias", torch::empty(config.vocabulary))),
      layer_norm_eps_(config.layer_norm_eps),
      init_std_(config.init_std) {}

void LmHeadImpl::random_start(uint64_t seed) {
  const torch::NoGradGuard no_grad;
  fill_normal(transform_weight, init_std_, seed, str(kLmHead, "transform_weight"));
  norm_weight.fill_(1);
  for (const torch::Tensor& tensor : {transform_bias, norm_bias, bias}) tensor.zero_();
}

torch::Tensor LmHeadImpl::forward(const torch::Tensor& hidden, Precision precision) const {
  const torch::Tensor dense = bias_gelu(linear(hidden, transform_weight, {}, precision), transform_bias);
  return torch::layer_norm(dense.to(norm_weight.scalar_type()), {norm_weight.size(0)}, norm_weight, norm_bias,
                           layer_norm_eps_);
}

}  // namespace mtnlp
