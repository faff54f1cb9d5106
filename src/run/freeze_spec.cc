#include "run/freeze_spec.h"

#include <vector>

#include "base/error.h"
#include "base/field.h"
#include "base/numbers.h"
#include "base/words.h"

namespace mtnlp {

FreezeSpec parse_freeze(const std::string& list) {
  FreezeSpec spec;
  for (const std::string& part : split_text(list)) {
    if (part == "none") continue;
    if (part == "all") {
      spec.backbone = spec.pooling = spec.all_heads = true;
    } else if (part == "backbone") {
      spec.backbone = true;
    } else if (part == "pooling") {
      spec.pooling = true;
    } else if (part == "embeddings") {
      spec.embeddings = true;
    } else if (part.starts_with("head:") && part.size() > 5) {
      spec.heads.insert(part.substr(5));
    } else if (part.starts_with("layers:")) {
      const std::string number = part.substr(7);
      spec.layers = parse_number<int64_t>(number).value_or(0);
      if (spec.layers < 1)
        fail_input(field("freeze"), " ", part, ": \"", number,
                   "\" is not a number of layers; valid are 1 and more");
      spec.embeddings = true;
    } else {
      // The nearest by what stands before the colon: "layer:2" means "layers:K".
      const std::string word = part.substr(0, part.find(':'));
      const std::vector<std::string> valid = {"none",     "all",     "backbone", "embeddings",
                                              "layers:K", "pooling", "head:NAME"};
      fail_input(field("freeze"), ": \"", part, "\" is not known; valid are: ", join(valid),
                 did_you_mean(word, {"none", "all", "backbone", "embeddings", "layers", "pooling", "head"}));
    }
  }
  return spec;
}

}  // namespace mtnlp
