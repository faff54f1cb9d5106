#include "train/frozen_stages.h"

#include <algorithm>

#include "base/error.h"
#include "base/machine.h"
#include "infer/batches.h"
#include "network/torch.h"
#include "train/shared_outputs.h"

namespace mtnlp {
namespace {

bool pooling_trains(const NetworkImpl& network) {
  const auto parameters = network.pooling->parameters();
  return std::ranges::any_of(parameters, [](const torch::Tensor& tensor) { return tensor.requires_grad(); });
}

}  // namespace

FrozenStages::FrozenStages(NetworkImpl& network, const EncodedRows& encoded, int64_t stages,
                           std::span<const uint32_t> rows, const FrozenOptions& options)
    : network_(network),
      encoded_(encoded),
      layers_(stages - 1),
      whole_(layers_ == network.encoder->config().layers && !pooling_trains(network)),
      device_(options.device),
      place_(encoded.size(), -1) {
  const int64_t dim = network.encoder->config().dim;
  const auto capacity =
      static_cast<int64_t>(options.cache_bytes / (sizeof(float) * static_cast<size_t>(dim)));
  int64_t taken = 0;
  std::vector<uint32_t> kept;
  if (layers_ > 0)
    for (const uint32_t row : rows) {
      if (taken + size_of(row) > capacity) break;
      place_[row] = taken;
      taken += size_of(row);
      kept.push_back(row);
    }
  cached_rows_ = kept.size();
  free_bytes_ = options.cache_bytes - static_cast<size_t>(taken * dim) * sizeof(float);
  const auto compute_all = [&] { return outputs_of(kept, taken, options.threads); };
  cache_ = options.shared.empty() || taken == 0
               ? compute_all()
               : shared_output(options.shared, key_of(kept), {taken, dim}, compute_all);
}

/// Returns the results of `rows` one after another, [size, D], in the places of place_.
torch::Tensor FrozenStages::outputs_of(const std::vector<uint32_t>& rows, int64_t size, int threads) const {
  const torch::Tensor outputs = torch::empty({size, network_.encoder->config().dim},
                                             torch::TensorOptions(torch::kFloat32).device(device_));
  for_length_batches(
      encoded_.sequences(rows), device_.is_cpu() ? threads : 1,
      [&](const std::vector<TokenIds>& batch) { return compute(make_batch(batch, device_)); },
      [&](std::span<const uint32_t> indices, const torch::Tensor& results) {
        int64_t from = 0;
        for (const uint32_t index : indices) {
          const uint32_t row = rows[index];
          outputs.narrow(0, place_[row], size_of(row)).copy_(results.narrow(0, from, size_of(row)));
          from += size_of(row);
        }
      });
  return outputs;
}

/// Returns a key of all that the results of `rows` depend on: what compute does, frozen weights, tokens, precision,
/// machine.
std::string FrozenStages::key_of(const std::vector<uint32_t>& rows) const {
  const EncoderConfig& config = network_.encoder->config();
  std::string text =
      str(describe_machine(), ' ', precision_name(network_.encoder->precision()), ' ', layers_, ' ',
          config.heads, ' ', config.layer_norm_eps, ' ', whole_ ? network_.pooling->law() : "hidden states");
  const auto add = [&](const auto* data, size_t count) {
    text += ' ' + checksum({reinterpret_cast<const char*>(data), count * sizeof(*data)});
  };
  for (const Parameter& parameter : network_.tensors()) {
    if (parameter.tensor.requires_grad() || parameter.stage.kind == Stage::Kind::kHead) continue;
    const torch::Tensor values = parameter.tensor.detach().to(torch::kCPU).contiguous();
    text += ' ' + parameter.name;
    add(values.data_ptr<float>(), static_cast<size_t>(values.numel()));
  }
  for (const uint32_t row : rows) {
    const TokenIds ids = encoded_.row_ids(row);
    add(ids.data(), ids.size());
    if (ids.second_type < ids.size()) text += str(" second type ", ids.second_type);
    if (ids.sequences() > 1) text += str(" window ", ids.window);
  }
  return checksum(text);
}

torch::Tensor FrozenStages::operator()(std::span<const uint32_t> rows) const {
  std::vector<uint32_t> missing;
  for (const uint32_t row : rows)
    if (place_[row] < 0) missing.push_back(row);
  torch::Tensor computed;
  if (!missing.empty()) computed = compute(make_batch(encoded_.sequences(missing), device_));
  if (missing.size() == rows.size()) return computed;
  std::vector<torch::Tensor> parts;
  int64_t from = 0;
  for (const uint32_t row : rows) {
    if (place_[row] >= 0) {
      parts.push_back(cache_.narrow(0, place_[row], size_of(row)));
    } else {
      parts.push_back(computed.narrow(0, from, size_of(row)));
      from += size_of(row);
    }
  }
  return torch::cat(parts);
}

int64_t FrozenStages::size_of(uint32_t row) const {
  return whole_ ? 1 : static_cast<int64_t>(encoded_.length(row));
}

torch::Tensor FrozenStages::compute(const Batch& batch) const {
  const torch::NoGradGuard no_grad;
  EncoderImpl& encoder = *network_.encoder;
  const torch::Tensor hidden =
      encoder.layers(encoder.embed(batch.ids, batch.layout), batch.layout, 0, layers_);
  return whole_ ? network_.pooling->forward(hidden, batch.layout) : hidden;
}

}  // namespace mtnlp
