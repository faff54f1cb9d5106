#include "train/freeze.h"

#include <algorithm>

#include "base/field.h"
#include "base/numbers.h"
#include "base/words.h"
#include "network/torch.h"

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

int64_t apply_freeze(const FreezeSpec& spec, Model& model) {
  const int64_t layers = model.settings.config.layers;
  if (spec.layers > layers)
    fail_input(field("freeze"), " layers:", spec.layers, ": the encoder has ", layers, " layers");
  const std::vector<std::string> names = task_names(model.settings.tasks);
  for (const std::string& name : spec.heads)
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail_input(field("freeze"), " head:", name, ": there is no such task; tasks are: ", join(names),
                 did_you_mean(name, names));
  const int64_t stages = spec.backbone ? 1 + layers : spec.embeddings ? 1 + spec.layers : 0;
  const auto is_frozen = [&](const Stage& stage) {
    switch (stage.kind) {
      case Stage::Kind::kEmbeddings:
        return stages > 0;
      case Stage::Kind::kLayer:
        return stages > 1 + static_cast<int64_t>(stage.index);
      case Stage::Kind::kPooling:
        return spec.pooling;
      case Stage::Kind::kHead:
        return spec.all_heads || spec.heads.contains(names[stage.index]);
    }
    return false;
  };
  for (const Parameter& parameter : model.network->tensors())
    parameter.tensor.requires_grad_(!is_frozen(parameter.stage));
  return stages;
}

}  // namespace mtnlp
