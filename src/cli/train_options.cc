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
             "Encoder folder, or OWNER/NAME of a hub's encoder that is in models/ or in the hub's cache");
  group.text("--keep-layers", train.keep_layers, "LIST",
             "Start from some of its layers: 0,2,4 or how many [all]");
  group.flag("--random-weights", train.random_weights,
             "Start from random weights instead of the encoder's; its weights are not read");
  group.choice("--pooling", train.pooling, choices_of<PoolingMode>(pooling_names()),
               "How a text's tokens become one vector [the encoder folder's, else mean]");
  add_prompt(verb, train.prompt, "Model");
  group.number("--max-length", train.max_length, {2, 1'000'000}, "Longest text in tokens");
  group.choice("--truncate", train.truncation, choices_of<Truncation>(truncation_names()),
               "What is kept of a longer text [as the encoder's folder has it, else head]");
}

void add_optimizer(const OptionGroup& group, OptimizerOptions& optimizer, double& warmup) {
  group.number("--lr", optimizer.lr, {0, 10}, "Learning rate of the encoder");
  group.number("--head-lr", optimizer.head_lr, {0, 10}, "Learning rate of the heads");
  group.number("--weight-decay", optimizer.weight_decay, {0, 10}, "Not on biases and LayerNorms");
  group.number("--warmup", warmup, {0, 1, true}, "Share of all steps with a rising learning rate");
  group.number("--clip", optimizer.clip, {0, 1e9}, "Largest norm of the gradient, 0 for none");
}

void add_training(VerbTable& verb, TrainArguments& arguments) {
  const OptionGroup group(verb, "Training");
  TrainOptions& train = arguments.train;
  group.number("--epochs", train.epochs, {1, 10'000}, "Passes over the data");
  group.number("--batch-size", train.batch_size, {1, 1'000'000}, "Rows of a micro-batch");
  group.number("--grad-accumulation", train.grad_accumulation, {1, 100'000}, "Micro-batches of a step");
  add_optimizer(group, train.optimizer, train.warmup);
  group.number("--dropout", train.dropout, {0, 1, true}, "Everywhere in the encoder [as its config says]")
      .default_value = "";
  group.text("--freeze", train.freeze, "LIST",
             "none, all, backbone, embeddings, layers:K, head:NAME; comma-separated");
  group.choice("--class-weights", train.class_weights, choices_of<ClassWeights>({"none", "balanced"}),
               "Weights of the classes in the loss");
  group.number("--label-smoothing", train.label_smoothing, {0, 1, true}, "As in PyTorch's cross_entropy");
  group.list("--task-weight", arguments.task_weights, "NAME=W", "Factor of a task's loss [1]");
  add_seed(verb, train.seed, "Of split, order, dropout and random starts", "Training");
}

void add_machine(VerbTable& verb, TrainOptions& train) {
  const OptionGroup group(verb, "Machine");
  add_threads(verb, train.threads);
  add_device(verb, train.device);
  group.choice("--precision", train.precision, precision_choices(training_precisions()),
               "Of the matrix products; auto is bf16 where this CPU is faster in it, else fp32");
  train.cache_mb = available_memory() / 4 >> 20;
  OptionRow& cache = group.number("--cache-mb", train.cache_mb, {0, 1'000'000'000},
                                  "Memory for what frozen layers give, kept between epochs");
  cache.default_words = "a quarter of the memory";
  cache.in_run = InRun::kFree;
}

void add_run(VerbTable& verb, TrainArguments& arguments) {
  const OptionGroup group(verb, "Output");
  OptionRow& out = group.text("--out", arguments.out, "DIR", "Run folder [runs/DATE-TIME]");
  OptionRow& overwrite = group.flag("--overwrite", arguments.overwrite, "Replace an existing run folder");
  group
      .number("--save-every", arguments.train.save_every, {0, 1'000'000'000},
              "Steps between checkpoints inside an epoch, 0 for none: how much a crash may cost")
      .in_run = InRun::kFree;
  OptionRow& resume = group.text(
      "--resume", arguments.resume, "RUN",
      "Go on with the run in this folder, to the same end as without the stop; its options hold, and only " +
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
