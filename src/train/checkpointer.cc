#include "train/checkpointer.h"

#include <algorithm>

#include "network/tensor_files.h"
#include "network/torch.h"
#include "train/epoch_report.h"

namespace mtnlp {

TrainingState::TrainingState(Model start, const OptimizerOptions& options)
    : model(std::move(start)),
      optimizer(*model.network, options),
      losses(model.settings.tasks.size()),
      table(metric_columns(model.settings.tasks)) {}

void restore(TrainingState& state, const Model& from, const RunState& stored, const fs::path& checkpoint,
             uint64_t steps_per_epoch, uint64_t steps) {
  const uint64_t done = stored.metrics.size() * steps_per_epoch;
  if (stored.step < done || stored.step > std::min(done + steps_per_epoch, steps) ||
      stored.losses.size() != state.model.settings.tasks.size())
    fail_input(checkpoint.string(), ": step ", stored.step, " after ", stored.metrics.size(),
               " epochs does not fit the run");
  copy_weights(*from.network, *state.model.network);
  if (stored.step < steps) state.optimizer.load_state(SafetensorsFile(checkpoint / kOptimizerFile));
  state.step = stored.step;
  state.losses.restore(stored.losses);
  for (const auto& row : stored.metrics) {
    if (row.size() != state.table.columns().size())
      fail_input(checkpoint.string(), ": has ", row.size(), " figures of an epoch, where this mtnlp has ",
                 state.table.columns().size(), "; it was begun by another version, which can go on with it");
    state.table.add_row(row);
  }
}

Checkpointer::Checkpointer(RunFolder folder, const TrainingState& state, RunIdentity identity, uint64_t steps)
    : folder_(std::move(folder)), state_(state), identity_(std::move(identity)), steps_(steps) {}

void Checkpointer::save(Milestone milestone, const std::string& scores) const {
  const auto add_state = [&](const fs::path& at) {
    write_run_state(at, {.step = state_.step,
                         .metrics = state_.table.rows(),
                         .losses = state_.losses.sums(),
                         .options = identity_.options,
                         .encoder = identity_.encoder,
                         .record = identity_.record,
                         .soft = identity_.soft});
    if (state_.step < steps_) save_tensors(at / kOptimizerFile, state_.optimizer.state());
  };
  Model model = state_.model;  // of the same tensors
  if (!scores.empty()) model.settings.provenance["epoch"] = scores;
  folder_.add_checkpoint(state_.step, milestone,
                         [&](const fs::path& at) { save_checkpoint(at, model, add_state); });
}

}  // namespace mtnlp
