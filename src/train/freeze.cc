#include "train/freeze.h"

#include <algorithm>

#include "base/field.h"
#include "base/words.h"
#include "network/torch.h"

namespace mtnlp {

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
