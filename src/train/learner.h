// What a run of `mtnlp adapt` trains, and how it is written as an encoder folder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hub/encoder_folder.h"
#include "hub/model_settings.h"
#include "network/lm_head.h"
#include "network/network.h"
#include "train/adapt.h"
#include "train/objective.h"

namespace mtnlp {

struct Learner {
  ModelSettings settings;
  EncoderFolder folder;
  Network network = nullptr;
  LmHead head = nullptr;  ///< null when the objective has none
  std::unique_ptr<Objective> objective = nullptr;
  std::string name = {};     ///< of the encoder it grew from
  bool head_is_new = false;  ///< drawn at random, since the folder has none
  MaskedVocabulary vocabulary = {};

  /// Returns every tensor that trains.
  std::vector<Parameter> tensors() const;
  /// Fills `to` (existing, empty) with an encoder folder of the present weights. `note` is a line of its card.
  void write(const fs::path& to, const std::string& note) const;
};

/// Loads what `options` name, of a resumed run from its checkpoint `from`; with `random` the weights are drawn and those of
/// the folder, if any, not read. Throws Error naming the file or option.
Learner load_learner(const AdaptOptions& options, const fs::path& from, bool random, torch::Device device);

}  // namespace mtnlp
