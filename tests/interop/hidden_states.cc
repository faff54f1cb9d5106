// hidden_states ENCODER OUT <IDS: what the encoder makes of sequences, token by token, for interop_test.py.
//   IDS   one sequence of token ids a line, as `mtnlp tokenize` writes them
//   OUT   safetensors, float32 [N, D] over the tokens of all lines: hidden.0 after the embeddings, hidden.K
//   after
//         layer K; packed.K is the same with the matrices packed, as embed, eval and predict have them
#include <iostream>
#include <sstream>

#include "base/error.h"
#include "network/pretrained.h"
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
  const std::vector<std::span<const int32_t>> spans(sequences.begin(), sequences.end());
  const Batch batch = pack(spans);
  Encoder encoder = load_pretrained(folder).encoder;
  std::vector<std::pair<std::string, torch::Tensor>> states;
  for (const std::string kind : {"hidden.", "packed."}) {
    if (kind == "packed.") encoder->pack(Precision::kFp32);
    torch::Tensor hidden = encoder->embed(batch.ids, batch.layout);
    states.emplace_back(kind + "0", hidden);
    for (int64_t layer = 0; layer < encoder->config().layers; ++layer) {
      hidden = encoder->layers(hidden, batch.layout, layer, layer + 1);
      states.emplace_back(kind + std::to_string(layer + 1), hidden);
    }
  }
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
