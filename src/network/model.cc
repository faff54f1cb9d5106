#include "network/model.h"

#include "base/field.h"
#include "network/tensor_files.h"
#include "network/torch.h"

namespace mtnlp {

void load_pooling(const fs::path& folder, PoolingImpl& pooling) {
  const auto parameters = pooling.named_parameters();
  if (parameters.is_empty()) return;
  const SafetensorsFile file(folder / kPoolingFile);
  for (const auto& parameter : parameters) read_tensor(file, parameter.key(), parameter.value());
}

Model load_checkpoint(const fs::path& folder) {
  Model model{read_checkpoint_settings(folder)};
  keep_tokenizer_files(folder, model.settings);
  const ModelSettings& settings = model.settings;
  model.network = Network(load_encoder(folder / settings.modules.transformer, settings.config), settings);
  load_pooling(folder, *model.network->pooling);
  const SafetensorsFile file(folder / kHeadsFile);
  for (size_t t = 0; t < settings.tasks.size(); ++t) {
    read_tensor(file, settings.tasks[t].name + ".weight", model.network->heads[t]->weight);
    read_tensor(file, settings.tasks[t].name + ".bias", model.network->heads[t]->bias);
  }
  return model;
}

void save_checkpoint(const fs::path& folder, const Model& model,
                     const std::function<void(const fs::path&)>& also) {
  write_checkpoint(folder, model.settings, [&] {
    write_encoder(folder / kWeightsFile, model.settings.config, source_of(*model.network->encoder), {});
    std::vector<std::pair<std::string, torch::Tensor>> pooling, heads;
    for (const auto& parameter : model.network->pooling->named_parameters())
      pooling.emplace_back(parameter.key(), parameter.value());
    if (!pooling.empty()) save_tensors(folder / kPoolingFile, pooling);
    for (size_t t = 0; t < model.settings.tasks.size(); ++t) {
      heads.emplace_back(model.settings.tasks[t].name + ".weight", model.network->heads[t]->weight);
      heads.emplace_back(model.settings.tasks[t].name + ".bias", model.network->heads[t]->bias);
    }
    save_tensors(folder / kHeadsFile, heads);
    if (also) also(folder);
  });
}

void copy_weights(const NetworkImpl& from, NetworkImpl& to) {
  const torch::NoGradGuard no_grad;
  const std::vector<Parameter> source = from.tensors(), target = to.tensors();
  for (size_t i = 0; i < target.size(); ++i) target[i].tensor.copy_(source[i].tensor);
}

namespace {

std::vector<float> values_on_host(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.detach().cpu().contiguous();
  const auto* data = host.const_data_ptr<float>();
  return {data, data + host.numel()};
}

}  // namespace

std::unique_ptr<Engine> make_engine(const Model& model, int threads) {
  PoolingWeights pooling;
  for (const torch::Tensor& tensor : model.network->pooling->parameters())
    pooling.push_back(values_on_host(tensor));
  return std::make_unique<Engine>(model.settings, source_of(*model.network->encoder), std::move(pooling),
                                  Precision::kFp32, threads);
}

std::vector<HeadWeights> head_weights(const NetworkImpl& network) {
  std::vector<HeadWeights> heads;
  for (const Head& head : network.heads)
    heads.push_back({values_on_host(head->weight), values_on_host(head->bias)});
  return heads;
}

torch::Device choose_device(std::optional<DeviceKind> kind) {
  if (!kind) return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  if (kind == DeviceKind::kCpu) return torch::kCPU;
  if (!torch::cuda::is_available())
    fail_input(field("device"),
               " cuda is not valid here: this machine, or this build of libtorch, has no CUDA device; valid "
               "are auto and cpu");
  return torch::kCUDA;
}

}  // namespace mtnlp
