// hidden_states ENCODER OUT <IDS: what the encoder makes of sequences, token by token, for interop_test.py.
//   IDS   one sequence of token ids a line, as `mtnlp tokenize` writes them
//   OUT   safetensors, float32 [N, D] over the tokens of all lines: hidden.0 after the embeddings, hidden.K
//   after
//         layer K of the network in training; engine is what embed, eval and predict have after the last
//         layer; logits [N, vocabulary] of a folder with a language-model head
#include <iostream>
#include <sstream>

#include "base/error.h"
#include "base/threads.h"
#include "engine/engine.h"
#include "network/tensor_files.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

std::vector<std::vector<int32_t>> read_sequences(std::istream& in) {
  std::vector<std::vector<int32_t>> sequences;
  for (std::string line; std::getline(in, line);) {
    std::istringstream ids(line);
    sequences.emplace_back();
    for (int32_t id; ids >> id;) sequences.back().push_back(id);
  }
  return sequences;
}

void write_states(const fs::path& folder, const fs::path& out) {
  const torch::InferenceMode inference;
  const auto sequences = read_sequences(std::cin);
  const std::vector<TokenIds> spans(sequences.begin(), sequences.end());
  const Batch batch = make_batch(spans);
  const EncoderConfig config = read_encoder_config(folder / "config.json");
  Encoder encoder = load_encoder(folder, config);
  std::vector<std::pair<std::string, torch::Tensor>> states;
  torch::Tensor hidden = encoder->embed(batch.ids, batch.layout);
  states.emplace_back("hidden.0", hidden);
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    hidden = encoder->layers(hidden, batch.layout, layer, layer + 1);
    states.emplace_back("hidden." + std::to_string(layer + 1), hidden);
  }
  ModelSettings settings;
  settings.config = config;
  const Engine engine(settings, source_of(*encoder), {}, Precision::kFp32, available_cpus());
  const std::vector<float> states_of_engine = engine.hidden_states(spans);
  states.emplace_back("engine", torch::tensor(states_of_engine).view({-1, config.dim}));
  if (const LmHead head = load_lm_head(folder, config); !head.is_empty())
    states.emplace_back(
        "logits",
        torch::matmul(head->forward(hidden, Precision::kFp32), encoder->word_embeddings.t()) + head->bias);
  save_tensors(out, states);
}

}  // namespace
}  // namespace mtnlp

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: hidden_states ENCODER OUT <IDS\n";
    return 2;
  }
  try {
    mtnlp::write_states(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << "hidden_states: " << error.what() << "\n";
    return 1;
  }
}
