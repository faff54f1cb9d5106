#include "train/freeze.h"

#include <algorithm>

#include "base/field.h"
#include "base/numbers.h"
#include "base/suggest.h"
#include "network/torch.h"

namespace mtnlp {

FreezeSpec parse_freeze(const std::string& list) {
  FreezeSpec spec;
  for (const std::string& part : split(list)) {
    if (part == "none") continue;
    if (part == "all") {
      spec.backbone = spec.all_heads = true;
    } else if (part == "backbone") {
      spec.backbone = true;
    } else if (part == "embeddings") {
      spec.embeddings = true;
    } else if (part.starts_with("head:") && part.size() > 5) {
      spec.heads.insert(part.substr(5));
    } else if (part.starts_with("layers:")) {
      const std::string number = part.substr(7);
      spec.layers = parse_whole<int64_t>(number).value_or(0);
      if (spec.layers < 1)
        fail_input(field("freeze"), " ", part, ": \"", number,
                   "\" is no number of layers; valid are 1 and more");
      spec.embeddings = true;
    } else {
      // The nearest by what stands before the colon: "layer:2" means "layers:K".
      const std::string word = part.substr(0, part.find(':'));
      const std::vector<std::string> valid = {"none",       "all",      "backbone",
                                              "embeddings", "layers:K", "head:NAME"};
      fail_input(field("freeze"), ": \"", part, "\" is not known; valid are: ", join(valid),
                 did_you_mean(word, {"none", "all", "backbone", "embeddings", "layers", "head"}));
    }
  }
  return spec;
}

int64_t apply_freeze(const FreezeSpec& spec, Model& model) {
  const int64_t layers = model.encoder->config().layers;
  if (spec.layers > layers)
    fail_input(field("freeze"), " layers:", spec.layers, ": the encoder has ", layers, " layers");
  const std::vector<std::string> names = task_names(model.tasks);
  for (const std::string& name : spec.heads)
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail_input(field("freeze"), " head:", name, ": there is no such task; tasks are: ", join(names),
                 did_you_mean(name, names));
  const int64_t stages = spec.backbone ? 1 + layers : spec.embeddings ? 1 + spec.layers : 0;
  for (const torch::Tensor& tensor : model.encoder->embedding_parameters()) tensor.requires_grad_(stages < 1);
  for (int64_t i = 0; i < layers; ++i)
    for (const torch::Tensor& tensor : model.encoder->layer_parameters(i))
      tensor.requires_grad_(stages < 2 + i);
  for (size_t t = 0; t < model.tasks.size(); ++t) {
    const bool frozen = spec.all_heads || spec.heads.contains(model.tasks[t].name);
    model.heads[t].weight.requires_grad_(!frozen);
    model.heads[t].bias.requires_grad_(!frozen);
  }
  return stages;
}

}  // namespace mtnlp
