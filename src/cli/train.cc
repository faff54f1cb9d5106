#include <algorithm>
#include <optional>
#include <set>

#include "base/printable.h"
#include "base/signals.h"
#include "base/suggest.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "report/tables.h"
#include "run/options_file.h"
#include "text/unicode.h"
#include "train/run_state.h"
#include "train/trainer.h"

namespace mtnlp::cli {
namespace {

struct TrainArguments {
  TrainOptions train;
  DataArguments data;
  std::string pooling, truncation;
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
  if (!arguments.truncation.empty()) options.truncation = parse_truncation(arguments.truncation);
  options.quiet = quiet;
  for (const auto& [task, text] : parse_pairs("--task-weight", arguments.task_weights)) {
    const std::string problem = in_range(0.0, 1e6)(text);
    if (!problem.empty()) fail_input("--task-weight ", task, ": ", problem);
    options.task_weights[task] = std::stod(text);
  }
  return options;
}

bool is_stored(const CLI::Option& option) {
  return option.get_configurable() && !option.get_lnames().empty();
}

/// None when the option has no default.
std::vector<std::string> default_of(const CLI::Option& option) {
  const std::string& value = option.get_default_str();
  return value.empty() ? std::vector<std::string>() : std::vector{value};
}

/// The values of an option as text, or its default; none when it has neither.
std::vector<std::string> values_of(const CLI::Option& option) {
  return option.count() > 0 ? option.results() : default_of(option);
}

/// What options.toml holds: all options as resolved; those without a value are left out.
std::vector<StoredOption> stored_options(const CLI::App& verb) {
  std::vector<StoredOption> stored;
  for (const CLI::Option* option : verb.get_options())
    if (is_stored(*option)) stored.push_back({option->get_lnames()[0], values_of(*option)});
  return stored;
}

/// All options that shape the result; of their defaults alone for `given` false.
OptionValues identity(const CLI::App& verb, bool given = true) {
  OptionValues identity;
  for (const CLI::Option* option : verb.get_options()) {
    const std::string name = option->get_name();
    if (!is_stored(*option) || std::ranges::find(kFreeOptions, name) != kFreeOptions.end()) continue;
    const std::vector<std::string> values = given ? values_of(*option) : default_of(*option);
    const bool is_flag = option->get_items_expected_max() == 0;
    if (!values.empty() && !(is_flag && values[0] == "false")) identity[name] = values;
  }
  return identity;
}

/// Gives the options of `verb` that the command line did not give the values of the file.
void take_options(CLI::App& verb, const fs::path& file) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    if (is_stored(*option)) names.push_back(option->get_lnames()[0]);
  std::set<const CLI::Option*> given;
  for (const CLI::Option* option : verb.get_options())
    if (option->count() > 0) given.insert(option);
  for (const StoredOption& stored : read_options(file)) {
    const std::string place = str(file.string(), ":", stored.line, ": "), name = shortened(stored.name, 60);
    if (std::ranges::find(names, stored.name) == names.end())
      fail_input(place, "unknown option ", name, did_you_mean(name, names));
    CLI::Option& option = *verb.get_option("--" + stored.name);
    const auto is_given = [&](const CLI::Option* other) { return given.contains(other); };
    if (is_given(&option) || std::ranges::any_of(option.get_excludes(), is_given)) continue;
    if (stored.values.size() > 1 && option.get_items_expected_max() <= 1)
      fail_input(place, name, " has ", stored.values.size(), " values; it takes one");
    if (stored.values.empty()) continue;
    try {
      for (const std::string& value : stored.values) option.add_result(value);
      option.run_callback();
    } catch (const CLI::ParseError& error) {
      fail_input(place, problem_of(error));
    }
  }
}

/// An options.toml could not hold other bytes.
void require_utf8(const CLI::App& verb) {
  for (const CLI::Option* option : verb.get_options())
    for (const std::string& value : option->results())
      if (is_stored(*option) && !is_valid_utf8(value))
        fail_input(option->get_name(), " ", shortened(printable(value), 200),
                   ": is not UTF-8, as all names of files, columns, tasks and labels must be");
}

CLI::App* define_train(CLI::App& app, TrainArguments& arguments);

/// `train` with the options of a file, and those that `given` got from a command line over them.
class StoredOptions {
 public:
  explicit StoredOptions(const fs::path& file, const CLI::App* given = nullptr) {
    verb_ = define_train(app_, arguments_);
    if (given != nullptr) take_given(*given);
    take_options(*verb_, file);
  }
  const TrainArguments& arguments() const { return arguments_; }
  const CLI::App& verb() const { return *verb_; }

 private:
  void take_given(const CLI::App& given) {
    for (const CLI::Option* option : given.get_options()) {
      if (option->count() == 0 || !is_stored(*option)) continue;
      CLI::Option& ours = *verb_->get_option(option->get_name());
      for (const std::string& value : option->results()) ours.add_result(value);
      ours.run_callback();
    }
  }

  CLI::App app_;
  TrainArguments arguments_;
  CLI::App* verb_;
};

void report(const TrainResult& result, const GlobalOptions& global) {
  if (!global.quiet)
    std::cout << metrics_table(result.tasks, result.test, "test part, best checkpoint") << std::flush;
}

void resume_train(const fs::path& folder, const GlobalOptions& global, const CLI::App& given) {
  RunFolder run = RunFolder::go_on(folder);
  if (read_options(run.file("options.toml")).empty())
    fail_input(run.file("options.toml").string(), ": holds no options, and a run goes on with its own");
  const StoredOptions stored(run.file("options.toml")), now(run.file("options.toml"), &given);
  require_same_options(identity(stored.verb()), identity(now.verb()));
  TrainOptions options = resolve(now.arguments(), global.quiet);
  options.identity = identity(now.verb());
  options.defaults = identity(now.verb(), /*given=*/false);
  options.resume = run.path();
  require_threads(2 * options.threads);  // those that compute, and those that read ahead
  if (global.catch_signals) catch_stop_signals();

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

/// Throws Error when --overwrite would remove what the run is made from.
void require_outside(const fs::path& out, const TrainOptions& options) {
  std::error_code error;
  const fs::path run = fs::weakly_canonical(out, error);
  std::vector<fs::path> inputs = {options.encoder};
  for (const auto* files : {&options.data.files, &options.data.validation, &options.data.test})
    for (const TaskFile& file : *files) inputs.emplace_back(file.file);
  for (const fs::path& input : inputs)
    if (const fs::path relative = fs::weakly_canonical(input, error).lexically_relative(run);
        !relative.empty() && *relative.begin() != "..")
      fail_input(input.string(), ": lies in ", out.string(), ", which --overwrite would remove");
}

void run_train(const TrainArguments& arguments, const GlobalOptions& global, CLI::App& verb) {
  require_utf8(verb);
  if (!arguments.resume.empty()) {
    if (!global.config.empty()) fail_input("--resume and --config: a resumed run has its own options");
    return resume_train(arguments.resume, global, verb);
  }
  if (!global.config.empty()) take_options(verb, global.config);
  TrainOptions options = resolve(arguments, global.quiet);
  options.identity = identity(verb);
  const fs::path out = arguments.out;
  if (!out.empty()) RunFolder::require_free(out, arguments.overwrite);
  if (arguments.overwrite) require_outside(out, options);
  require_threads(2 * options.threads);  // those that compute, and those that read ahead
  if (global.catch_signals) catch_stop_signals();

  std::optional<ScopedLogFile> log;
  const auto make_run = [&] {
    RunFolder run = out.empty() ? RunFolder::create_new() : RunFolder::create(out, arguments.overwrite);
    log.emplace(run.file("train.log"));
    log_info("run folder " + run.path().string());
    write_file_atomic(run.file("options.toml"), options_text(stored_options(verb)));
    run.link_latest();
    return run;
  };
  report(train(options, make_run), global);
}

/// Adds options to one group of the help.
class Group {
 public:
  Group(CLI::App& verb, std::string name) : verb_(verb), name_(std::move(name)) {}

  template <typename Value>
  CLI::Option* option(const std::string& name, Value& value, const std::string& about) const {
    return verb_.add_option(name, value, about)->group(name_);
  }
  template <typename Number>
  void number(const std::string& name, Number& value, const std::string& about,
              const CLI::Validator& range) const {
    option(name, value, about)->transform(range)->capture_default_str();
  }
  CLI::Option* flag(const std::string& name, bool& value, const std::string& about) const {
    return verb_.add_flag(name, value, about)->group(name_);
  }

 private:
  CLI::App& verb_;
  std::string name_;
};

void add_model(CLI::App& verb, TrainArguments& arguments) {
  const Group group(verb, "Model");
  TrainOptions& train = arguments.train;
  group.option("--encoder", train.encoder, "Encoder folder")->type_name("DIR")->capture_default_str();
  group.option("--keep-layers", train.keep_layers, "Start from some of its layers: 0,2,4 or how many [all]")
      ->type_name("LIST");
  group.flag("--random-weights", train.random_weights,
             "Start from random weights instead of the encoder's; its weights are not read");
  group
      .option("--pooling", arguments.pooling,
              "How a text's tokens become one vector [the encoder folder's, else mean]")
      ->check(one_of(pooling_names()));
  add_prompt(verb, train.prompt, "Model");
  group.number("--max-length", train.max_length, "Longest text in tokens", in_range<size_t>(2, 1'000'000));
  group
      .option("--truncate", arguments.truncation,
              "What is kept of a longer text [as the encoder's folder has it, else head]")
      ->check(one_of(truncation_names()));
}

void add_optimizer(const Group& group, OptimizerOptions& optimizer, double& warmup) {
  group.number("--lr", optimizer.lr, "Learning rate of the encoder", in_range(0.0, 10.0));
  group.number("--head-lr", optimizer.head_lr, "Learning rate of the heads", in_range(0.0, 10.0));
  group.number("--weight-decay", optimizer.weight_decay, "Not on biases and LayerNorms", in_range(0.0, 10.0));
  group.number("--warmup", warmup, "Share of all steps with a rising learning rate",
               in_range(0.0, 1.0, true));
  group.number("--clip", optimizer.clip, "Largest norm of the gradient, 0 for none", in_range(0.0, 1e9));
}

void add_training(CLI::App& verb, TrainArguments& arguments) {
  const Group group(verb, "Training");
  TrainOptions& train = arguments.train;
  group.number("--epochs", train.epochs, "Passes over the data", in_range<size_t>(1, 10'000));
  group.number("--batch-size", train.batch_size, "Rows of a micro-batch", in_range<size_t>(1, 1'000'000));
  group.number("--grad-accumulation", train.grad_accumulation, "Micro-batches of a step",
               in_range<size_t>(1, 100'000));
  add_optimizer(group, train.optimizer, train.warmup);
  group.option("--dropout", train.dropout, "Everywhere in the encoder [as its config says]")
      ->transform(in_range(0.0, 1.0, true));
  group
      .option("--freeze", train.freeze,
              "none, all, backbone, embeddings, layers:K, head:NAME; comma-separated")
      ->type_name("LIST")
      ->capture_default_str();
  group.option("--class-weights", train.class_weights, "Weights of the classes in the loss")
      ->check(one_of({"none", "balanced"}))
      ->capture_default_str();
  group.number("--label-smoothing", train.label_smoothing, "As in PyTorch's cross_entropy",
               in_range(0.0, 1.0, true));
  group.option("--task-weight", arguments.task_weights, "Factor of a task's loss [1]")
      ->type_name("NAME=W")
      ->allow_extra_args(false);
  add_seed(verb, train.seed, "Of split, order, dropout and random starts", "Training");
}

void add_machine(CLI::App& verb, TrainOptions& train) {
  const Group group(verb, "Machine");
  add_threads(verb, train.threads);
  add_device(verb, train.device);
  group
      .option("--precision", train.precision,
              "Of the matrix products; auto is bf16 where this CPU is faster in it, else fp32")
      ->check(one_of(training_precisions()))
      ->capture_default_str();
  train.cache_mb = available_memory() / 4 >> 20;
  group.number("--cache-mb", train.cache_mb, "Memory for what frozen layers give, kept between epochs",
               in_range<size_t>(0, 1'000'000'000));
}

void add_run(CLI::App& verb, TrainArguments& arguments) {
  const Group group(verb, "Output");
  CLI::Option* out = group.option("--out", arguments.out, "Run folder [runs/DATE-TIME]");
  out->type_name("DIR")->configurable(false);
  CLI::Option* overwrite = group.flag("--overwrite", arguments.overwrite, "Replace an existing run folder");
  overwrite->configurable(false);
  group.number("--save-every", arguments.train.save_every,
               "Steps between checkpoints inside an epoch, 0 for none: how much a crash may cost",
               in_range<uint64_t>(0, 1'000'000'000));
  group
      .option("--resume", arguments.resume,
              "Go on with the run in this folder, to the same end as without the stop; its options hold, "
              "and only " +
                  join({kFreeOptions.begin(), kFreeOptions.end()}) + " may change")
      ->type_name("RUN")
      ->excludes(out)
      ->excludes(overwrite)
      ->configurable(false);
}

CLI::App* define_train(CLI::App& app, TrainArguments& arguments) {
  CLI::App* verb = app.add_subcommand("train", "Fine-tune an encoder with one head per task");
  verb->configurable();
  add_data(*verb, arguments.data);
  add_model(*verb, arguments);
  add_training(*verb, arguments);
  add_machine(*verb, arguments.train);
  add_run(*verb, arguments);
  // One value for each time that an option is given, also when it is in [brackets].
  for (CLI::Option* defined : verb->get_options()) defined->allow_extra_args(false);
  return verb;
}

}  // namespace

Verb setup_train(CLI::App& app, const GlobalOptions& global) {
  auto arguments = std::make_shared<TrainArguments>();
  CLI::App* verb = define_train(app, *arguments);
  return {verb, [arguments, &global, verb] { run_train(*arguments, global, *verb); }};
}

}  // namespace mtnlp::cli
