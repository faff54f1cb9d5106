// Names of parts.
#include "base/error.h"
#include "base/words.h"
#include "data/dataset.h"

namespace mtnlp {

const char* part_name(Part part) {
  constexpr const char* kNames[] = {"train", "validation", "test"};
  return kNames[static_cast<size_t>(part)];
}

Part parse_part(const std::string& name) {
  for (const Part part : kParts)
    if (name == part_name(part)) return part;
  fail_input("unknown part \"", name, "\"; valid are: train, validation, test",
             did_you_mean(name, {"train", "validation", "test"}));
}

}  // namespace mtnlp
