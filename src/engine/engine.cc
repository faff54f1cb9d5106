// The forward pass of the encoder. Invariants: the result for a token depends on the tokens of its text
// alone, not on the other texts of the batch, on the number of threads or on the ranges of share_out, so
// batches may be cut in any way. A row of a matrix is a token; texts lie one after another without padding.
#include "engine/engine.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "base/log.h"
#include "engine/linear.h"
#include "engine/parallel.h"
#include "engine/plain.h"
#include "kernels/kernels.h"

namespace mtnlp {
namespace {

/// Tokens that a thread takes at a time: few enough for the results between two products to stay in its
/// cache.
constexpr size_t kRows = 96;

std::vector<float> copy(const SharedFloats& floats) {
  return {floats.values.begin(), floats.values.end()};
}

std::unique_ptr<float[]> uninitialised(size_t count) {
  return std::make_unique_for_overwrite<float[]>(count);
}

}  // namespace

struct Engine::Layer {
  Linear qkv, out, up, down;
  std::vector<float> out_bias, attention_norm_weight, attention_norm_bias;
  std::vector<float> down_bias, output_norm_weight, output_norm_bias;
};

struct Engine::Batch {
  explicit Batch(std::span<const TokenIds> texts) {
    offsets.push_back(0);
    sequences.push_back(0);
    for (const TokenIds& text : texts) {
      for (size_t i = 0; i < text.size(); ++i) {
        ids.push_back(text[i]);
        places.push_back(i % text.window);
        second_type.push_back(i >= text.second_type);
      }
      const auto before = static_cast<int64_t>(ids.size() - text.size());
      for (size_t i = 0; i < text.sequences(); ++i)
        offsets.push_back(before + static_cast<int64_t>(text.end_of(i)));
      sequences.push_back(static_cast<int64_t>(offsets.size()) - 1);
    }
  }
  size_t tokens() const { return ids.size(); }
  size_t windows() const { return offsets.size() - 1; }

  std::vector<int32_t> ids;
  std::vector<size_t> places;  ///< place of each token in its sequence, from 0
  std::vector<bool> second_type;
  std::vector<int64_t> offsets;    ///< sequence s has tokens offsets[s] to offsets[s+1] - 1
  std::vector<int64_t> sequences;  ///< text b has sequences sequences[b] to sequences[b+1] - 1
};

Engine::Engine(const ModelSettings& settings, const TensorSource& weights, PoolingWeights pooling,
               Precision precision, int threads)
    : config_(settings.config),
      pooling_(settings.modules.pooling, dim(), settings.unpooled, std::move(pooling)),
      threads_(threads),
      zeros_(static_cast<size_t>(config_.dim)),
      layers_(static_cast<size_t>(config_.layers)) {
  const std::vector<EncoderTensor> tensors = encoder_tensors(config_);
  const auto tensor = [&](const std::string& name) -> const EncoderTensor& {
    return *std::ranges::find(tensors, name, &EncoderTensor::name);
  };
  const auto get = [&](const std::string& name) { return weights(tensor(name)); };
  words_ = get("word_embeddings");
  positions_ = get("position_embeddings");
  if (config_.has_second_type()) type_rows_ = weights(token_type_rows(config_));
  norm_weight_ = copy(get("norm_weight"));
  norm_bias_ = copy(get("norm_bias"));
  share_out(layers_.size(), 1, threads, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      Layer& layer = layers_[i];
      const std::string prefix = "layer" + std::to_string(i) + ".";
      const auto at = [&](const char* name) { return get(prefix + name); };
      const auto linear = [&](const char* weight, const char* bias = nullptr) {
        const SharedFloats matrix = at(weight), added = bias == nullptr ? SharedFloats() : at(bias);
        const auto outputs = static_cast<size_t>(tensor(prefix + weight).shape[0]);
        return Linear(precision, outputs, matrix.values, added.values);
      };
      layer.qkv = linear("qkv_weight", "qkv_bias");
      layer.out = linear("out_weight");
      layer.up = linear("up_weight", "up_bias");
      layer.down = linear("down_weight");
      layer.out_bias = copy(at("out_bias"));
      layer.attention_norm_weight = copy(at("attention_norm_weight"));
      layer.attention_norm_bias = copy(at("attention_norm_bias"));
      layer.down_bias = copy(at("down_bias"));
      layer.output_norm_weight = copy(at("output_norm_weight"));
      layer.output_norm_bias = copy(at("output_norm_bias"));
    }
  });
}

Engine::~Engine() = default;

size_t Engine::dim() const {
  return static_cast<size_t>(config_.dim);
}

void Engine::add_norm(size_t rows, const float* bias, const float* gamma, const float* beta, const float* x,
                      const float* residual, float* out) const {
  const auto eps = static_cast<float>(config_.layer_norm_eps);
  if (dim() % kernels::kColumnMultiple != 0)
    return plain::layer_norm(dim(), bias, gamma, beta, eps, rows, x, residual, out);
  kernels::layer_norm_forward({dim(), bias, gamma, beta, eps, {}}, 0, rows, x, residual, out, nullptr,
                              nullptr);
}

void Engine::start(const Batch& batch, float* hidden) const {
  share_out(batch.tokens(), kRows, threads_, [&](size_t first, size_t last) {
    const size_t rows = last - first;
    const auto words = uninitialised(rows * dim()), places = uninitialised(rows * dim());
    for (size_t i = 0; i < rows; ++i) {
      const auto id = static_cast<size_t>(batch.ids[first + i]);
      std::copy_n(words_.values.data() + id * dim(), dim(), words.get() + i * dim());
      float* place = places.get() + i * dim();
      std::copy_n(positions_.values.data() + batch.places[first + i] * dim(), dim(), place);
      if (batch.second_type[first + i] && !type_rows_.values.empty())
        std::transform(place, place + dim(), type_rows_.values.data() + dim(), place, std::plus());
    }
    add_norm(rows, zeros_.data(), norm_weight_.data(), norm_bias_.data(), words.get(), places.get(),
             hidden + first * dim());
  });
}

void Engine::attend(const Batch& batch, const float* qkv, float* out) const {
  const auto heads = static_cast<size_t>(config_.heads);
  const size_t head_dim = dim() / heads, items = (batch.offsets.size() - 1) * heads;
  const size_t ranges = batch.tokens() > kRows ? 4 * static_cast<size_t>(threads_) : 1;
  share_out(items, (items + ranges - 1) / ranges, threads_, [&](size_t first, size_t last) {
    if (head_dim % kernels::kColumnMultiple != 0)
      return plain::attention(batch.offsets.data(), heads, head_dim, first, last, qkv, out);
    kernels::attention_forward({batch.offsets.data(), heads, head_dim, {}}, first, last, qkv, out, nullptr);
  });
}

void Engine::run_layer(const Layer& layer, const Batch& batch, float* hidden, float* qkv,
                       float* context) const {
  share_out(batch.tokens(), kRows, threads_, [&](size_t first, size_t last) {
    layer.qkv.forward(last - first, hidden + first * dim(), qkv + first * 3 * dim());
  });
  attend(batch, qkv, context);
  share_out(batch.tokens(), kRows, threads_, [&](size_t first, size_t last) {
    const size_t rows = last - first, inner = layer.up.outputs();
    const auto branch = uninitialised(rows * dim()), attended = uninitialised(rows * dim()),
               fed = uninitialised(rows * inner);
    float* state = hidden + first * dim();
    layer.out.forward(rows, context + first * dim(), branch.get());
    add_norm(rows, layer.out_bias.data(), layer.attention_norm_weight.data(),
             layer.attention_norm_bias.data(), branch.get(), state, attended.get());
    layer.up.forward_gelu(rows, attended.get(), fed.get());
    layer.down.forward(rows, fed.get(), branch.get());
    add_norm(rows, layer.down_bias.data(), layer.output_norm_weight.data(), layer.output_norm_bias.data(),
             branch.get(), attended.get(), state);
  });
}

std::vector<float> Engine::hidden_states(std::span<const TokenIds> texts) const {
  return hidden_states(Batch(texts));
}

std::vector<float> Engine::hidden_states(const Batch& batch) const {
  std::vector<float> hidden(batch.tokens() * dim());
  const auto qkv = uninitialised(batch.tokens() * 3 * dim()), context = uninitialised(batch.tokens() * dim());
  start(batch, hidden.data());
  for (const Layer& layer : layers_) run_layer(layer, batch, hidden.data(), qkv.get(), context.get());
  return hidden;
}

void Engine::embed(std::span<const TokenIds> texts, float* out) const {
  const Batch batch(texts);
  const std::vector<float> hidden = hidden_states(batch);
  if (batch.windows() == texts.size()) return pooling_.forward(batch.offsets, hidden.data(), out);
  std::vector<float> of_windows(batch.windows() * dim());
  pooling_.forward(batch.offsets, hidden.data(), of_windows.data());
  Pooler(PoolingMode::kMean, dim(), 0, {}).forward(batch.sequences, of_windows.data(), out);
}

std::unique_ptr<Engine> load_engine(const fs::path& folder, const ModelSettings& settings,
                                    std::optional<Precision> precision, int threads, Precision usual) {
  const EncoderWeights weights(folder / settings.modules.transformer, settings.config);
  const Precision own = weights.int8() ? Precision::kInt8 : usual;
  if (weights.int8() && precision.value_or(own) != own)
    fail_input("the model is in ", precision_name(own), " and cannot be used in ",
               precision_name(*precision));
  log_debug(str("multiplies in ", precision_name(precision.value_or(own))));
  return std::make_unique<Engine>(settings, source_of(weights), read_pooling_weights(folder, settings),
                                  precision.value_or(own), threads);
}

}  // namespace mtnlp
