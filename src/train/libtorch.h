// What of mtnlp needs libtorch, as one value: an executable that has none of it is without libtorch.
#pragma once

#include "network/load_predictor.h"
#include "train/adapt.h"
#include "train/trainer.h"

namespace mtnlp {

struct Libtorch {
  const char* version;  ///< of the libtorch that mtnlp was compiled with
  decltype(&mtnlp::train) train;
  decltype(&mtnlp::dry_run) dry_run;
  decltype(&mtnlp::adapt) adapt;
  decltype(&mtnlp::load_predictor_on) load_predictor;
};

/// Returns them. Only the library mtnlp_model, and so libtorch, defines this.
const Libtorch& libtorch();

}  // namespace mtnlp
