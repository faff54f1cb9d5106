// Going on with the pretraining of an encoder, on texts without labels.
#pragma once

#include <functional>
#include <string>

#include "data/text_corpus.h"
#include "run/run_folder.h"
#include "train/options.h"

namespace mtnlp {

enum class ObjectiveKind { kMaskedLm, kSimcse };

/// The steps of a run.
struct AdaptPlan {
  size_t epochs = 1;             ///< passes over the texts, unless `steps` says how long the run is
  uint64_t steps = 0;            ///< 0: as `epochs` says
  size_t batch_size = 32;        ///< sequences that go through the encoder at once
  size_t grad_accumulation = 1;  ///< such batches of a step
  double warmup = 0.1;           ///< share of all steps
  uint64_t validate_every = 0;   ///< steps between validations, each with a row of metrics.csv; 0: an epoch
  uint64_t save_every = 0;       ///< steps between checkpoints besides those at validations; 0: none
};

/// All that shapes a run of `mtnlp adapt`.
struct AdaptOptions {
  std::string encoder;          ///< folder to start from; of a resumed run only its name counts
  bool random_weights = false;  ///< start from weights drawn from `seed`
  CorpusOptions corpus;         ///< its `join`, `threads` and `quiet` follow from the fields below
  ObjectiveKind objective = ObjectiveKind::kMaskedLm;
  bool whole_word = false;  ///< MaskingOptions::whole_word
  AdaptPlan plan;
  OptimizerOptions optimizer;  ///< head_lr: of the language-model head
  double dropout = -1;         ///< for all places; negative: what the encoder's config says
  uint64_t seed = 42;          ///< of order, masks, dropout and random starts
  MachineOptions machine;
  fs::path out;  ///< encoder folder to write
  ResumeOptions resume;
};

/// Reads and checks the encoder and looks at the files, then calls `make_run` for the run folder and fills it:
/// tokens, metrics.csv, checkpoints, last; at the end it writes options.out, an encoder folder of the same
/// architecture with a language-model head (none with kSimcse), and removes the tokens. A run folder whose texts
/// turn out to be wrong is removed. Throws Stopped after writing a last checkpoint when a stop signal arrives;
/// Error for wrong input.
///
/// With `resume.run` it goes on from that run's `last` with its tokens, to the same bytes as if it had never stopped
/// (on the same machine with as many threads). Throws Error naming the first difference when an option of
/// `resume.identity` or a file of the run is not as it was.
void adapt(const AdaptOptions& options, const std::function<RunFolder()>& make_run);

}  // namespace mtnlp
