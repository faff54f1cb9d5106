#include "train/token_keys.h"

#include <vector>

#include "base/random.h"
#include "network/torch.h"

namespace mtnlp {

torch::Tensor token_keys(std::span<const uint32_t> rows, std::span<const TokenIds> sequences,
                         std::map<uint32_t, uint64_t>& seen) {
  std::vector<int64_t> keys;
  for (size_t i = 0; i < rows.size(); ++i) {
    const uint64_t occurrence = seen[rows[i]]++;
    for (uint64_t place = 0; place < sequences[i].size(); ++place)
      keys.push_back(static_cast<int64_t>(hash_key(uint64_t{rows[i]}, occurrence, place)));
  }
  return torch::tensor(keys, torch::kInt64);
}

}  // namespace mtnlp
