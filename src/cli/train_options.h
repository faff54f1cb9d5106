// The options of `mtnlp train`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/option_groups.h"
#include "cli/run_options.h"
#include "sweep/train_call.h"
#include "train/trainer.h"

namespace mtnlp::cli {

/// The command line of `mtnlp train`; `data` and the lists are not parsed further yet.
struct TrainArguments {
  TrainOptions train;
  RunArguments run;
  DataArguments data;
  std::vector<std::string> task_weights;   ///< "NAME=W"
  std::vector<std::string> soft;           ///< "NAME=FILE"
  std::vector<std::string> class_weights;  ///< "LAW", "TASK=LAW" or "TASK:LABEL=W"
  std::string teacher;                     ///< MODEL whose answers teach; empty: none
  std::string init;                        ///< MODEL to start from; empty: `train.encoder`
  std::optional<size_t> folds;             ///< a run for each of so many folds; none: one run of all rows
};

/// Defaults of the options about the machine.
struct MachineDefaults {
  int threads = 0;      ///< 0: the CPUs that this process may use
  size_t cache_mb = 0;  ///< 0: a quarter of the memory
};

/// Adds the options that say what is trained and on what: all of `train` but those about its output.
void add_train_options(VerbTable& verb, TrainArguments& arguments, const MachineDefaults& defaults);

/// Adds those of them that are left to a student of a teacher, from which it starts.
void add_student_options(VerbTable& verb, TrainArguments& arguments);

/// Adds the verb `train`; parsing fills `arguments`.
VerbTable& add_train(VerbTable& root, TrainArguments& arguments);

/// Returns the arguments of mtnlp for `call`.
std::vector<std::string> words_of(const TrainCall& call);

/// Returns the options of training. Throws Error for a value that is not of its option's form, and for an
/// encoder that is not found. `fold` takes the place of that of the arguments.
TrainOptions resolve(TrainArguments arguments, bool quiet, const std::optional<Fold>& fold = {});

}  // namespace mtnlp::cli
