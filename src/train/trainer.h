// A training run from options to a run folder.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/split.h"
#include "run/options_file.h"
#include "run/run_folder.h"
#include "tasks/metrics.h"
#include "train/freeze.h"
#include "train/optimizer.h"

namespace mtnlp {

enum class ClassWeights { kNone, kBalanced };  ///< of the classes in the loss

/// All that shapes a run. Every field is an option of `mtnlp train`.
struct TrainOptions {
  DatasetOptions data;
  std::string encoder = "models/minilm-l6";
  std::string keep_layers;               ///< start from these layers only, see parse_keep_layers; empty: all
  bool random_weights = false;           ///< start from weights drawn from `seed`
  std::optional<PoolingMode> pooling;    ///< else the encoder folder's
  PromptChoice prompt;                   ///< else the encoder folder's default
  size_t max_length = 128;               ///< tokens, special ones counted; longer costs time in proportion
  std::optional<Truncation> truncation;  ///< none: as the encoder's folder has it
  size_t epochs = 3;
  size_t batch_size = 32;        ///< rows of a micro-batch; memory grows with it
  size_t grad_accumulation = 1;  ///< micro-batches of a step
  OptimizerOptions optimizer;
  double warmup = 0.1;  ///< share of all steps
  double dropout = -1;  ///< for all places; negative: what the encoder's config says
  std::string freeze = "none";
  ClassWeights class_weights = ClassWeights::kNone;
  double label_smoothing = 0;
  std::map<std::string, double> task_weights;  ///< task → factor of its loss, 1 when absent
  uint64_t seed = 42;                          ///< of split, order, dropout and random starts
  int threads = 1;
  std::optional<DeviceKind> device;  ///< none: CUDA when there is one
  std::optional<Precision>
      precision;  ///< of the matrix products in training, none: the faster one; evaluation is in fp32
  size_t cache_mb = 1024;   ///< for what frozen layers give, see FrozenStages
  bool quiet = false;       ///< no progress
  uint64_t save_every = 0;  ///< steps between checkpoints inside an epoch, 0: none
  fs::path resume;          ///< a run to go on with; empty: a new one
  OptionValues identity;  ///< of all that shapes the result: what a resumed run must share with its beginning
  OptionValues defaults;  ///< of these options, for runs that are older than an option
  std::vector<std::string> free_options;  ///< names of those that a resumed run may change, for messages
};

struct TrainResult {
  std::vector<Task> tasks;
  std::vector<TaskMetrics> test;  ///< of the best checkpoint on the test part; a task may have no rows
};

/// Reads and checks all input, then calls `make_run` for the run folder (so that bad input leaves nothing
/// behind) and fills it: metrics.csv, sources.json, split.csv, checkpoints, best, last, test.json. Throws
/// Stopped after writing a last checkpoint when a stop signal arrives; Error for wrong input.
///
/// With `resume` it goes on from that run's `last`, or from the start when there is none yet, and ends with
/// the same bytes as if it had never stopped (on the same machine with as many threads): the data are read by
/// the run's own record, whatever the options name. Throws Error naming the first difference when the data,
/// the record, the encoder or an option of `identity` are not as they were. A run that is done is scored
/// again.
TrainResult train(const TrainOptions& options, const std::function<RunFolder()>& make_run);

}  // namespace mtnlp
