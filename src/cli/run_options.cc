#include "cli/run_options.h"

#include "base/words.h"
#include "cli/option_groups.h"

namespace mtnlp::cli {

void add_adamw(const OptionGroup& group, OptimizerOptions& optimizer, double& warmup) {
  group.number("--warmup", warmup, {0, 1, true},
               "Share of all steps that are the warm-up, in which the learning rate rises from 0");
  group.number("--weight-decay", optimizer.weight_decay, {0, 10},
               "Weight decay of AdamW on matrices; biases and LayerNorms have none");
  group.number("--clip", optimizer.clip, {0, 1e9},
               "Largest norm of the gradient, which is scaled down to it; 0: not scaled");
}

OptionRow& add_resume(VerbTable& verb, std::string& resume) {
  return OptionGroup(verb, "Output")
      .text("--resume", resume, "RUN",
            "Run folder of a run to resume, to the same end as without the stop; its options hold, only " +
                join(names_in_run(verb, InRun::kFree)) + " may change");
}

void add_run_options(VerbTable& verb, RunArguments& run, uint64_t& save_every) {
  const OptionGroup group(verb, "Output");
  OptionRow& out = group.text("--out", run.out, "DIR", "Run folder to write [runs/DATE-TIME]");
  OptionRow& overwrite = group.flag("--overwrite", run.overwrite, "Replace the run folder when it exists");
  group
      .number("--save-every", save_every, {0, 1'000'000'000},
              "Steps between checkpoints inside an epoch, the most that a crash can cost; 0: only at its end")
      .in_run = InRun::kFree;
  OptionRow& resume = add_resume(verb, run.resume);
  resume.parsed->excludes(out.parsed)->excludes(overwrite.parsed);
  OptionRow& stop =
      group.number("--stop-after", run.stop_after, {0, 10'000},
                   "Epochs of the run after which to stop; --resume goes on to the same end; 0: at "
                   "the end");
  OptionRow& share =
      group.text("--share", run.share, "DIR",
                 "Folder in which runs find what frozen layers gave in other runs on the same rows");
  OptionRow& no_test = group.flag("--no-test", run.no_test, "Leave the test part unscored");
  OptionRow& dry =
      group.flag("--dry-run", run.dry_run,
                 "Print the options, the data, the steps and an estimate of the memory, and stop");
  OptionRow& json = add_json(verb, run.json, "the results");
  dry.parsed->excludes(json.parsed);
  for (OptionRow* row : {&out, &overwrite, &resume, &stop, &share, &no_test, &dry, &json})
    row->in_run = InRun::kAbsent;
}

}  // namespace mtnlp::cli
