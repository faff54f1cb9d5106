#include <algorithm>
#include <optional>
#include <sstream>

#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "mtnlp/base/signals.h"
#include "mtnlp/base/suggest.h"
#include "mtnlp/base/threads.h"
#include "mtnlp/report/tables.h"
#include "mtnlp/train/run_state.h"
#include "mtnlp/train/trainer.h"

namespace mtnlp::cli {
namespace {

struct TrainArguments {
  TrainOptions train;
  DataArguments data;
  std::string pooling, truncation = "head";
  std::vector<std::string> task_weights;
  std::string out, resume;
  bool overwrite = false;
};

TrainOptions resolve(TrainArguments arguments, bool quiet) {
  use_embedded_data_if_none(arguments.data);
  TrainOptions options = arguments.train;
  options.data = arguments.data.dataset_options();
  options.encoder = resource_path(options.encoder).string();
  if (!arguments.pooling.empty()) options.pooling = parse_pooling(arguments.pooling);
  options.truncation = parse_truncation(arguments.truncation);
  options.quiet = quiet;
  for (const auto& [task, text] : parse_pairs("--task-weight", arguments.task_weights)) {
    const std::string problem = in_range(0.0, 1e6)(text);
    if (!problem.empty()) fail_input("--task-weight ", task, ": ", problem);
    options.task_weights[task] = std::stod(text);
  }
  return options;
}

/// options.toml: all options as resolved; those without a value, and flags that are not set, are left out.
std::string options_toml(const CLI::App& app) {
  std::istringstream in(app.config_to_str(/*default_also=*/true));
  std::string text = "[train]\n";
  for (std::string line; std::getline(in, line);)
    if (!line.ends_with("=\"\"") && !line.ends_with("=[]") && !line.ends_with("=false")) text += line + "\n";
  return text;
}

/// Option → values as text, of all options that shape the result.
std::map<std::string, std::string> identity(const CLI::App& verb) {
  std::map<std::string, std::string> values;
  for (const CLI::Option* option : verb.get_options()) {
    const std::string name = option->get_name();
    if (!option->get_configurable() || std::ranges::find(kFreeOptions, name) != kFreeOptions.end()) continue;
    const std::string value = option->count() > 0 ? join(option->results(), " ") : option->get_default_str();
    if (!value.empty()) values[name] = value;
  }
  return values;
}

CLI::App* define_train(CLI::App& app, TrainArguments& arguments);

/// `train` with the options of a file, and the `words` of a command line over them.
class StoredOptions {
 public:
  explicit StoredOptions(const fs::path& file, const std::vector<std::string>& words = {}) {
    app_.set_config("--config");
    app_.allow_config_extras(CLI::config_extras_mode::error);
    verb_ = define_train(app_, arguments_);
    require_file(file);
    std::vector<std::string> line = {"mtnlp", "--config", file.string(), "train"};
    line.insert(line.end(), words.begin(), words.end());
    std::vector<const char*> argv(line.size());
    std::ranges::transform(line, argv.begin(), [](const std::string& word) { return word.c_str(); });
    try {
      app_.parse(static_cast<int>(argv.size()), argv.data());
    } catch (const CLI::ParseError& error) {
      fail_input(file.string(), ": ", error.what());
    }
  }
  const TrainArguments& arguments() const { return arguments_; }
  const CLI::App& verb() const { return *verb_; }

 private:
  CLI::App app_;
  TrainArguments arguments_;
  CLI::App* verb_;
};

/// The options that a command line gave, as words to parse again.
std::vector<std::string> given_words(const CLI::App& verb) {
  std::vector<std::string> words;
  for (const CLI::Option* option : verb.get_options())
    if (option->count() > 0 && option->get_configurable())
      for (const std::string& value : option->results()) words.push_back(option->get_name() + "=" + value);
  return words;
}

void report(const TrainResult& result, const GlobalOptions& global) {
  if (!global.quiet)
    std::cout << metrics_table(result.tasks, result.test, "test part, best checkpoint") << std::flush;
}

void resume_train(const fs::path& folder, const GlobalOptions& global, const CLI::App& given) {
  RunFolder run = RunFolder::go_on(folder);
  const StoredOptions stored(run.file("options.toml")), now(run.file("options.toml"), given_words(given));
  require_same_options(identity(stored.verb()), identity(now.verb()));
  TrainOptions options = resolve(now.arguments(), global.quiet);
  options.identity = identity(now.verb());
  options.resume = run.path();
  use_threads(options.threads);
  catch_stop_signals();

  std::optional<ScopedLogFile> log;
  const auto take_run = [&] {
    run.remove_leftovers();
    log.emplace(run.file("train.log"), /*append=*/true);
    log_info("resumes the run folder " + run.path().string());
    run.link_latest();
    return run;
  };
  report(train(options, take_run), global);
}

void run_train(const TrainArguments& arguments, const GlobalOptions& global, const CLI::App& verb) {
  if (!arguments.resume.empty()) return resume_train(arguments.resume, global, verb);
  TrainOptions options = resolve(arguments, global.quiet);
  options.identity = identity(verb);
  const fs::path out = arguments.out.empty() ? RunFolder::default_path() : fs::path(arguments.out);
  RunFolder::require_free(out, arguments.overwrite);
  use_threads(options.threads);
  catch_stop_signals();

  std::optional<ScopedLogFile> log;
  const auto make_run = [&] {
    RunFolder run = RunFolder::create(out, arguments.overwrite);
    log.emplace(run.file("train.log"));
    log_info("run folder " + run.path().string());
    write_file_atomic(run.file("options.toml"), options_toml(verb));
    run.link_latest();
    return run;
  };
  report(train(options, make_run), global);
}

CLI::App* define_train(CLI::App& app, TrainArguments& arguments) {
  CLI::App* verb = app.add_subcommand("train", "Fine-tune an encoder with one head per task");
  verb->configurable();
  TrainOptions& train = arguments.train;
  DataArguments& data = arguments.data;

  const auto option = [&](const char* group, const std::string& name, auto& value, const std::string& about) {
    return verb->add_option(name, value, about)->group(group);
  };
  const auto number = [&](const char* group, const std::string& name, auto& value, const std::string& about,
                          const CLI::Validator& range) {
    return option(group, name, value, about)->check(range)->capture_default_str();
  };
  add_data(*verb, data);

  option("Model", "--encoder", train.encoder, "Encoder folder")->type_name("DIR")->capture_default_str();
  option("Model", "--keep-layers", train.keep_layers,
         "Start from some of its layers: 0,2,4 or how many [all]")
      ->type_name("LIST");
  verb->add_flag("--random-weights", train.random_weights,
                 "Start from random weights instead of the encoder's; its weights are not read")
      ->group("Model");
  option("Model", "--pooling", arguments.pooling,
         "How a text's tokens become one vector [the encoder folder's, else mean]")
      ->check(one_of(pooling_names()));
  add_prompt(*verb, train.prompt, "Model");
  number("Model", "--max-length", train.max_length, "Longest text in tokens", in_range<size_t>(2, 1'000'000));
  option("Model", "--truncate", arguments.truncation, "What is kept of a longer text")
      ->check(one_of(truncation_names()))
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
      ->type_name("LIST")
      ->capture_default_str();
  option("Training", "--class-weights", train.class_weights, "Weights of the classes in the loss")
      ->check(one_of({"none", "balanced"}))
      ->capture_default_str();
  number("Training", "--label-smoothing", train.label_smoothing, "As in PyTorch's cross_entropy",
         in_range(0.0, 1.0, true));
  option("Training", "--task-weight", arguments.task_weights, "Factor of a task's loss [1]")
      ->type_name("NAME=W");
  add_seed(*verb, train.seed, "Of split, order, dropout and random starts", "Training");

  add_threads(*verb, train.threads);
  add_device(*verb, train.device);
  option("Machine", "--precision", train.precision,
         "Of the matrix products; auto is bf16 where this CPU is faster in it, else fp32")
      ->check(one_of(training_precisions()))
      ->capture_default_str();
  train.cache_mb = available_memory() / 4 >> 20;
  number("Machine", "--cache-mb", train.cache_mb, "Memory for what frozen layers give, kept between epochs",
         in_range<size_t>(0, 1'000'000'000));
  CLI::Option* out = option("Output", "--out", arguments.out, "Run folder [runs/DATE-TIME]")
                         ->type_name("DIR")
                         ->configurable(false);
  CLI::Option* overwrite =
      verb->add_flag("--overwrite", arguments.overwrite, "Replace an existing run folder")
          ->group("Output")
          ->configurable(false);
  number("Output", "--save-every", train.save_every,
         "Steps between checkpoints inside an epoch, 0 for none: how much a crash may cost",
         in_range<uint64_t>(0, 1'000'000'000));
  option(
      "Output", "--resume", arguments.resume,
      "Go on with the run in this folder, to the same end as without the stop; its options hold, and only " +
          join({kFreeOptions.begin(), kFreeOptions.end()}) + " may change")
      ->type_name("RUN")
      ->excludes(out)
      ->excludes(overwrite)
      ->configurable(false);
  return verb;
}

}  // namespace

Verb setup_train(CLI::App& app, const GlobalOptions& global) {
  auto arguments = std::make_shared<TrainArguments>();
  CLI::App* verb = define_train(app, *arguments);
  return {verb, [arguments, &global, verb] { run_train(*arguments, global, *verb); }};
}

}  // namespace mtnlp::cli
