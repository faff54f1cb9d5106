// The model card of a checkpoint, its README.md: for people, and in its header for the Hugging Face hub.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "hub/model_settings.h"

namespace mtnlp {

/// What a card tells of a run that is done.
struct CardFacts {
  struct File {
    std::string name, checksum;
    size_t rows = 0;
  };
  std::vector<File> files = {};
  std::vector<std::array<size_t, 3>> rows = {};  ///< [tasks] with a label: training, validation, test
  /// [tasks] rows of each label in the training part; empty for a kind without labels.
  std::vector<std::vector<std::pair<std::string, size_t>>> classes = {};
  OrderedJson scores = OrderedJson::object();  ///< task → its figures on the test part, as test.json has them
};

/// Returns the card. Without facts it is that of a checkpoint on the way.
std::string model_card(const ModelSettings& settings, const CardFacts& facts = {});

/// Returns what the card of the model in `folder`, MODEL_CARD.md or README.md, has as `license` in its header; "" for
/// nothing.
std::string license_in_card(const fs::path& folder);

}  // namespace mtnlp
