// What the model card of a run tells.
#pragma once

#include "hub/model_card.h"
#include "train/setup.h"

namespace mtnlp {

/// Returns the facts of the run on `data`, without scores.
CardFacts card_facts(const TrainingData& data);

}  // namespace mtnlp
