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
  return load_predictor(folder, options, need_heads, [&](const ModelSettings& settings) {
    Network network(load_encoder(folder / settings.modules.transformer, settings.config), settings);
    load_pooling(folder, *network->pooling);
    network->to(device);
    network->encoder->set_precision(options.precision.value_or(Precision::kFp32));
    return std::make_unique<NetworkEmbedder>(network, device);
  });
}

}  // namespace mtnlp
