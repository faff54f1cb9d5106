#include "cli/train_options.h"

#include "base/threads.h"
#include "base/words.h"
#include "cli/prompt_options.h"
#include "run/find_encoder.h"

namespace mtnlp::cli {
namespace {

constexpr Range<double> kTaskWeights = {0, 1e6};

void add_model(VerbTable& verb, TrainOptions& train) {
  const OptionGroup group(verb, "Model");
  group.text("--encoder", train.encoder, "DIR",
             "Encoder folder, or OWNER/NAME of the Hugging Face hub, which is looked for in models/ and in "
             "the hub's cache");
  group.text("--keep-layers", train.keep_layers, "LIST",
             "Layers of the encoder to start from, such as 0,2,4, or how many, spread evenly [all]");
  group.flag("--random-weights", train.random_weights,
             "Start from random weights; those in the encoder folder are not read");
  add_pooling(verb, train.pooling, "the encoder folder's, else mean", "Model");
  add_prompt(verb, train.prompt, "Model");
  group.number("--max-length", train.max_length, {2, 1'000'000},
               "Most tokens of a text, special ones included; longer texts are cut");
  group.choice("--truncate", train.truncation, choices_of<Truncation>(truncation_names()),
               "End of a longer text that is kept; head+tail: a quarter from the start, the rest from the "
               "end [the encoder folder's, else head]");
}

void add_optimizer(const OptionGroup& group, OptimizerOptions& optimizer, double& warmup) {
  group.number("--lr", optimizer.lr, {0, 10},
               "Highest learning rate of the encoder; it rises in the warm-up and then falls to 0");
  group.number("--head-lr", optimizer.head_lr, {0, 10},
               "Highest learning rate of the heads and of a pooling that learns");
  group.number("--weight-decay", optimizer.weight_decay, {0, 10},
               "Weight decay of AdamW on matrices; biases and LayerNorms have none");
  group.number("--warmup", warmup, {0, 1, true},
               "Share of all steps that are the warm-up, in which the learning rate rises from 0");
  group.number("--clip", optimizer.clip, {0, 1e9},
               "Largest norm of the gradient, which is scaled down to it; 0: not scaled");
}

void add_training(VerbTable& verb, TrainArguments& arguments) {
  const OptionGroup group(verb, "Training");
  TrainOptions& train = arguments.train;
  group.number("--epochs", train.epochs, {1, 10'000}, "Passes over the training rows");
  group.number("--batch-size", train.batch_size, {1, 1'000'000},
               "Rows of a micro-batch, which go through the model at once; memory grows with it");
  group.number("--grad-accumulation", train.grad_accumulation, {1, 100'000},
               "Micro-batches whose gradients make one step (gradient accumulation)");
  add_optimizer(group, train.optimizer, train.warmup);
  group
      .number("--dropout", train.dropout, {0, 1, true},
              "Dropout rate everywhere in the encoder; 0: no dropout [the rates in its config.json]")
      .default_value = "";
  group.text("--freeze", train.freeze, "LIST",
             "Parts of the model that keep their weights, separated by commas: none, all, backbone, "
             "embeddings, layers:K (the lowest K and the embeddings), pooling, head:NAME");
  group.choice("--class-weights", train.class_weights, choices_of<ClassWeights>({"none", "balanced"}),
               "Weights of the classes in the loss; balanced: the rarer a class, the higher");
  group.number(
      "--label-smoothing", train.label_smoothing, {0, 1, true},
      "Share of the loss that goes to all classes alike, as label_smoothing of PyTorch's cross_entropy");
  group.list("--task-weight", arguments.task_weights, "NAME=W",
             "Factor of the loss of task NAME, 0 to 1000000; may be repeated [1]");
  add_seed(verb, train.seed, "Seed of the split, the order of rows, dropout and random weights", "Training");
}

void add_machine(VerbTable& verb, TrainOptions& train) {
  const OptionGroup group(verb, "Machine");
  add_threads(verb, train.threads);
  add_device(verb, train.device);
  group.choice("--precision", train.precision, precision_choices(training_precisions()),
               "Number format of the matrix products; auto: bf16 where this CPU is faster in it, else fp32");
  train.cache_mb = available_memory() / 4 >> 20;
  OptionRow& cache = group.number(
      "--cache-mb", train.cache_mb, {0, 1'000'000'000},
      "Memory in MB that keeps the output of frozen layers between epochs; 0: it is computed again");
  cache.default_words = "a quarter of the memory";
  cache.in_run = InRun::kFree;
}

void add_run(VerbTable& verb, TrainArguments& arguments) {
  const OptionGroup group(verb, "Output");
  OptionRow& out = group.text("--out", arguments.out, "DIR", "Run folder to write [runs/DATE-TIME]");
  OptionRow& overwrite =
      group.flag("--overwrite", arguments.overwrite, "Replace the run folder when it exists");
  group
      .number("--save-every", arguments.train.save_every, {0, 1'000'000'000},
              "Steps between checkpoints inside an epoch, the most that a crash can cost; 0: only at its end")
      .in_run = InRun::kFree;
  OptionRow& resume = group.text(
      "--resume", arguments.resume, "RUN",
      "Run folder of a run to resume, to the same end as without the stop; its options hold, only " +
          join(names_in_run(verb, InRun::kFree)) + " may change");
  resume.parsed->excludes(out.parsed)->excludes(overwrite.parsed);
  for (OptionRow* row : {&out, &overwrite, &resume}) row->in_run = InRun::kAbsent;
}

}  // namespace

VerbTable& add_train(VerbTable& root, TrainArguments& arguments) {
  VerbTable& verb = add_verb(root, "train", "Fine-tune an encoder with one head per task");
  add_data(verb, arguments.data);
  add_model(verb, arguments.train);
  add_training(verb, arguments);
  add_machine(verb, arguments.train);
  add_run(verb, arguments);
  return verb;
}

TrainOptions resolve(TrainArguments arguments, bool quiet) {
  use_embedded_data_if_none(arguments.data);
  TrainOptions options = arguments.train;
  options.data = arguments.data.dataset_options();
  options.encoder = find_encoder(options.encoder).string();
  options.quiet = quiet;
  for (auto& [task, text] : parse_pairs("--task-weight", "NAME=W", arguments.task_weights)) {
    const std::string problem = kTaskWeights.check(text);
    if (!problem.empty()) fail_input("--task-weight ", task, ": ", problem);
    options.task_weights[task] = std::stod(text);
  }
  return options;
}

}  // namespace mtnlp::cli
