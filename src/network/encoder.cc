#include "network/encoder.h"

#include "network/ops.h"
#include "network/random_init.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

/// Places of dropout inside a layer. The embeddings count as layer -1.
enum class Place : uint64_t { kAttention, kProjection, kOutput };

BatchDropout dropout_at(const DropoutPlan& plan, int64_t layer, Place place, double rate) {
  if (!plan.training || rate <= 0) return {};
  return {rate, hash_key(plan.key, static_cast<uint64_t>(layer + 1), static_cast<uint64_t>(place)),
          plan.tokens};
}

}  // namespace

EncoderLayerImpl::EncoderLayerImpl(const EncoderConfig& config) {
  const int64_t dim = config.dim, inner = config.hidden_dim;
  const auto add = [&](const char* name, at::IntArrayRef shape) {
    return register_parameter(name, torch::empty(shape));
  };
  qkv_weight = add("qkv_weight", {3 * dim, dim});
  qkv_bias = add("qkv_bias", {3 * dim});
  out_weight = add("out_weight", {dim, dim});
  out_bias = add("out_bias", {dim});
  attention_norm_weight = add("attention_norm_weight", {dim});
  attention_norm_bias = add("attention_norm_bias", {dim});
  up_weight = add("up_weight", {inner, dim});
  up_bias = add("up_bias", {inner});
  down_weight = add("down_weight", {dim, inner});
  down_bias = add("down_bias", {dim});
  output_norm_weight = add("output_norm_weight", {dim});
  output_norm_bias = add("output_norm_bias", {dim});
}

torch::Tensor EncoderLayerImpl::forward(const torch::Tensor& hidden, const Layout& layout,
                                        const DropoutPlan& plan, int64_t index, const EncoderConfig& config,
                                        Precision precision) {
  const auto place = [&](Place at, double rate) { return dropout_at(plan, index, at, rate); };
  const auto product = [&](const torch::Tensor& x, const torch::Tensor& weight,
                           const torch::Tensor& bias = {}) { return linear(x, weight, bias, precision); };
  const torch::Tensor qkv = product(hidden, qkv_weight, qkv_bias);
  const torch::Tensor context =
      varlen_attention(qkv, layout, config.heads, place(Place::kAttention, config.attention_dropout));
  const torch::Tensor attended = add_layer_norm(
      product(context, out_weight), out_bias, hidden, attention_norm_weight, attention_norm_bias,
      config.layer_norm_eps, place(Place::kProjection, config.projection_dropout ? config.dropout : 0));
  const torch::Tensor fed = product(bias_gelu(product(attended, up_weight), up_bias), down_weight);
  return add_layer_norm(fed, down_bias, attended, output_norm_weight, output_norm_bias, config.layer_norm_eps,
                        place(Place::kOutput, config.dropout));
}

void EncoderImpl::set_dropout(double rate) {
  config_.dropout = config_.attention_dropout = rate;
}

EncoderImpl::EncoderImpl(const EncoderConfig& config) : config_(config) {
  word_embeddings = register_parameter("word_embeddings", torch::empty({config.vocabulary, config.dim}));
  position_embeddings =
      register_parameter("position_embeddings", torch::empty({config.positions, config.dim}));
  norm_weight = register_parameter("norm_weight", torch::empty(config.dim));
  norm_bias = register_parameter("norm_bias", torch::empty(config.dim));
  token_type_rows = torch::zeros({config.token_types, config.dim});
  if (config.pairs && config.has_second_type())
    register_parameter("token_type_rows", token_type_rows);
  else
    register_buffer("token_type_rows", token_type_rows);
  for (int64_t i = 0; i < config.layers; ++i)
    stack.push_back(register_module("layer" + std::to_string(i), EncoderLayer(config)));
}

void EncoderImpl::random_start(uint64_t seed) {
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : named_parameters())
    if (parameter.value().dim() == 2)
      fill_normal(parameter.value(), config_.init_std, seed, parameter.key());
    else
      parameter.value().fill_(parameter.key().ends_with("norm_weight") ? 1 : 0);
  if (token_type_rows.size(0) > 0) token_type_rows[0].zero_();
}

torch::Tensor EncoderImpl::embed(const torch::Tensor& ids, const Layout& layout, const DropoutPlan& plan) {
  torch::Tensor sum =
      torch::embedding(word_embeddings, ids) + torch::embedding(position_embeddings, layout.positions);
  if (layout.types.defined() && config_.has_second_type())
    sum = sum + torch::embedding(token_type_rows, layout.types, /*padding_idx=*/0);  // which has no gradient
  torch::Tensor hidden =
      torch::layer_norm(sum, {config_.dim}, norm_weight, norm_bias, config_.layer_norm_eps);
  const BatchDropout dropout = dropout_at(plan, -1, Place::kOutput, config_.dropout);
  if (dropout.active())
    hidden = hidden * dropout_mask(dropout, hidden.size(0), hidden.size(1), 1, hidden.device());
  return hidden;
}

torch::Tensor EncoderImpl::layers(torch::Tensor hidden, const Layout& layout, int64_t first, int64_t last,
                                  const DropoutPlan& plan) {
  for (int64_t i = first; i < last; ++i)
    hidden = stack[static_cast<size_t>(i)]->forward(hidden, layout, plan, i, config_, precision_);
  return hidden;
}

torch::Tensor EncoderImpl::forward(const Batch& batch, const DropoutPlan& plan) {
  return layers(embed(batch.ids, batch.layout, plan), batch.layout, 0, config_.layers, plan);
}

std::vector<torch::Tensor> EncoderImpl::embedding_parameters() const {
  return parameters(/*recurse=*/false);
}

std::vector<torch::Tensor> EncoderImpl::layer_parameters(int64_t index) const {
  return stack[static_cast<size_t>(index)]->parameters();
}

}  // namespace mtnlp
