// The options of a training run, and what it gives.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "engine/device.h"
#include "engine/precision.h"
#include "hub/modules.h"
#include "run/options_file.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

struct OptimizerOptions {
  double lr = 5e-5;            ///< of the encoder
  double head_lr = 1e-3;       ///< of the heads and of a pooling that learns, which start at random or zero
  double weight_decay = 0.01;  ///< not on biases and LayerNorms
  double clip = 1.0;           ///< largest norm of all gradients together; 0: no clipping
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
};

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
      precision;            ///< of the products in training, none: the faster one; evaluation is in fp32
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
  AllMetrics test;  ///< of the best checkpoint on the test part; a task may have no rows
};

}  // namespace mtnlp
