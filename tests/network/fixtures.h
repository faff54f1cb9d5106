// The golden encoders of tests/golden/encoders, and what tests of the model floor share.
#pragma once

#include <cstring>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>

#include "base/safetensors.h"
#include "engine/engine.h"
#include "network/encoder.h"
#include "network/model.h"
#include "network/tensor_files.h"
#include "network/torch.h"
#include "testing.h"

namespace mtnlp::testing {

inline const char* const kTinyEncoders[] = {"tiny-distilbert", "tiny-bert", "tiny-xlmr"};

inline fs::path encoder_path(const std::string& name) {
  return test_path("golden/encoders/" + name);
}

/// Any tensor of a file as it is there, without the checks of read_tensor.
inline torch::Tensor raw_tensor(const SafetensorsFile& file, const std::string& name) {
  const TensorView& view = file.tensors().at(name);
  const torch::ScalarType type = view.dtype == "I64"   ? torch::kInt64
                                 : view.dtype == "F64" ? torch::kFloat64
                                                       : torch::kFloat32;
  torch::Tensor tensor = torch::empty(view.shape, type);
  EXPECT_EQ(tensor.nbytes(), view.bytes.size()) << name;
  if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

/// Sequences of ids and what `transformers` makes of them.
struct Golden {
  explicit Golden(const std::string& encoder) : file(encoder_path(encoder) / "golden.safetensors") {
    const torch::Tensor ids = tensor("ids"), lengths = tensor("lengths");
    const auto* at = ids.data_ptr<int64_t>();
    for (int64_t b = 0; b < lengths.numel(); ++b) {
      const int64_t length = lengths.data_ptr<int64_t>()[b];
      sequences.emplace_back(at, at + length);
      at += length;
    }
  }
  torch::Tensor tensor(const std::string& name) const { return raw_tensor(file, name); }

  SafetensorsFile file;
  std::vector<std::vector<int32_t>> sequences;
};

inline Batch batch_of(const std::vector<std::vector<int32_t>>& sequences) {
  const std::vector<TokenIds> spans(sequences.begin(), sequences.end());
  return make_batch(spans);
}

inline EncoderConfig tiny_config(const std::string& name) {
  return read_encoder_config(encoder_path(name) / "config.json");
}

inline Encoder load_tiny(const std::string& name) {
  return load_encoder(encoder_path(name), tiny_config(name));
}

/// The settings of a golden encoder, with a tokenizer where it has one.
inline ModelSettings tiny_settings(const std::string& name) {
  if (!tokenizer_files(encoder_path(name)).empty()) {
    ModelSettings settings = read_encoder_settings(encoder_path(name));
    keep_tokenizer_files(encoder_path(name), settings);
    return settings;
  }
  ModelSettings settings;
  settings.config = tiny_config(name);
  return settings;
}

/// A golden encoder with heads that start at random.
inline Model tiny_model(const std::string& name, std::vector<Task> tasks = {}) {
  Model model{tiny_settings(name)};
  model.settings.tasks = std::move(tasks);
  model.network = Network(load_tiny(name), model.settings);
  model.network->start_heads(42);
  return model;
}

/// The engine of a golden encoder, straight from its folder.
inline std::unique_ptr<Engine> tiny_engine(const std::string& name, Precision precision = Precision::kFp32,
                                           int threads = 1) {
  return load_engine(encoder_path(name), tiny_settings(name), precision, threads);
}

inline std::vector<TokenIds> token_ids(const std::vector<std::vector<int32_t>>& sequences) {
  return {sequences.begin(), sequences.end()};
}

inline torch::Tensor as_tensor(const Matrix& matrix) {
  return torch::tensor(matrix.values)
      .view({static_cast<int64_t>(matrix.rows), static_cast<int64_t>(matrix.columns)});
}

/// What the engine makes of sequences: hidden states [N, D].
inline torch::Tensor hidden_states(const Engine& engine, const std::vector<std::vector<int32_t>>& sequences) {
  return torch::tensor(engine.hidden_states(token_ids(sequences)))
      .view({-1, static_cast<int64_t>(engine.dim())});
}

/// Returns the least cosine of a row of `a` with that of `b`.
inline double least_cosine(const torch::Tensor& a, const torch::Tensor& b) {
  return torch::cosine_similarity(a, b, 1).min().item<double>();
}

inline double max_difference(const torch::Tensor& a, const torch::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  if (a.sizes() != b.sizes() || a.numel() == 0) return a.sizes() == b.sizes() ? 0 : 1e300;
  return (a.detach().to(torch::kFloat64) - b.detach().to(torch::kFloat64)).abs().max().item<double>();
}

/// Random numbers N(0, 1) that depend on `seed` alone.
inline torch::Tensor normal(at::IntArrayRef shape, uint64_t seed) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, torch::kFloat64);
}

/// So many threads of libtorch for as long as it lives. 1 suits small models on a busy machine, where threads
/// that wait for each other cost more than they give.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace mtnlp::testing
