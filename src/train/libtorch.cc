#include "train/libtorch.h"

#include <torch/version.h>

namespace mtnlp {

const Libtorch& libtorch() {
  static constexpr Libtorch kAll = {TORCH_VERSION, train, dry_run, adapt, load_predictor_on};
  return kAll;
}

}  // namespace mtnlp
