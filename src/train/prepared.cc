#include "train/prepared.h"

#include <algorithm>

#include "data/data_check.h"
#include "network/torch.h"
#include "train/freeze.h"
#include "train/teacher.h"

namespace mtnlp {

Prepared::Prepared(const TrainOptions& options)
    : device(choose_device(options.machine.device)), selection(options.selection.select) {
  const FreezeSpec freeze = parse_freeze(options.start.freeze);
  const Mixing mixing = parse_mixing(options.plan.mixing);
  const std::optional<Resumed> from = load_last(options.resume, options.start.encoder);
  resumed = from.has_value();
  data = read_data(options.data, options.parts.seed.value_or(options.seed), options.parts.fold, options.start,
                   resumed ? &*from : nullptr);
  selection.require_in(data.dataset.tasks);
  identity.options = options.resume.identity;
  identity.encoder = encoder_checksums(options.start.encoder);
  Model model =
      make_model(options.start, options.seed, data.dataset, identity.encoder, resumed ? &*from : nullptr);
  const ModelSettings& settings = model.settings;
  data.encoded = encode_rows(data.dataset, *settings.tokenizer, settings.cut, options.machine.threads);
  require_training_rows(data);
  data.warnings =
      check_data(data.dataset, data.parts, settings.tokenizer.get(), settings.cut, options.machine.threads)
          .warnings;
  model.network->to(device);
  frozen_stages = apply_freeze(freeze, model);
  for (size_t t = 0; t < settings.tasks.size(); ++t) {
    frozen_heads.push_back(!model.network->heads[t]->weight.requires_grad());
    if (!frozen_heads[t]) model.settings.tasks[t].decision = {};
  }
  learn_tasks(data, model.settings.tasks);
  step_options = {make_losses(options.loss, settings.tasks, data), options.seed, device};
  plan = {options.plan.batch_size, options.plan.grad_accumulation, options.seed, mixing,
          options.plan.steps_per_epoch};
  SoftLabels soft = read_soft_labels(options.soft, data.dataset, data.parts, settings,
                                     options.machine.threads, data.encoded, data.warnings);
  add_teacher(options.soft, options.machine, settings, options.parts.fold.has_value(), data, soft);
  identity.soft = soft.checksums;
  if (resumed) require_same_files("", from->state.soft, identity.soft);
  if (!soft.rows.empty()) step_options.soft = std::make_shared<const SoftSteps>(std::move(soft), plan);
  length = {options.plan.epochs, steps_per_epoch(data.dataset, data.parts, plan), 0, options.plan.schedule};
  length.warmup_steps = static_cast<uint64_t>(options.plan.warmup * static_cast<double>(length.steps()));
  state.emplace(std::move(model), options.optimizer);
  if (resumed)
    restore(*state, from->model, from->state, from->checkpoint, length.steps_per_epoch, length.steps());
}

namespace {

/// Returns the bytes that the activations of the longest training rows in one micro-batch take. Per token and layer
/// in training the attention keeps about 5 and the feed-forward part 2 vectors of D and 3 of its inner size.
uint64_t activation_bytes(const Prepared& prepared) {
  const EncoderConfig& config = prepared.state->model.settings.config;
  std::vector<size_t> lengths;
  for (const uint32_t row : prepared.data.of(Part::kTrain))
    lengths.push_back(prepared.data.encoded.length(row));
  std::ranges::sort(lengths, std::greater());
  lengths.resize(std::min(lengths.size(), prepared.plan.batch_size));
  uint64_t tokens = 0;
  for (const size_t length : lengths) tokens += length;
  const auto layers = static_cast<uint64_t>(
      std::max<int64_t>(1, config.layers - std::max<int64_t>(0, prepared.frozen_stages - 1)));
  return tokens * layers * sizeof(float) * static_cast<uint64_t>(7 * config.dim + 3 * config.hidden_dim);
}

}  // namespace

Outline outline_of(const Prepared& prepared) {
  constexpr uint64_t kLibtorch = 160 << 20;
  Outline outline{prepared.length.steps_per_epoch, prepared.length.steps()};
  for (const Parameter& parameter : prepared.state->model.network->tensors()) {
    const auto size = static_cast<uint64_t>(parameter.tensor.numel());
    outline.parameters += size;
    if (parameter.tensor.requires_grad()) outline.trained += size;
  }
  outline.bytes =
      kLibtorch + sizeof(float) * (2 * outline.parameters + 3 * outline.trained) + activation_bytes(prepared);
  return outline;
}

}  // namespace mtnlp
