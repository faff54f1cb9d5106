#include "mtnlp/model/dropout.h"

#include <ATen/Parallel.h>

namespace mtnlp {

torch::Tensor dropout_mask(const Dropout& dropout, int64_t rows, int64_t columns, torch::Device device) {
  torch::Tensor mask = torch::empty({rows, columns}, torch::kFloat32);
  auto* data = mask.data_ptr<float>();
  at::parallel_for(0, rows, 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const RowKey key = row_key(dropout.key, static_cast<uint64_t>(row));
      for (int64_t column = 0; column < columns; ++column)
        data[row * columns + column] =
            dropout_bits(key, static_cast<uint32_t>(column)) < dropout.threshold() ? 0.0f : dropout.scale();
    }
  });
  return mask.to(device);
}

}  // namespace mtnlp
