#include "data/held_out.h"

#include <cmath>

namespace mtnlp {

HeldOut::HeldOut(double share, size_t most)
    : share_(static_cast<uint64_t>(std::ldexp(share, 63)) * 2), most_(most) {}

void HeldOut::take(uint64_t hash, Ids ids, const std::function<void(const Ids&)>& release) {
  if (const auto known = texts_.find(hash); known != texts_.end()) {
    ++known->second.copies;
    return;
  }
  const uint64_t largest = texts_.empty() ? UINT64_MAX : texts_.rbegin()->first;
  if (hash >= share_ && hash >= largest) return release(ids);
  texts_[hash].ids = std::move(ids);
  while (texts_.size() > most_ || (texts_.size() > 1 && texts_.rbegin()->first >= share_)) {
    const auto last = std::prev(texts_.end());
    for (uint64_t copy = 0; copy < last->second.copies; ++copy) release(last->second.ids);
    texts_.erase(last);
  }
}

}  // namespace mtnlp
