// The options that verbs which train share.
#pragma once

#include <cstdint>
#include <string>

#include "cli/option_table.h"
#include "train/options.h"

namespace mtnlp::cli {

/// Where a start of training finds or makes its run, and what else is of this start alone: options.toml does not hold it.
struct RunArguments {
  std::string out;          ///< run folder to write; empty: runs/DATE-TIME
  std::string resume;       ///< run folder to resume; empty: a new run
  bool overwrite = false;   ///< replace `out` when it exists
  bool dry_run = false;     ///< say what would be done, and stop
  std::string share;        ///< folder of what runs share; empty: nothing
  bool no_test = false;     ///< leave the test part unscored
  std::string json;         ///< file for the results; "-" is standard output
  uint64_t stop_after = 0;  ///< TrainOptions::stop_after
};

/// Adds --warmup, a share of all steps, and the options of AdamW beside the learning rates: --weight-decay and --clip.
void add_adamw(const OptionGroup& group, OptimizerOptions& optimizer, double& warmup);

/// Adds --resume, of a run folder. Those options that a resumed run may change must be there already.
OptionRow& add_resume(VerbTable& verb, std::string& resume);

/// Adds the options of `run`, and --save-every. Those that a resumed run may change must be there already.
void add_run_options(VerbTable& verb, RunArguments& run, uint64_t& save_every);

}  // namespace mtnlp::cli
