#include <optional>
#include <sstream>

#include "cli/cli.h"
#include "cli/option_groups.h"
#include "mtnlp/base/signals.h"
#include "mtnlp/base/threads.h"
#include "mtnlp/report/tables.h"
#include "mtnlp/train/trainer.h"

namespace mtnlp::cli {
namespace {

struct TrainArguments {
  TrainOptions train;
  DataArguments data;
  std::string pooling = "mean", truncation = "head";
  std::vector<std::string> task_weights;
  std::string out;
  bool overwrite = false;
};

/// The embedded data when no --task is given; their groups keep forms and words of the test part out of
/// training.
void use_embedded_data(DataArguments& data) {
  for (const char* name : {"topic", "sentiment"})
    data.tasks.push_back(str(name, "=", resource_path(str("data/", name, ".csv")).string()));
  if (data.group_column.empty()) data.group_column = "group";
}

TrainOptions resolve(TrainArguments arguments, bool quiet) {
  if (arguments.data.tasks.empty()) use_embedded_data(arguments.data);
  TrainOptions options = arguments.train;
  options.data = arguments.data.dataset_options();
  options.encoder = resource_path(options.encoder).string();
  options.pooling = parse_pooling(arguments.pooling);
  options.truncation = parse_truncation(arguments.truncation);
  options.quiet = quiet;
  for (const auto& [task, text] : parse_pairs("--task-weight", arguments.task_weights)) {
    const std::string problem = in_range(0.0, 1e6)(text);
    if (!problem.empty()) fail_input("--task-weight ", task, ": ", problem);
    options.task_weights[task] = std::stod(text);
  }
  return options;
}

/// options.toml: all options as resolved; those without a value are left out.
std::string options_toml(const CLI::App& app) {
  std::istringstream in(app.config_to_str(/*default_also=*/true));
  std::string text = "[train]\n";
  for (std::string line; std::getline(in, line);)
    if (!line.ends_with("=\"\"") && !line.ends_with("=[]")) text += line + "\n";
  return text;
}

void run_train(const TrainArguments& arguments, const GlobalOptions& global, const CLI::App& app) {
  const TrainOptions options = resolve(arguments, global.quiet);
  const fs::path out = arguments.out.empty() ? RunFolder::default_path() : fs::path(arguments.out);
  RunFolder::require_free(out, arguments.overwrite);
  use_threads(options.threads);
  catch_stop_signals();

  std::optional<ScopedLogFile> log;
  const auto make_run = [&] {
    RunFolder run = RunFolder::create(out, arguments.overwrite);
    log.emplace(run.file("train.log"));
    log_info("run folder " + run.path().string());
    write_file_atomic(run.file("options.toml"), options_toml(app));
    run.link_latest();
    return run;
  };
  const TrainResult result = train(options, make_run);
  if (!global.quiet)
    std::cout << metrics_table(result.tasks, result.test, "test part, best checkpoint") << std::flush;
}

}  // namespace

Verb setup_train(CLI::App& app, const GlobalOptions& global) {
  auto arguments = std::make_shared<TrainArguments>();
  CLI::App* verb = app.add_subcommand("train", "Fine-tune an encoder with one head per task");
  verb->configurable();
  TrainOptions& train = arguments->train;
  DataArguments& data = arguments->data;

  const auto option = [&](const char* group, const std::string& name, auto& value, const std::string& about) {
    return verb->add_option(name, value, about)->group(group);
  };
  const auto number = [&](const char* group, const std::string& name, auto& value, const std::string& about,
                          const CLI::Validator& range) {
    return option(group, name, value, about)->check(range)->capture_default_str();
  };
  option("Data", "--task", data.tasks,
         "NAME=FILE, labelled rows to be split; may be repeated [embedded data]");
  option("Data", "--validation", data.validation, "NAME=FILE, given validation rows");
  option("Data", "--test", data.test, "NAME=FILE, given test rows");
  option("Data", "--limit", data.limits, "NAME=ROWS, use so many rows of the task's files");
  option("Data", "--text-column", data.text_column, "Column that holds the text")->capture_default_str();
  option("Data", "--label-column", data.label_columns, "NAME=COLUMN [label, else NAME]");
  option("Data", "--group-column", data.group_column, "Rows of one group stay in one part [the text itself]");
  option("Data", "--labels", data.labels, "NAME=a,b,c: the labels and their order [sorted]");

  option("Model", "--encoder", train.encoder, "Encoder folder")->capture_default_str();
  option("Model", "--pooling", arguments->pooling, "mean, cls or max")
      ->check(CLI::IsMember(pooling_names()))
      ->capture_default_str();
  number("Model", "--max-length", train.max_length, "Longest text in tokens", in_range<size_t>(2, 1'000'000));
  option("Model", "--truncate", arguments->truncation,
         "What is kept of a longer text: head, tail or head+tail")
      ->check(CLI::IsMember(truncation_names()))
      ->capture_default_str();

  number("Training", "--epochs", train.epochs, "Passes over the data", in_range<size_t>(1, 10'000));
  number("Training", "--batch-size", train.batch_size, "Rows of a micro-batch",
         in_range<size_t>(1, 1'000'000));
  number("Training", "--grad-accumulation", train.grad_accumulation, "Micro-batches of a step",
         in_range<size_t>(1, 100'000));
  number("Training", "--lr", train.optimizer.lr, "Learning rate of the encoder", in_range(0.0, 10.0));
  number("Training", "--head-lr", train.optimizer.head_lr, "Learning rate of the heads", in_range(0.0, 10.0));
  number("Training", "--weight-decay", train.optimizer.weight_decay, "Not on biases and LayerNorms",
         in_range(0.0, 10.0));
  number("Training", "--warmup", train.warmup, "Share of all steps with a rising learning rate",
         in_range(0.0, 1.0, true));
  number("Training", "--clip", train.optimizer.clip, "Largest norm of the gradient, 0 for none",
         in_range(0.0, 1e9));
  option("Training", "--dropout", train.dropout, "Everywhere in the encoder [as its config says]")
      ->check(in_range(0.0, 1.0, true));
  option("Training", "--freeze", train.freeze,
         "none, all, backbone, embeddings, layers:K, head:NAME; comma-separated")
      ->capture_default_str();
  option("Training", "--class-weights", train.class_weights, "none or balanced")
      ->check(CLI::IsMember({"none", "balanced"}))
      ->capture_default_str();
  number("Training", "--label-smoothing", train.label_smoothing, "As in PyTorch's cross_entropy",
         in_range(0.0, 1.0, true));
  option("Training", "--task-weight", arguments->task_weights, "NAME=W, factor of a task's loss [1]");
  number("Training", "--seed", train.seed, "Of split, order, dropout and random starts",
         in_range<uint64_t>(0, 9'007'199'254'740'992));

  add_threads(*verb, train.threads);
  add_device(*verb, train.device);
  option("Output", "--out", arguments->out, "Run folder [runs/DATE-TIME]")->configurable(false);
  verb->add_flag("--overwrite", arguments->overwrite, "Replace an existing run folder")
      ->group("Output")
      ->configurable(false);
  return {verb, [arguments, &global, verb] { run_train(*arguments, global, *verb); }};
}

}  // namespace mtnlp::cli
