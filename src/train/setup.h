// What a training run starts from: its data, its model and, when it is resumed, where it stands.
#pragma once

#include <array>
#include <optional>

#include "data/encoded_rows.h"
#include "data/split.h"
#include "eval/evaluator.h"
#include "network/model.h"
#include "run/run_state.h"
#include "train/loss.h"
#include "train/trainer.h"

namespace mtnlp {

/// All rows, the part that each is in, and their tokens.
struct TrainingData {
  Dataset dataset;
  std::vector<Part> parts;
  EncodedRows encoded;
  std::vector<std::string> warnings = {};
  KnownParts earlier = {};  ///< what the run of --init knew; empty in a resumed run, which has recorded it
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
  fs::path run;
  fs::path checkpoint;
  Model model;
  RunState state;
};

/// Returns the last checkpoint of the run to go on with, which began with `encoder`; none for a new run, and for one
/// that ended before its first checkpoint.
std::optional<Resumed> load_last(const ResumeOptions& options, const fs::path& encoder);

/// Returns the recorded data of a resumed run, else those of `options`, split by `seed`; texts that the run of
/// `start.init` knew keep their part. With a `fold` that is the test part; throws Error where that run knew rows of
/// a fold, which then would not be held out.
TrainingData read_data(DatasetOptions options, uint64_t seed, const std::optional<Fold>& fold,
                       const StartOptions& start, const Resumed* resumed);

/// Returns the encoder that `start` names, with heads for the tasks of `dataset`, new ones or those of `start.init`.
/// `files` are its encoder_checksums. A resumed run must still find the pooling and prompt that it began with.
Model make_model(const StartOptions& start, uint64_t seed, const Dataset& dataset,
                 const std::map<std::string, std::string>& files, const Resumed* resumed);

/// Completes `tasks`, those of `data`, by their training rows.
void learn_tasks(const TrainingData& data, std::vector<Task>& tasks);

/// Returns the losses of `tasks`, those of `data`.
Losses make_losses(const TrainingLoss& options, const std::vector<Task>& tasks, const TrainingData& data);

/// Logs what the encoder's folder or `start` decided about the model.
void log_model(const StartOptions& start, const Model& model);

/// Logs the warnings, how many texts are cut, and the rows of each task's parts.
void log_data(const TrainingData& data, const TextCut& cut);

/// Throws Error when a task has none.
void require_training_rows(const TrainingData& data);

}  // namespace mtnlp
