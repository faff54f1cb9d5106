#include "data/known_parts.h"

#include <algorithm>

#include "data/key_of.h"
#include "text/fold_text.h"

namespace mtnlp {

uint64_t text_key(std::string_view text) {
  return key_of(fold_text(text));
}

void add_known(KnownParts& known, uint64_t key, Part part) {
  const auto [at, is_new] = known.emplace(key, part);
  if (!is_new) at->second = std::min(at->second, part);
}

size_t count_trained(const Dataset& dataset, size_t source, const KnownParts& known) {
  const auto trained = [&](const DatasetRow& row) {
    if (row.source != source) return false;
    const auto found = known.find(text_key(row.text));
    return found != known.end() && found->second == Part::kTrain;
  };
  return static_cast<size_t>(std::ranges::count_if(dataset.rows, trained));
}

}  // namespace mtnlp
