// The options of a training run, and what it gives.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "data/folds.h"
#include "engine/device.h"
#include "engine/precision.h"
#include "hub/modules.h"
#include "run/options_file.h"
#include "run/run_folder.h"
#include "run/selection.h"
#include "tasks/class_weights.h"
#include "tasks/decision.h"
#include "tasks/loss_laws.h"
#include "tasks/task_metrics.h"
#include "train/schedule.h"

namespace mtnlp {

struct OptimizerOptions {
  double lr = 5e-5;            ///< of the encoder
  double head_lr = 1e-3;       ///< of the heads and of a pooling that learns, which start at random or zero
  double weight_decay = 0.01;  ///< not on biases and LayerNorms
  double layer_decay = 1;      ///< factor of the rate from a layer to the one below it; 1: one rate for all
  double clip = 1.0;           ///< largest norm of all gradients together; 0: no clipping
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
};

/// How the rows are shared out.
struct PartsOptions {
  std::optional<uint64_t> seed;  ///< of the split and `limit`; none: that of the training
  std::optional<Fold> fold;      ///< is the test part; none: the rows are split by shares
};

/// The model that a run starts from.
struct StartOptions {
  std::string encoder = "models/minilm-l6";
  std::optional<ModelFolder> init;     ///< checkpoint to start from; `encoder` is its folder then
  bool drop_labels = false;            ///< labels of `init` may be gone
  std::string keep_layers;             ///< start from these layers only, see parse_keep_layers; empty: all
  bool random_weights = false;         ///< start from weights drawn from the seed
  std::optional<PoolingMode> pooling;  ///< else the folder's
  PromptChoice prompt;                 ///< else the folder's default
  CutChoice cut;                ///< over that of `init`, else TextCut's own with the folder's truncation
  double dropout = -1;          ///< for all places; negative: what the encoder's config says
  std::string freeze = "none";  ///< see parse_freeze
};

/// The steps of a run, and the learning rate over them.
struct StepsOptions {
  size_t epochs = 3;
  size_t batch_size = 32;               ///< rows of a micro-batch; memory grows with it
  size_t grad_accumulation = 1;         ///< micro-batches of a step
  std::string mixing = "proportional";  ///< see parse_mixing
  size_t steps_per_epoch = 0;           ///< 0: as many as all training rows make
  double warmup = 0.1;                  ///< share of all steps
  Schedule schedule = Schedule::kLinear;
};

/// The losses of all tasks.
struct TrainingLoss {
  ClassWeightOptions class_weights;
  LossLaws laws;
  double label_smoothing = 0;
  std::map<std::string, double> task_weights;  ///< task → factor of its loss, 1 when absent
};

/// Texts with the probabilities of all labels, which teach a task too (soft_labels.h).
struct SoftOptions {
  std::vector<TaskFile> files = {};
  std::optional<ModelFolder> teacher = {};  ///< checkpoint that gives them to the training rows and `texts`
  std::vector<std::string> texts = {};      ///< files of texts without labels
  double weight = 1;                        ///< factor of their loss beside that of the labelled rows
  double temperature = 1;                   ///< at which teacher and student are compared, above 0
};

/// Which epoch is the best, and whether the run goes on after it.
struct SelectionOptions {
  std::string select;             ///< see Selection
  size_t patience = 0;            ///< epochs without a better score after which a run ends; 0: never
  std::optional<StopOn> stop_on;  ///< patience is per task
};

/// What a run computes on.
struct MachineOptions {
  int threads = 1;
  std::optional<DeviceKind> device;  ///< none: CUDA when there is one
  std::optional<Precision>
      precision;           ///< of the products in training, none: the faster one; evaluation is in fp32
  size_t cache_mb = 1024;  ///< for what frozen layers give, see FrozenStages
  fs::path share;          ///< folder in which runs share what frozen layers give; empty: none
  bool quiet = false;      ///< no progress
};

/// The run to go on with, and the options as text.
struct ResumeOptions {
  fs::path run;           ///< empty: a new one
  OptionValues identity;  ///< of all that shapes the result: what a resumed run must share with its beginning
  OptionValues defaults;  ///< of these options, for runs that are older than an option
  std::vector<std::string> free;  ///< names of those that a resumed run may change, for messages
};

/// All that shapes a run.
struct TrainOptions {
  DatasetOptions data;
  StartOptions start;
  StepsOptions plan;
  OptimizerOptions optimizer;
  TrainingLoss loss;
  SoftOptions soft;
  SelectionOptions selection;
  DecideOptions decide;  ///< of the best checkpoint, when training is done
  uint64_t seed = 42;    ///< of order, dropout and random starts
  PartsOptions parts;
  MachineOptions machine;
  uint64_t save_every = 0;  ///< steps between checkpoints inside an epoch, 0: none
  uint64_t stop_after = 0;  ///< epochs of the run after which to stop, 0: none; resuming goes on
  bool score_test = true;   ///< score the test part when all epochs are done
  ResumeOptions resume;
};

/// What a run would do, in numbers.
struct Outline {
  uint64_t steps_per_epoch = 0, steps = 0;
  uint64_t parameters = 0, trained = 0;  ///< all weights, and those in training
  /// A rough estimate of the memory that training takes: weights, gradients, moments, a copy for validation, the
  /// activations of the longest batch, and what libtorch itself takes.
  uint64_t bytes = 0;
};

struct TrainResult {
  bool done = false;  ///< false when `stop_after` ended it
  size_t epochs = 0;  ///< trained so far
  Outline outline = {};
  /// Of the best checkpoint: its score by `select`, and its row of metrics.csv as column and cell.
  double score = 0;
  std::vector<std::pair<std::string, std::string>> best_epoch = {};
  std::vector<Task> tasks = {};
  AllMetrics test =
      {};  ///< of the best checkpoint on the test part, where that was scored; a task may have no rows
};

}  // namespace mtnlp
