#include "train/adapt.h"

#include <optional>

#include "base/signals.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/run_options.h"
#include "cli/stored_options.h"
#include "run/run_paths.h"
#include "train/libtorch.h"

namespace mtnlp::cli {
namespace {

constexpr const char* kTable = "adapt";  ///< of options.toml

/// The command line of `mtnlp adapt`.
struct AdaptArguments {
  AdaptOptions adapt;
  ReadingArguments reading;
  std::string encoder, out, run, resume;
  bool overwrite = false;
};

void add_texts(VerbTable& verb, AdaptArguments& arguments) {
  const OptionGroup group(verb, "Data");
  CorpusOptions& corpus = arguments.adapt.corpus;
  group.list("--text", corpus.files, "FILE", "Texts to learn from, a row each; may be repeated");
  group.list("--validation", corpus.validation, "FILE",
             "Texts to validate on; may be repeated [1 % of the texts, at least 1 and at most 2,000]");
  add_reading(verb, arguments.reading, "Data");
  group.flag("--keep-going", corpus.keep_going,
             "Drop rows that cannot be read, and count them, instead of stopping at the first");
}

void add_rates(const OptionGroup& group, AdaptOptions& adapt) {
  OptimizerOptions& optimizer = adapt.optimizer;
  group.number("--lr", optimizer.lr, {0, 10},
               "Highest learning rate of the encoder; it rises in the warm-up and then falls to 0");
  group.number("--head-lr", optimizer.head_lr, {0, 10}, "Highest learning rate of the language-model head");
  add_adamw(group, optimizer, adapt.plan.warmup);
  group
      .number("--dropout", adapt.dropout, {0, 1, true},
              "Dropout rate everywhere in the encoder; 0: no dropout [the rates in its config.json]")
      .default_value = "";
}

void add_training(VerbTable& verb, AdaptOptions& adapt) {
  const OptionGroup group(verb, "Training");
  group.choice("--objective", adapt.objective, choices_of<ObjectiveKind>({"mlm", "simcse"}),
               "What is learned; mlm: to guess hidden words; simcse: to tell a text from others by its "
               "embedding, with dropout for the only difference");
  group.flag("--whole-word", adapt.whole_word, "Hide all pieces of a word, or none");
  group.number("--max-length", adapt.corpus.max_length, {8, 1'000'000},
               "Most tokens of a sequence, special ones included; short texts share one, long ones are cut");
  OptionRow& epochs = group.number("--epochs", adapt.plan.epochs, {1, 10'000}, "Passes over the texts");
  group
      .number("--steps", adapt.plan.steps, {1, 1'000'000'000'000},
              "Steps of the run, however many passes that are [as --epochs says]")
      .default_value = "";
  verb.options.back().parsed->excludes(epochs.parsed);
  group.number("--batch-size", adapt.plan.batch_size, {1, 1'000'000},
               "Sequences that go through the encoder at once; memory grows with it");
  group.number("--grad-accumulation", adapt.plan.grad_accumulation, {1, 100'000},
               "Batches whose gradients make one step (gradient accumulation)");
  add_rates(group, adapt);
  group.number("--validate-every", adapt.plan.validate_every, {0, 1'000'000'000},
               "Steps between validations, each of which gives a row of metrics.csv; 0: an epoch");
  add_seed(verb, adapt.seed, "Seed of the order of texts, of what is hidden, dropout and random weights",
           "Training");
}

void add_output(VerbTable& verb, AdaptArguments& arguments) {
  const OptionGroup group(verb, "Output");
  group.text("--out", arguments.out, "DIR", "Encoder folder to write, which must not exist").in_run =
      InRun::kFree;
  OptionRow& run =
      group.text("--run", arguments.run, "DIR",
                 "Run folder to write, with metrics.csv and checkpoints [--out with .run behind it]");
  OptionRow& overwrite =
      group.flag("--overwrite", arguments.overwrite, "Replace the run folder when it exists");
  group
      .number("--save-every", arguments.adapt.plan.save_every, {0, 1'000'000'000},
              "Steps between checkpoints, the most that a crash can cost; 0: only at validations")
      .in_run = InRun::kFree;
  OptionRow& resume = add_resume(verb, arguments.resume);
  resume.parsed->excludes(run.parsed)->excludes(overwrite.parsed);
  for (OptionRow* row : {&run, &overwrite, &resume}) row->in_run = InRun::kAbsent;
}

VerbTable& add_adapt(VerbTable& root, AdaptArguments& arguments) {
  arguments.adapt.optimizer.head_lr = arguments.adapt.optimizer.lr;
  VerbTable& verb = add_verb(root, "adapt", "Go on pretraining an encoder on texts without labels");
  OptionGroup(verb).argument("ENCODER", arguments.encoder,
                             "Encoder folder, or OWNER/NAME of the Hugging Face hub");
  OptionGroup(verb, "Model")
      .flag("--random-weights", arguments.adapt.random_weights,
            "Start from random weights; those in the encoder folder are not read");
  add_texts(verb, arguments);
  add_training(verb, arguments.adapt);
  const OptionGroup machine(verb, "Machine");
  add_threads(verb, arguments.adapt.machine.threads);
  add_device(verb, arguments.adapt.machine.device);
  machine.choice(
      "--precision", arguments.adapt.machine.precision, precision_choices(training_precisions()),
      "Number format of the matrix products; auto: bf16 where this CPU is faster in it, else fp32");
  add_output(verb, arguments);
  return verb;
}

/// Returns the options of the run. Throws Error for what is missing or not of its option's form.
AdaptOptions resolve(const AdaptArguments& arguments, const VerbTable& verb, const GlobalOptions& global) {
  const auto require = [](bool given, const char* name) {
    if (!given) fail_input(name, " is missing; see mtnlp adapt --help");
  };
  require(!arguments.encoder.empty(), "ENCODER");
  require(!arguments.adapt.corpus.files.empty(), "--text");
  require(!arguments.out.empty(), "--out");
  AdaptOptions options = arguments.adapt;
  options.encoder = arguments.encoder;
  options.corpus.rows = arguments.reading.rows();
  options.corpus.text = arguments.reading.text();
  options.out = without_slash(arguments.out);
  options.machine.quiet = global.quiet;
  options.resume.identity = identity(verb);
  require_absent(options.out);
  require_threads(2 * options.machine.threads);  // those that compute, and those that read ahead
  return options;
}

void resume_adapt(const fs::path& folder, const GlobalOptions& global, const VerbTable& given) {
  ResumedVerb<AdaptArguments> resumed(add_adapt, folder, given, kTable);
  AdaptOptions options = resolve(resumed.arguments(), resumed.verb(), global);
  options.resume = resumed.resume();
  catch_stop_signals();
  global.libtorch->adapt(options, [&] { return resumed.take(); });
}

/// Throws Error for an option that SimCSE has no use for.
void require_of_objective(const AdaptArguments& arguments, const VerbTable& verb) {
  if (arguments.adapt.objective != ObjectiveKind::kSimcse) return;
  for (const OptionRow& row : verb.options)
    if ((row.name() == "--whole-word" || row.name() == "--head-lr") && row.parsed->count() > 0)
      fail_input(row.name(), " is for --objective mlm; simcse hides no words, and has no head");
}

void run_adapt(const AdaptArguments& arguments, const GlobalOptions& global, const VerbTable& verb) {
  require_utf8(verb);
  if (!arguments.resume.empty()) return resume_adapt(arguments.resume, global, verb);
  require_of_objective(arguments, verb);
  const AdaptOptions options = resolve(arguments, verb, global);
  const fs::path run = arguments.run.empty() ? options.out.string() + ".run" : arguments.run;
  RunFolder::require_free(run, arguments.overwrite);
  catch_stop_signals();
  std::optional<ScopedLogFile> log;
  global.libtorch->adapt(options, [&] {
    RunFolder folder = RunFolder::create(run, arguments.overwrite);
    log.emplace(folder.file("train.log"));
    log_info("run folder " + run.string());
    write_file_atomic(folder.file("options.toml"), options_text(stored_options(verb), kTable));
    return folder;
  });
}

}  // namespace

Verb setup_adapt(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<AdaptArguments>();
  VerbTable& verb = add_adapt(root, *arguments);
  return {verb.app, [arguments, &global, &verb] { run_adapt(*arguments, global, verb); },
          [] { return true; }};
}

}  // namespace mtnlp::cli
