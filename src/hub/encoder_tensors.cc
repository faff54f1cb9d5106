// Invariants: `encoder_tensors` alone says which tensors an encoder has; reading and writing walk over it. A
// file's tensor is looked for under its name with and without the architecture's prefix, with TensorFlow's
// gamma and beta, and in 8 bits.
#include "hub/encoder_tensors.h"

#include <bit>
#include <cstring>
#include <deque>
#include <numeric>

#include "base/floats.h"
#include "base/log.h"
#include "hub/int8_matrix.h"

namespace mtnlp {
namespace {

constexpr const char* kPositions = "embeddings.position_embeddings.weight";
constexpr const char* kTokenTypes = "embeddings.token_type_embeddings.weight";
constexpr const char* kTokenTypeRows = "token_type_rows";

/// A matrix NAME in 8 bits is the two tensors NAME.int8 and NAME.scale, so that no library takes the values
/// for the weights.
constexpr const char* kInt8Values = ".int8";
constexpr const char* kInt8Scales = ".scale";

template <typename Stored, typename Convert>
void convert(std::span<const std::byte> bytes, std::span<float> to, Convert to_float) {
  for (size_t i = 0; i < to.size(); ++i) {
    Stored value;  // the map may not be aligned for it
    std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    to[i] = to_float(value);
  }
}

/// Returns tensor `name` of `file`. Throws Error unless it is there, in `shape`.
const TensorView& require_tensor(const SafetensorsFile& file, const std::string& name,
                                 const std::vector<int64_t>& shape) {
  const auto found = file.tensors().find(name);
  if (found == file.tensors().end()) fail_input(file.path().string(), ": tensor \"", name, "\" is missing");
  if (found->second.shape != shape)
    fail_input(file.path().string(), ": tensor \"", name, "\" is ", shape_text(found->second.shape),
               ", config.json asks for ", shape_text(shape));
  return found->second;
}

/// Reads a tensor as it is stored.
void read_stored(const SafetensorsFile& file, const std::string& name, const std::vector<int64_t>& shape,
                 std::span<float> to) {
  const TensorView& view = require_tensor(file, name, shape);
  if (view.dtype == "F32")
    std::memcpy(to.data(), view.bytes.data(), to.size_bytes());
  else if (view.dtype == "F16")
    convert<uint16_t>(view.bytes, to, from_float16);
  else if (view.dtype == "BF16")
    convert<uint16_t>(view.bytes, to, from_bfloat16);
  else if (view.dtype == "F64")
    convert<double>(view.bytes, to, [](double value) { return static_cast<float>(value); });
  else if (view.dtype == "I8" && name.ends_with(kInt8Values))
    convert<int8_t>(view.bytes, to, [](int8_t value) { return static_cast<float>(value); });
  else
    fail_input(file.path().string(), ": tensor \"", name, "\" has dtype ", view.dtype,
               "; supported: F32, F16, BF16, F64");
  if (!all_finite(to))
    fail_input(file.path().string(), ": tensor \"", name, "\" holds values that are not finite numbers");
}

}  // namespace

size_t element_count(const std::vector<int64_t>& shape) {
  return static_cast<size_t>(std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>()));
}

size_t EncoderTensor::numel() const {
  return element_count(shape);
}

std::vector<EncoderTensor> encoder_tensors(const EncoderConfig& config) {
  const int64_t dim = config.dim, inner = config.hidden_dim;
  const Architecture& architecture = *config.architecture;
  std::vector<EncoderTensor> list;
  list.push_back({"word_embeddings", {config.vocabulary, dim}, {"embeddings.word_embeddings.weight"}});
  list.back().quantized = true;
  list.push_back({"norm_weight", {dim}, {"embeddings.LayerNorm.weight"}});
  list.push_back({"norm_bias", {dim}, {"embeddings.LayerNorm.bias"}});
  for (int64_t i = 0; i < config.layers; ++i) {
    const std::string ours = "layer" + std::to_string(i) + ".", theirs = str(architecture.stack, i, ".");
    const auto add = [&](const char* name, const std::vector<const char*>& names, int64_t outputs,
                         int64_t inputs) {
      EncoderTensor weight{str(ours, name, "_weight"), {outputs, inputs}, {}},
          bias{str(ours, name, "_bias"), {outputs}, {}};
      if (inputs == 0) weight.shape.pop_back();
      weight.quantized = inputs > 0;
      for (const char* part : names) {
        weight.parts.push_back(theirs + part + ".weight");
        bias.parts.push_back(theirs + part + ".bias");
      }
      list.push_back(std::move(weight));
      list.push_back(std::move(bias));
    };
    const LayerNames& names = architecture.layer;
    add("qkv", {names.query, names.key, names.value}, 3 * dim, dim);
    add("out", {names.out}, dim, dim);
    add("attention_norm", {names.attention_norm}, dim, 0);
    add("up", {names.up}, inner, dim);
    add("down", {names.down}, dim, inner);
    add("output_norm", {names.output_norm}, dim, 0);
  }
  list.push_back({"position_embeddings", {config.positions, dim}, {kPositions}});
  list.back().reserved_rows = architecture.reserved_positions;
  if (config.token_types > 0) list.back().folded = kTokenTypes;
  list.back().folded_rows = config.token_types;
  return list;
}

EncoderTensor token_type_rows(const EncoderConfig& config) {
  return {kTokenTypeRows, {config.token_types, config.dim}, {kTokenTypes}};
}

std::vector<EncoderTensor> lm_head_tensors(const EncoderConfig& config) {
  const LmHeadNames& names = config.architecture->lm_head;
  const auto ours = [](const char* name) { return str(kLmHead, name); };
  const auto weight = [](const char* name) { return std::vector{str(name, ".weight")}; };
  const auto bias = [](const char* name) { return std::vector{str(name, ".bias")}; };
  return {{ours("transform_weight"), {config.dim, config.dim}, weight(names.transform)},
          {ours("transform_bias"), {config.dim}, bias(names.transform)},
          {ours("norm_weight"), {config.dim}, weight(names.norm)},
          {ours("norm_bias"), {config.dim}, bias(names.norm)},
          {ours("bias"), {config.vocabulary}, {names.bias}}};
}

EncoderWeights::EncoderWeights(const fs::path& own, const EncoderConfig& config)
    : weights_(weights_file(own)), architecture_(config.architecture) {
  check_sizes(config);
}

bool EncoderWeights::int8() const {
  return weights_.path().filename() == kInt8WeightsFile;
}

bool EncoderWeights::has_lm_head(const EncoderConfig& config) const {
  std::string missing;
  size_t found = 0;
  const std::vector<EncoderTensor> tensors = lm_head_tensors(config);
  for (const EncoderTensor& tensor : tensors)
    if (weights_.contains(name_in_file(tensor.parts[0])))
      ++found;
    else
      missing = tensor.parts[0];
  if (found > 0 && found < tensors.size())
    fail_input(weights_.path().string(), ": tensor \"", missing,
               "\" is missing, though others of the language-model head are there");
  return found > 0;
}

std::string EncoderWeights::name_in_file(const std::string& name) const {
  std::vector<std::string> spellings = {name};
  if (const auto norm = name.find("LayerNorm."); norm != std::string::npos)
    spellings.push_back(name.substr(0, norm) +
                        (name.ends_with("weight") ? "LayerNorm.gamma" : "LayerNorm.beta"));
  for (const std::string& spelling : spellings)
    for (const std::string& candidate : {spelling, architecture_->prefix + spelling})
      if (weights_.contains(candidate) || weights_.contains(candidate + kInt8Values)) return candidate;
  return name;
}

void EncoderWeights::check_sizes(const EncoderConfig& config) const {
  const auto check = [&](const std::string& tensor, const std::vector<int64_t>& shape) {
    std::string name = name_in_file(tensor);
    if (weights_.contains(name + kInt8Values)) name += kInt8Values;
    if (!weights_.contains(name)) fail_input(weights_.path().string(), ": tensor \"", name, "\" is missing");
    require_tensor(weights_.file_of(name), name, shape);
  };
  for (const EncoderTensor& tensor : encoder_tensors(config)) {
    std::vector<int64_t> shape = tensor.shape;
    shape[0] = shape[0] / static_cast<int64_t>(tensor.parts.size()) + tensor.reserved_rows;
    for (const std::string& part : tensor.parts) check(part, shape);
    if (!tensor.folded.empty()) check(tensor.folded, {tensor.folded_rows, config.dim});
  }
  const std::string beyond =
      str(architecture_->stack, config.layers, ".", architecture_->layer.up, ".weight");
  if (const std::string name = name_in_file(beyond);
      weights_.contains(name) || weights_.contains(name + kInt8Values))
    log_warning(str(weights_.path().string(), ": holds more than the ", config.layers,
                    " layers that config.json asks for; the others are left out"));
}

void EncoderWeights::read_part(const std::string& tensor, const std::vector<int64_t>& shape,
                               std::span<float> to) const {
  const std::string name = name_in_file(tensor);
  const bool int8 = weights_.contains(name + kInt8Values);
  read_floats(weights_.file_of(int8 ? name + kInt8Values : name), name, shape, to);
}

void EncoderWeights::read(const EncoderTensor& tensor, std::span<float> to) const {
  std::vector<int64_t> shape = tensor.shape;
  shape[0] /= static_cast<int64_t>(tensor.parts.size());
  const size_t size = element_count(shape);
  if (tensor.reserved_rows > 0) {
    shape[0] += tensor.reserved_rows;
    std::vector<float> all(element_count(shape));
    read_part(tensor.parts[0], shape, all);
    std::ranges::copy(std::span(all).last(to.size()), to.begin());
  } else {
    for (size_t i = 0; i < tensor.parts.size(); ++i)
      read_part(tensor.parts[i], shape, to.subspan(i * size, size));
  }
  const auto columns = static_cast<size_t>(tensor.shape.back());
  if (tensor.name == kTokenTypeRows)
    for (size_t i = to.size(); i-- > 0;) to[i] -= to[i % columns];  // the first row last
  if (tensor.folded.empty()) return;
  std::vector<float> rows(static_cast<size_t>(tensor.folded_rows) * columns);
  read_part(tensor.folded, {tensor.folded_rows, tensor.shape.back()}, rows);
  for (size_t i = 0; i < to.size(); ++i) to[i] += rows[i % columns];
}

void read_floats(const SafetensorsFile& file, const std::string& name, const std::vector<int64_t>& shape,
                 std::span<float> to) {
  if (!file.tensors().contains(name + kInt8Values)) return read_stored(file, name, shape, to);
  read_stored(file, name + kInt8Values, shape, to);
  std::vector<float> scales(static_cast<size_t>(shape[0]));
  read_stored(file, name + kInt8Scales, {shape[0]}, scales);
  const size_t columns = to.size() / scales.size();
  for (size_t row = 0; row < scales.size(); ++row)
    for (float& value : to.subspan(row * columns, columns)) value *= scales[row];
}

TensorSource source_of(const EncoderWeights& weights) {
  return [&weights](const EncoderTensor& tensor) {
    const auto values = std::make_shared<std::vector<float>>(tensor.numel());
    weights.read(tensor, *values);
    return SharedFloats{*values, values};
  };
}

namespace {

/// The tensors of a file that is about to be written, and the memory of those that are made for it.
class TensorsToWrite {
 public:
  TensorsToWrite(const TensorSource& values, bool int8) : values_(values), int8_(int8) {}

  /// Adds `tensor` under its names in the file behind `prefix`.
  void add(const EncoderTensor& tensor, const std::string& prefix) {
    std::span<const float> floats = held_.emplace_back(values_(tensor)).values;
    std::vector<int64_t> shape = tensor.shape;
    shape[0] = shape[0] / static_cast<int64_t>(tensor.parts.size()) + tensor.reserved_rows;
    if (tensor.reserved_rows > 0) {
      std::vector<float>& all = made_.emplace_back(element_count(shape));
      std::ranges::copy(floats, all.end() - static_cast<std::ptrdiff_t>(floats.size()));
      floats = all;
    }
    const size_t size = element_count(shape);
    for (size_t i = 0; i < tensor.parts.size(); ++i)
      add(prefix + tensor.parts[i], shape, floats.subspan(i * size, size), int8_ && tensor.quantized);
  }
  const std::vector<TensorToWrite>& list() const { return list_; }

 private:
  void add(const std::string& name, const std::vector<int64_t>& shape, std::span<const float> floats,
           bool int8) {
    if (!int8) {
      list_.push_back({name, "F32", shape, std::as_bytes(floats)});
      return;
    }
    const Int8Matrix& matrix = matrices_.emplace_back(quantize(floats, static_cast<size_t>(shape[1])));
    list_.push_back({name + kInt8Values, "I8", shape, std::as_bytes(std::span(matrix.values))});
    add(name + kInt8Scales, {shape[0]}, matrix.scales, false);
  }

  const TensorSource& values_;
  bool int8_;
  std::vector<TensorToWrite> list_;
  std::vector<SharedFloats> held_;
  std::deque<std::vector<float>> made_;
  std::deque<Int8Matrix> matrices_;
};

}  // namespace

void write_encoder(const fs::path& file, const EncoderConfig& config, const TensorSource& values,
                   const EncoderFile& how) {
  const std::string prefix = how.lm_head ? config.architecture->prefix : "";
  TensorsToWrite tensors(values, how.int8);
  for (const EncoderTensor& tensor : encoder_tensors(config)) tensors.add(tensor, prefix);
  if (config.token_types > 0) tensors.add(token_type_rows(config), prefix);
  if (how.lm_head)
    for (const EncoderTensor& tensor : lm_head_tensors(config)) tensors.add(tensor, "");
  write_safetensors(file, tensors.list());
}

}  // namespace mtnlp
