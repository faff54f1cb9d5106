#include "network/random_init.h"

#include <cmath>
#include <numbers>

#include "base/random.h"

namespace mtnlp {
namespace {

KeyedRandom random_for(uint64_t seed, const std::string& name) {
  uint64_t key = mix64(seed);
  for (const char c : name) key = mix64(key ^ static_cast<unsigned char>(c));
  return KeyedRandom(key);
}

template <typename Draw>
void fill(const torch::Tensor& tensor, Draw draw) {
  torch::Tensor values = torch::empty(tensor.sizes(), torch::kFloat32);
  auto* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<float>(draw());
  tensor.data().copy_(values);
}

}  // namespace

void fill_normal(const torch::Tensor& tensor, double std, uint64_t seed, const std::string& name) {
  KeyedRandom random = random_for(seed, name);
  fill(tensor, [&] {
    const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
    return std * radius * std::cos(2 * std::numbers::pi * random.uniform());
  });
}

void fill_uniform(const torch::Tensor& tensor, double bound, uint64_t seed, const std::string& name) {
  KeyedRandom random = random_for(seed, name);
  fill(tensor, [&] { return bound * (2 * random.uniform() - 1); });
}

}  // namespace mtnlp
