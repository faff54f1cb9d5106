#include "network/pretrained.h"

#include "base/log.h"
#include "base/safetensors.h"
#include "base/threads.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

/// A tensor of the file and the part of a parameter that it fills.
struct FileTensor {
  std::string name;
  torch::Tensor view;
};

/// Names of the parts of a layer behind its prefix; "X" stands for weight and bias.
struct LayerNames {
  const char *query, *key, *value, *out, *attention_norm, *up, *down, *output_norm;
};
constexpr LayerNames kDistilBertNames = {"attention.q_lin",   "attention.k_lin",  "attention.v_lin",
                                         "attention.out_lin", "sa_layer_norm",    "ffn.lin1",
                                         "ffn.lin2",          "output_layer_norm"};
constexpr LayerNames kBertNames = {
    "attention.self.query",       "attention.self.key", "attention.self.value", "attention.output.dense",
    "attention.output.LayerNorm", "intermediate.dense", "output.dense",         "output.LayerNorm"};

/// All tensors but the position and token type embeddings, which are folded.
std::vector<FileTensor> plain_tensors(const EncoderImpl& encoder) {
  const bool distil = encoder.config().architecture == Architecture::kDistilBert;
  const LayerNames& names = distil ? kDistilBertNames : kBertNames;
  const int64_t dim = encoder.config().dim;
  std::vector<FileTensor> list = {{"embeddings.word_embeddings.weight", encoder.word_embeddings},
                                  {"embeddings.LayerNorm.weight", encoder.norm_weight},
                                  {"embeddings.LayerNorm.bias", encoder.norm_bias}};
  for (size_t i = 0; i < encoder.stack.size(); ++i) {
    const EncoderLayerImpl& layer = *encoder.stack[i];
    const std::string prefix = str(distil ? "transformer.layer." : "encoder.layer.", i, ".");
    const auto add = [&](const char* name, const torch::Tensor& weight, const torch::Tensor& bias) {
      list.push_back({prefix + name + ".weight", weight});
      list.push_back({prefix + name + ".bias", bias});
    };
    const auto part = [&](const torch::Tensor& all, int64_t index) {
      return all.narrow(0, index * dim, dim);
    };
    add(names.query, part(layer.qkv_weight, 0), part(layer.qkv_bias, 0));
    add(names.key, part(layer.qkv_weight, 1), part(layer.qkv_bias, 1));
    add(names.value, part(layer.qkv_weight, 2), part(layer.qkv_bias, 2));
    add(names.out, layer.out_weight, layer.out_bias);
    add(names.attention_norm, layer.attention_norm_weight, layer.attention_norm_bias);
    add(names.up, layer.up_weight, layer.up_bias);
    add(names.down, layer.down_weight, layer.down_bias);
    add(names.output_norm, layer.output_norm_weight, layer.output_norm_bias);
  }
  return list;
}

/// A matrix NAME in 8 bits is the two tensors NAME.int8 and NAME.scale, so that no library takes the values
/// for the weights.
constexpr const char* kInt8Values = ".int8";
constexpr const char* kInt8Scales = ".scale";

constexpr const char* kPositions = "embeddings.position_embeddings.weight";
constexpr const char* kTokenTypes = "embeddings.token_type_embeddings.weight";

int64_t reserved_positions(const EncoderConfig& config) {
  return config.architecture == Architecture::kXlmRoberta ? 2 : 0;
}

/// The name as the file has it: with the architecture's prefix, or with TensorFlow's gamma and beta.
std::string name_in_file(const Weights& weights, const std::string& name, Architecture architecture) {
  const char* prefix = architecture == Architecture::kDistilBert ? "distilbert."
                       : architecture == Architecture::kBert     ? "bert."
                                                                 : "roberta.";
  std::vector<std::string> spellings = {name};
  if (const auto norm = name.find("LayerNorm."); norm != std::string::npos)
    spellings.push_back(name.substr(0, norm) +
                        (name.ends_with("weight") ? "LayerNorm.gamma" : "LayerNorm.beta"));
  for (const std::string& spelling : spellings)
    for (const std::string& candidate : {spelling, prefix + spelling})
      if (weights.contains(candidate) || weights.contains(candidate + kInt8Values)) return candidate;
  return name;
}

std::string shape_text(at::IntArrayRef shape) {
  return mtnlp::str(shape);
}

/// A tensor as it is stored, into a contiguous one of the shape expected.
void read_stored(const SafetensorsFile& file, const std::string& name, const torch::Tensor& to) {
  const auto found = file.tensors().find(name);
  if (found == file.tensors().end()) fail_input(file.path().string(), ": tensor \"", name, "\" is missing");
  const TensorView& view = found->second;
  if (view.shape != to.sizes())
    fail_input(file.path().string(), ": tensor \"", name, "\" is ", shape_text(view.shape),
               ", config.json asks for ", shape_text(to.sizes()));
  torch::ScalarType type;
  if (view.dtype == "F32")
    type = torch::kFloat32;
  else if (view.dtype == "F16")
    type = torch::kFloat16;
  else if (view.dtype == "BF16")
    type = torch::kBFloat16;
  else if (view.dtype == "F64")
    type = torch::kFloat64;
  else if (view.dtype == "I8" && name.ends_with(kInt8Values))
    type = torch::kInt8;
  else
    fail_input(file.path().string(), ": tensor \"", name, "\" has dtype ", view.dtype,
               "; supported: F32, F16, BF16, F64");
  // The map may not be aligned for the type; a copy of the bytes always is.
  const bool as_it_is = type == to.scalar_type() && to.is_cpu();
  const torch::Tensor raw = as_it_is ? to : torch::empty(view.shape, type);
  if (!view.bytes.empty()) std::memcpy(raw.data_ptr(), view.bytes.data(), view.bytes.size());
  if (!as_it_is) to.copy_(raw);
  // The sum needs no memory and is finite, unless one of the values is not or they are huge.
  if (!std::isfinite(to.sum().item<float>()) && !to.isfinite().all().item<bool>())
    fail_input(file.path().string(), ": tensor \"", name, "\" holds values that are not finite numbers");
}

/// Compares the sizes of `config` with the files, so that no memory is taken for what they do not hold.
void check_sizes(const Weights& weights, const EncoderConfig& config) {
  const bool distil = config.architecture == Architecture::kDistilBert;
  const LayerNames& names = distil ? kDistilBertNames : kBertNames;
  const std::string stack = distil ? "transformer.layer." : "encoder.layer.";
  const auto check = [&](const std::string& tensor, const std::vector<int64_t>& shape) {
    std::string name = name_in_file(weights, tensor, config.architecture);
    if (weights.contains(name + kInt8Values)) name += kInt8Values;
    const SafetensorsFile& file = weights.file_of(name);
    const auto found = file.tensors().find(name);
    if (found == file.tensors().end())
      fail_input(weights.path().string(), ": tensor \"", name, "\" is missing");
    if (found->second.shape != shape)
      fail_input(file.path().string(), ": tensor \"", name, "\" is ", shape_text(found->second.shape),
                 ", config.json asks for ", shape_text(shape));
  };
  check("embeddings.word_embeddings.weight", {config.vocabulary, config.dim});
  check(kPositions, {config.positions + reserved_positions(config), config.dim});
  if (config.token_types > 0) check(kTokenTypes, {config.token_types, config.dim});
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    check(str(stack, layer, ".", names.out, ".weight"), {config.dim, config.dim});
    check(str(stack, layer, ".", names.up, ".weight"), {config.hidden_dim, config.dim});
  }
  const std::string beyond = str(stack, config.layers, ".", names.up, ".weight");
  if (weights.contains(name_in_file(weights, beyond, config.architecture)))
    log_warning(str(weights.path().string(), ": holds more than the ", config.layers,
                    " layers that config.json asks for; the others are left out"));
}

void require_folder(const fs::path& folder) {
  if (!fs::is_directory(folder))
    fail_input(folder.string(),
               fs::exists(folder) ? ": is a file, not an encoder folder" : ": no such encoder folder",
               "; ./run fetch brings the default one to models/minilm-l6");
}

}  // namespace

void read_tensor(const SafetensorsFile& file, const std::string& name, const torch::Tensor& to) {
  const torch::NoGradGuard no_grad;
  if (!file.tensors().contains(name + kInt8Values)) return read_stored(file, name, to);
  read_stored(file, name + kInt8Values, to);
  const torch::Tensor scales = torch::empty(to.size(0));
  read_stored(file, name + kInt8Scales, scales);
  to.mul_(scales.unsqueeze(1));
}

void load_encoder_weights(EncoderImpl& encoder, const Weights& weights) {
  const torch::NoGradGuard no_grad;
  const EncoderConfig& config = encoder.config();
  const auto read = [&](const std::string& tensor, const torch::Tensor& to) {
    const std::string name = name_in_file(weights, tensor, config.architecture);
    const bool int8 = weights.contains(name + kInt8Values);
    read_tensor(weights.file_of(int8 ? name + kInt8Values : name), name, to);
    return to;
  };
  for (const FileTensor& tensor : plain_tensors(encoder)) read(tensor.name, tensor.view);
  const int64_t reserved = reserved_positions(config);
  const torch::Tensor positions = read(kPositions, torch::empty({config.positions + reserved, config.dim}));
  encoder.position_embeddings.copy_(positions.slice(0, reserved));
  if (config.token_types > 0)
    encoder.position_embeddings.add_(read(kTokenTypes, torch::empty({config.token_types, config.dim}))[0]);
}

std::vector<std::pair<std::string, torch::Tensor>> encoder_file_tensors(const EncoderImpl& encoder) {
  const torch::NoGradGuard no_grad;
  const EncoderConfig& config = encoder.config();
  std::vector<std::pair<std::string, torch::Tensor>> list;
  for (const FileTensor& tensor : plain_tensors(encoder))
    list.emplace_back(tensor.name, tensor.view.detach().cpu().contiguous());
  const torch::Tensor positions = encoder.position_embeddings.detach().cpu();
  list.emplace_back(
      kPositions,
      torch::cat({torch::zeros({reserved_positions(config), config.dim}), positions}).contiguous());
  if (config.token_types > 0) list.emplace_back(kTokenTypes, torch::zeros({config.token_types, config.dim}));
  return list;
}

std::vector<std::pair<std::string, torch::Tensor>> int8_file_tensors(const EncoderImpl& encoder) {
  std::vector<std::pair<std::string, torch::Tensor>> list;
  for (const auto& [name, tensor] : encoder_file_tensors(encoder)) {
    if (tensor.dim() != 2 || name == kPositions || name == kTokenTypes) {
      list.emplace_back(name, tensor);
      continue;
    }
    const Int8Matrix matrix = quantize(tensor);
    list.emplace_back(name + kInt8Values, matrix.values);
    list.emplace_back(name + kInt8Scales, matrix.scales);
  }
  return list;
}

void save_tensors(const fs::path& file, const std::vector<std::pair<std::string, torch::Tensor>>& tensors) {
  std::vector<torch::Tensor> held;
  std::vector<TensorToWrite> list;
  for (const auto& [name, tensor] : tensors) {
    held.push_back(tensor.detach().cpu().contiguous());
    const torch::Tensor& host = held.back();
    list.push_back({name,
                    host.scalar_type() == torch::kInt64  ? "I64"
                    : host.scalar_type() == torch::kInt8 ? "I8"
                                                         : "F32",
                    host.sizes().vec(),
                    {static_cast<const std::byte*>(host.const_data_ptr()), host.nbytes()}});
  }
  write_safetensors(file, list);
}

Pretrained load_pretrained(const fs::path& folder) {
  require_folder(folder);
  Pretrained result;
  result.modules = read_modules(folder);
  const fs::path own = folder / result.modules.transformer;
  const EncoderConfig config = read_encoder_config(own / "config.json");
  const Weights weights(weights_file(own));
  check_sizes(weights, config);
  if (!fs::exists(folder / "modules.json") && fs::exists(folder / "1_Pooling"))
    log_warning(
        str(folder.string(), ": has no modules.json, so its 1_Pooling does not count; pooling is mean"));
  result.encoder = Encoder(config);
  load_encoder_weights(*result.encoder, weights);
  if (weights.path().filename() == kInt8WeightsFile) result.encoder->pack(Precision::kInt8);
  return result;
}

Pretrained random_pretrained(const fs::path& folder, uint64_t seed) {
  require_folder(folder);
  Pretrained result;
  result.modules = read_modules(folder);
  const EncoderConfig config = read_encoder_config(folder / result.modules.transformer / "config.json");
  const auto bytes = static_cast<size_t>(parameter_count(config)) * sizeof(float);
  if (bytes > available_memory())
    fail_input((folder / result.modules.transformer / "config.json").string(), ": asks for weights of ",
               bytes >> 20, " MB, ", available_memory() >> 20, " MB is what this machine has");
  result.encoder = Encoder(config);
  result.encoder->random_start(seed);
  return result;
}

}  // namespace mtnlp
