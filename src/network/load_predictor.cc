#include "network/load_predictor.h"

#include "base/field.h"
#include "network/network_embedder.h"
#include "network/tensor_files.h"
#include "network/torch.h"

namespace mtnlp {

Predictor load_predictor_on(std::optional<DeviceKind> kind, const fs::path& folder,
                            const PredictorOptions& options, bool need_heads) {
  const torch::Device device = choose_device(kind);
  if (device.is_cpu()) return load_predictor(folder, options, need_heads);
  if (options.precision == Precision::kInt8)
    fail_input("int8 runs on the CPU only; valid is ", field("device"), " cpu");
  const bool checkpoint = need_heads || is_checkpoint(folder);
  ModelSettings settings = checkpoint ? read_checkpoint_settings(folder, options.prompt)
                                      : read_encoder_settings(folder, options.prompt);
  if (options.pooling) settings.modules.pooling = *options.pooling;
  std::vector<HeadWeights> heads;
  if (checkpoint) heads = read_heads(folder, settings);
  Network network(load_encoder(folder / settings.modules.transformer, settings.config), settings);
  if (!network->pooling->parameters().empty()) {
    const SafetensorsFile file(folder / kPoolingFile);
    for (const auto& parameter : network->pooling->named_parameters())
      read_tensor(file, parameter.key(), parameter.value());
  }
  network->to(device);
  network->encoder->set_precision(options.precision.value_or(Precision::kFp32));
  return {std::move(settings), std::make_unique<NetworkEmbedder>(network, device), heads};
}

}  // namespace mtnlp
