// What a training run starts from: its data, its model and, when it is resumed, where it stands.
#pragma once

#include <array>
#include <optional>

#include "data/encoded_rows.h"
#include "data/split.h"
#include "eval/evaluator.h"
#include "network/model.h"
#include "train/loss.h"
#include "train/run_state.h"
#include "train/trainer.h"

namespace mtnlp {

/// All rows, the part that each is in, and their tokens.
struct TrainingData {
  Dataset dataset;
  std::vector<Part> parts;
  EncodedRows encoded;
  std::vector<std::string> warnings = {};
  std::vector<uint32_t> of(Part part) const { return rows_of_part(parts, part); }
  /// Rows with a label of `task`, by Part.
  std::array<size_t, 3> labelled(size_t task) const {
    std::array<size_t, 3> counts{};
    for (size_t row = 0; row < parts.size(); ++row)
      if (!encoded.target(row, task).is_none()) ++counts[static_cast<size_t>(parts[row])];
    return counts;
  }
};

/// Where a run to be resumed stands.
struct Resumed {
  fs::path checkpoint;
  Model model;
  RunState state;
};

/// The `last` of options.resume; none for a new run, and for one that ended before its first checkpoint.
std::optional<Resumed> load_last(const TrainOptions& options);

/// Of a resumed run the recorded data, else those that the options name.
TrainingData read_data(const TrainOptions& options, const Resumed* resumed);

/// The encoder that the options name, with new heads for `tasks`. `files` are its encoder_checksums. A
/// resumed run must still find the pooling and prompt that it began with.
Model make_model(const TrainOptions& options, const std::vector<Task>& tasks,
                 const std::map<std::string, std::string>& files, const Resumed* resumed);

/// Returns the losses of the tasks of `data`, as the options want them.
Losses make_losses(const TrainOptions& options, const TrainingData& data);

/// Logs what the encoder's folder or the options decided about the model.
void log_model(const TrainOptions& options, const Model& model);

/// Logs the warnings, and the rows of each task's parts.
void log_data(const TrainingData& data);

/// Throws Error when a task has none.
void require_training_rows(const TrainingData& data);

}  // namespace mtnlp
