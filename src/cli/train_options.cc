#include "cli/train_options.h"

#include <algorithm>
#include <set>

#include "base/threads.h"
#include "base/words.h"
#include "cli/prompt_options.h"
#include "run/find_encoder.h"

namespace mtnlp::cli {
namespace {

constexpr Range<double> kWeights = {0, 1e6};

/// Reads the values of --class-weights: LAW, TASK=LAW, TASK:LABEL=W.
ClassWeightOptions parse_class_weights(const std::vector<std::string>& values) {
  const std::vector<std::string>& laws = class_weights_names();
  ClassWeightOptions options;
  std::set<std::string> names;
  for (const std::string& value : values) {
    const size_t equals = value.rfind('=');  // a label may hold others
    const bool of_all = equals == std::string::npos;
    const std::string name = of_all ? "" : value.substr(0, equals);
    std::string text = of_all ? value : value.substr(equals + 1);
    const auto law = std::ranges::find(laws, text);
    if (law != laws.end() && of_all)
      options.usual = static_cast<ClassWeights>(law - laws.begin());
    else if (law != laws.end() && !name.empty())
      options.of_task[name] = static_cast<ClassWeights>(law - laws.begin());
    else if (name.find(':') != std::string::npos && kWeights.check(text).empty())
      options.of_label[name] = std::stod(text);
    else
      fail_input("--class-weights ", shown(value), " is not ", join(laws, ", "),
                 ", TASK= with one of these, or TASK:LABEL=W with W from ", kWeights.text(),
                 did_you_mean(text, laws));
    if (!names.insert(name).second)
      fail_input("--class-weights is given twice ", name.empty() ? "for all tasks" : "for " + shown(name));
  }
  return options;
}

/// Adds the options about the model that a run starts from.
void add_start(VerbTable& verb, TrainArguments& arguments) {
  const OptionGroup group(verb, "Model");
  StartOptions& start = arguments.train.start;
  const OptionRow& encoder = group.text(
      "--encoder", start.encoder, "DIR",
      "Encoder folder, or OWNER/NAME of the Hugging Face hub, which is looked for in models/ and in "
      "the hub's cache");
  OptionRow& init =
      group.text("--init", arguments.init, "MODEL",
                 "Checkpoint or run folder to start from, instead of an encoder: encoder, pooling, "
                 "and the heads of tasks and labels of the same name; rows that the run knew keep "
                 "their part");
  group.flag("--drop-labels", start.drop_labels, "Give up labels of --init that the data lack").needs = &init;
  const OptionRow& random = group.flag("--random-weights", start.random_weights,
                                       "Start from random weights; those in the encoder folder are not read");
  init.parsed->excludes(encoder.parsed)->excludes(random.parsed);
}

void add_model(VerbTable& verb, TrainOptions& train) {
  const OptionGroup group(verb, "Model");
  group.text("--keep-layers", train.start.keep_layers, "LIST",
             "Layers of the encoder to start from, such as 0,2,4, or how many, spread evenly [all]");
  add_pooling(verb, train.start.pooling, "the model folder's, else mean", "Model");
  add_prompt(verb, train.start.prompt, "Model");
  add_cut(group, train.start.cut, ", with --init the checkpoint's");
}

void add_optimizer(const OptionGroup& group, TrainOptions& train) {
  OptimizerOptions& optimizer = train.optimizer;
  group.number("--lr", optimizer.lr, {0, 10},
               "Highest learning rate of the encoder; it rises in the warm-up, then goes by --schedule");
  group.number(
      "--layer-decay", optimizer.layer_decay, {0, 1},
      "Factor of the learning rate from a layer to the one below it, and to the embeddings; 1: one rate "
      "for the whole encoder");
  group.number("--head-lr", optimizer.head_lr, {0, 10},
               "Highest learning rate of the heads and of a pooling that learns");
  group.choice("--schedule", train.plan.schedule, choices_of<Schedule>({"linear", "cosine", "constant"}),
               "Learning rate after the warm-up: falls to 0 in a line or in half a cosine, or stays");
  add_adamw(group, optimizer, train.plan.warmup);
}

void add_mixing(const OptionGroup& group, TrainOptions& train) {
  group.text("--mixing", train.plan.mixing, "LAW",
             "Share of a file in the steps, by its n training rows: proportional, equal, temperature:T "
             "(n^(1/T)), or sequential (proportional, one file after another)");
  group.number(
      "--steps-per-epoch", train.plan.steps_per_epoch, {0, 1'000'000},
      "Steps of an epoch; a file with too few rows for its share begins again; 0: as many as one pass "
      "over all rows has");
}

void add_selection(const OptionGroup& group, TrainOptions& train) {
  group.text(
      "--select", train.selection.select, "FIGURE",
      "Figure of the validation part that chooses the best epoch, as its mean over the tasks or as "
      "TASK.FIGURE: loss, macro_f1, macro_recall, accuracy; of multilabel tasks average_precision, micro_f1, "
      "sample_f1; of regression r2, pearson, spearman [macro_f1, average_precision, r2]");
  const OptionRow& patience =
      group.number("--patience", train.selection.patience, {0, 10'000},
                   "Epochs without a better figure after which the run ends; 0: it goes to its end");
  group
      .choice(
          "--stop-on", train.selection.stop_on, choices_of<StopOn>({"all", "any"}),
          "Tasks that must each be without a better figure for --patience epochs [the mean over the tasks "
          "counts]")
      .needs = &patience;
}

/// Adds the options of tasks that do not have one label of several.
void add_kinds(const OptionGroup& group, TrainOptions& train) {
  group.choice(
      "--positive-weights", train.loss.laws.positive_weights,
      choices_of<PositiveWeights>({"none", "balanced"}),
      "Weight of a row that has a label in the loss of multilabel tasks; balanced: rows without the label "
      "for one with it");
  const auto check = [](std::string& text) -> std::string {
    const auto rule = parse_threshold_rule(text);
    if (!rule) return shown(text) + " is not valid; valid are f1, and precision:P with P above 0 up to 1";
    text = threshold_rule_text(*rule);
    return "";
  };
  group
      .parsed(
          "--label-threshold",
          [&train](const std::string& text) {
            train.decide.label_threshold = parse_threshold_rule(text).value();
          },
          check, "f1|precision:P",
          "Probability from which a label of a multilabel task is given, chosen for each on the validation "
          "part: by "
          "the largest F1, or the largest recall with the precision P")
      .default_value = threshold_rule_text(train.decide.label_threshold);
  group.choice(
      "--number-loss", train.loss.laws.number, choices_of<NumberLoss>({"mse", "huber"}),
      "Loss of regression tasks, in deviations of the training rows; huber: beyond 1 the absolute error "
      "counts");
}

void add_training(VerbTable& verb, TrainArguments& arguments) {
  const OptionGroup group(verb, "Training");
  TrainOptions& train = arguments.train;
  group.number("--epochs", train.plan.epochs, {1, 10'000}, "Passes over the training rows");
  group.number("--batch-size", train.plan.batch_size, {1, 1'000'000},
               "Rows of a micro-batch, which go through the model at once; memory grows with it");
  group.number("--grad-accumulation", train.plan.grad_accumulation, {1, 100'000},
               "Micro-batches whose gradients make one step (gradient accumulation)");
  add_mixing(group, train);
  add_optimizer(group, train);
  group
      .number("--dropout", train.start.dropout, {0, 1, true},
              "Dropout rate everywhere in the encoder; 0: no dropout [the rates in its config.json]")
      .default_value = "";
  group.text("--freeze", train.start.freeze, "LIST",
             "Parts of the model that keep their weights, separated by commas: none, all, backbone, "
             "embeddings, layers:K (the lowest K and the embeddings), pooling, head:NAME");
  OptionRow& classes = group.list(
      "--class-weights", arguments.class_weights,
      "[TASK=]" + join(class_weights_names(), "|") + ", TASK:LABEL=W",
      "Weights of the classes in the loss, of all tasks or of TASK; balanced: the rarer a class, the higher, "
      "sqrt: the roots of these; W: that of one class, 0 to 1000000; may be repeated");
  classes.default_value = "none";
  classes.choices = class_weights_names();
  group.number(
      "--label-smoothing", train.loss.label_smoothing, {0, 1, true},
      "Share of the loss that goes to all classes alike, as label_smoothing of PyTorch's cross_entropy");
  add_kinds(group, train);
  group.list("--task-weight", arguments.task_weights, "NAME=W",
             "Factor of the loss of task NAME, 0 to 1000000; may be repeated [1]");
  add_selection(group, train);
  group.choice(
      "--decide", train.decide.aim, decide_choices(),
      "What decisions aim at: accuracy; balanced: equal recall of the labels, by a shift of the logits "
      "against the shares of the labels in training, as far as validation wants it");
  group.choice("--calibrate", train.decide.calibrate, choices_of<Calibrate>({"none", "temperature"}),
               "What makes the probabilities of the best checkpoint true; temperature: a divisor of the "
               "logits, fitted on validation");
  add_seed(verb, train.seed, "Seed of the order of rows, dropout and random weights", "Training");
  group.number("--split-seed", train.parts.seed, {0, kLargestSeed},
               "Seed of the split and of --limit [--seed]");
}

/// Adds the options about who teaches besides the labels.
void add_teachers(VerbTable& verb, TrainArguments& arguments) {
  const OptionGroup group(verb, "Training");
  group.list("--soft", arguments.soft, "NAME=FILE",
             "Texts with the probability of each label of task NAME, or with its number, as predict "
             "--all-probabilities writes them; each step also trains on as many of these; may be repeated");
  group.text("--teacher", arguments.teacher, "MODEL",
             "Checkpoint or run folder that gives the training rows, and --text, such answers [none]");
}

/// Adds the options about what is learned besides the labels.
void add_lessons(VerbTable& verb, SoftOptions& soft) {
  const OptionGroup group(verb, "Training");
  group.list("--text", soft.texts, "FILE",
             "Texts without labels for the teacher to answer; validation and test texts among them are left "
             "out; may be repeated [none]");
  group.number("--soft-weight", soft.weight, {0, 1e6},
               "Factor of the loss of what teachers answer beside that of the labels");
  group.number("--soft-temperature", soft.temperature, {0.01, 100},
               "Temperature at which the probabilities of a teacher and those of the model are compared; "
               "above 1 those of unlikely labels count more");
}

void add_machine(VerbTable& verb, TrainOptions& train, const MachineDefaults& defaults) {
  const OptionGroup group(verb, "Machine");
  add_threads(verb, train.machine.threads, defaults.threads);
  add_device(verb, train.machine.device);
  group.choice("--precision", train.machine.precision, precision_choices(training_precisions()),
               "Number format of the matrix products; auto: bf16 where this CPU is faster in it, else fp32");
  train.machine.cache_mb = defaults.cache_mb > 0 ? defaults.cache_mb : available_memory() / 4 >> 20;
  OptionRow& cache = group.number(
      "--cache-mb", train.machine.cache_mb, {0, 1'000'000'000},
      "Memory in MB that keeps the output of frozen layers between epochs; 0: it is computed again");
  if (defaults.cache_mb == 0) cache.default_words = "a quarter of the memory";
  cache.in_run = InRun::kFree;
}

/// Throws Error for options about soft labels where there are none, or that say what the task says.
void require_effect(const SoftOptions& soft) {
  const SoftOptions usual;
  if (soft.files.empty() && !soft.teacher)
    for (const auto& [name, is_usual] :
         {std::pair{"--soft-weight", soft.weight == usual.weight},
          std::pair{"--soft-temperature", soft.temperature == usual.temperature}})
      if (!is_usual) fail_input(name, " needs --soft or --teacher, which give soft labels");
  for (const TaskFile& file : soft.files)
    if (file.kind != nullptr)
      fail_input("--soft ", shown(file.task), ": the kind of a task stands behind its --task alone");
}

void add_fold(VerbTable& verb, TrainOptions& train) {
  const auto check = [](std::string& text) -> std::string {
    const std::optional<Fold> fold = parse_fold(text);
    if (!fold)
      return str(shown(text), " is not valid; valid are I/K, such as 2/5, with K from 2 to ", kMostFolds,
                 " and I from 1 to K");
    text = fold_text(*fold);
    return "";
  };
  OptionGroup(verb, "Data")
      .parsed(
          "--fold", [&train](const std::string& text) { train.parts.fold = parse_fold(text); }, check, "I/K",
          "Fold that is held out as the test part, of K folds of the --task files; of the other rows 15 % "
          "are "
          "the validation part [the rows are split 70, 15, 15]");
}

void add_k_fold(VerbTable& verb, TrainArguments& arguments) {
  OptionRow& folds = OptionGroup(verb, "Data")
                         .number("--k-fold", arguments.folds, {2, kMostFolds},
                                 "Folds of the --task files: a run for each, which holds it out, and the "
                                 "figures of all rows by the run that has not seen them, in the folder "
                                 "--out, which --resume takes too");
  for (const char* name : {"--overwrite", "--resume", "--stop-after", "--share", "--no-test"})
    folds.parsed->excludes(verb.app->get_option(name));
  folds.in_run = InRun::kAbsent;
}

}  // namespace

void add_train_options(VerbTable& verb, TrainArguments& arguments, const MachineDefaults& defaults) {
  add_data(verb, arguments.data);
  add_start(verb, arguments);
  add_model(verb, arguments.train);
  add_training(verb, arguments);
  add_teachers(verb, arguments);
  add_lessons(verb, arguments.train.soft);
  add_machine(verb, arguments.train, defaults);
}

void add_student_options(VerbTable& verb, TrainArguments& arguments) {
  add_data(verb, arguments.data);
  add_model(verb, arguments.train);
  add_training(verb, arguments);
  add_lessons(verb, arguments.train.soft);
  add_machine(verb, arguments.train, {});
}

VerbTable& add_train(VerbTable& root, TrainArguments& arguments) {
  VerbTable& verb = add_verb(root, "train", "Fine-tune an encoder with one head per task");
  add_train_options(verb, arguments, {});
  add_fold(verb, arguments.train);
  add_run_options(verb, arguments.run, arguments.train.save_every);
  add_k_fold(verb, arguments);
  return verb;
}

std::vector<std::string> words_of(const TrainCall& call) {
  if (call.dry_run) return {"train", "--config", call.options.string(), "--dry-run", "--quiet"};
  std::vector<std::string> words = {"train", "--json", call.results.string()};
  const auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
  if (!call.shared.empty()) add({"--share", call.shared.string()});
  if (call.resume) {
    add({"--resume", call.run.string()});
  } else {
    add({"--config", call.options.string(), "--out", call.run.string(), "--overwrite"});
    if (call.fold) add({"--fold", fold_text(*call.fold)});
  }
  if (call.stop_after > 0) add({"--stop-after", str(call.stop_after)});
  if (!call.score_test) add({"--no-test"});
  return words;
}

TrainOptions resolve(TrainArguments arguments, bool quiet, const std::optional<Fold>& fold) {
  use_embedded_data_if_none(arguments.data);
  TrainOptions options = arguments.train;
  if (fold) options.parts.fold = fold;
  options.data = arguments.data.dataset_options();
  if (options.parts.fold && !options.data.test.empty())
    fail_input("--test cannot be given where a fold is the test part");
  if (arguments.init.empty()) {
    options.start.encoder = find_encoder(options.start.encoder).string();
  } else {
    options.start.init = resolve_model(arguments.init);
    options.start.encoder = options.start.init->path().string();
  }
  options.machine.quiet = quiet;
  options.soft.files = task_files("--soft", arguments.soft);
  if (!arguments.teacher.empty())
    options.soft.teacher = resolve_model(arguments.teacher);
  else if (!options.soft.texts.empty())
    fail_input("--text needs --teacher MODEL, which answers the texts");
  require_effect(options.soft);
  options.loss.class_weights = parse_class_weights(arguments.class_weights);
  for (auto& [task, text] : parse_pairs("--task-weight", "NAME=W", arguments.task_weights)) {
    const std::string problem = kWeights.check(text);
    if (!problem.empty()) fail_input("--task-weight ", task, ": ", problem);
    options.loss.task_weights[task] = std::stod(text);
  }
  return options;
}

}  // namespace mtnlp::cli
