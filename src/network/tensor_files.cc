#include "network/tensor_files.h"

#include "base/threads.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

/// Returns the values of a contiguous float32 tensor on the host.
std::span<float> values_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

torch::Tensor on_host(const torch::Tensor& tensor) {
  return tensor.detach().cpu().contiguous();
}

SharedFloats shared_floats(const torch::Tensor& tensor) {
  const auto host = std::make_shared<torch::Tensor>(on_host(tensor));
  return {values_of(*host), host};
}

void require_memory_for(const EncoderConfig& config, const fs::path& file) {
  const auto bytes = static_cast<size_t>(parameter_count(config)) * sizeof(float);
  if (bytes > available_memory())
    fail_input(file.string(), ": describes weights of ", bytes >> 20, " MB; this machine has ",
               available_memory() >> 20, " MB of memory");
}

}  // namespace

Encoder load_encoder(const fs::path& own, const EncoderConfig& config, std::optional<uint64_t> seed) {
  const torch::NoGradGuard no_grad;
  if (seed) {
    require_memory_for(config, own / "config.json");
    Encoder encoder(config);
    encoder->random_start(*seed);
    return encoder;
  }
  const EncoderWeights weights(own, config);
  if (weights.int8())
    fail_input((own / "").parent_path().string(),
               ": is in 8 bits, which cannot be trained; name the model that it was made from");
  Encoder encoder(config);
  const auto parameters = encoder->named_parameters();
  for (const EncoderTensor& tensor : encoder_tensors(config))
    weights.read(tensor, values_of(parameters[tensor.name]));
  if (config.token_types > 0) weights.read(token_type_rows(config), values_of(encoder->token_type_rows));
  return encoder;
}

TensorSource source_of(const EncoderImpl& encoder) {
  auto tensors = encoder.named_parameters();
  if (!tensors.contains("token_type_rows")) tensors.insert("token_type_rows", encoder.token_type_rows);
  return [tensors = std::move(tensors)](const EncoderTensor& tensor) {
    return shared_floats(tensors[tensor.name]);
  };
}

TensorSource source_of(const EncoderImpl& encoder, const LmHeadImpl& head) {
  return [of_encoder = source_of(encoder), of_head = head.named_parameters()](const EncoderTensor& tensor) {
    if (!tensor.name.starts_with(kLmHead)) return of_encoder(tensor);
    return shared_floats(of_head[tensor.name.substr(std::string_view(kLmHead).size())]);
  };
}

LmHead load_lm_head(const fs::path& own, const EncoderConfig& config) {
  const EncoderWeights weights(own, config);
  if (!weights.has_lm_head(config)) return nullptr;
  LmHead head(config);
  const torch::NoGradGuard no_grad;
  const auto parameters = head->named_parameters();
  for (const EncoderTensor& tensor : lm_head_tensors(config))
    weights.read(tensor, values_of(parameters[tensor.name.substr(std::string_view(kLmHead).size())]));
  return head;
}

void save_tensors(const fs::path& file, const std::vector<std::pair<std::string, torch::Tensor>>& tensors) {
  std::vector<torch::Tensor> held;
  std::vector<TensorToWrite> list;
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor& host = held.emplace_back(on_host(tensor));
    list.push_back({name,
                    host.scalar_type() == torch::kInt64 ? "I64" : "F32",
                    host.sizes().vec(),
                    {static_cast<const std::byte*>(host.const_data_ptr()), host.nbytes()}});
  }
  write_safetensors(file, list);
}

void read_tensor(const SafetensorsFile& file, const std::string& name, const torch::Tensor& to) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor host = torch::empty(to.sizes(), torch::kFloat32);
  read_floats(file, name, to.sizes().vec(), values_of(host));
  to.copy_(host);
}

}  // namespace mtnlp
