#include "sweep/halving.h"

#include <algorithm>

namespace mtnlp {

std::vector<Rung> rungs_of(size_t settings, uint64_t epochs) {
  std::vector<uint64_t> ends = {epochs};
  for (size_t left = settings; left > 1 && ends.front() > 1; left = (left + 1) / 2)
    ends.insert(ends.begin(), (ends.front() + 1) / 2);
  std::vector<Rung> rungs;
  for (const uint64_t end : ends) {
    rungs.push_back({settings, end});
    settings = (settings + 1) / 2;
  }
  return rungs;
}

uint64_t epochs_of(const std::vector<Rung>& rungs) {
  uint64_t epochs = 0, before = 0;
  for (const Rung& rung : rungs) {
    epochs += rung.settings * (rung.epochs - before);
    before = rung.epochs;
  }
  return epochs;
}

size_t settings_in_budget(size_t settings, size_t seeds, uint64_t epochs, double epochs_in_budget) {
  size_t fitting = 1;
  for (size_t count = 2; count <= settings; ++count)
    if (static_cast<double>(seeds * epochs_of(rungs_of(count, epochs))) <= epochs_in_budget) fitting = count;
  return fitting;
}

}  // namespace mtnlp
