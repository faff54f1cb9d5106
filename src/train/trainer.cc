// Invariants: input is read and checked before the run folder is made; a checkpoint is written between two
// steps and holds all that later steps depend on, so a run that goes on from it ends with the same bytes.
#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <ATen/Parallel.h>

#include "base/field.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "data/epoch_plan.h"
#include "infer/predictor.h"
#include "network/torch.h"
#include "network/training_precision.h"
#include "run/split_record.h"
#include "train/card.h"
#include "train/decide.h"
#include "train/epoch_report.h"
#include "train/prepared.h"
#include "train/validator.h"

namespace mtnlp {
namespace {

uint64_t rows_of(std::span<const Step> steps) {
  uint64_t rows = 0;
  for (const Step& step : steps)
    for (const auto& micro_batch : step.micro_batches) rows += micro_batch.size();
  return rows;
}

/// Returns what is wrong with the results that a run wrote before, a line each.
std::vector<std::string> damaged_tables(const RunFolder& folder) {
  std::vector<std::string> damages;
  const auto look = [&](const char* name, const auto& read) {
    try {
      if (fs::exists(folder.file(name))) read(folder.file(name));
    } catch (const Error& error) {
      damages.push_back(one_line(error.whole()));
    }
  };
  look("metrics.csv", [](const fs::path& file) { MetricsTable::read(file); });
  look("test.json", [](const fs::path& file) { read_test_scores(file); });
  return damages;
}

/// Sentences that were trained on, and the time that it took.
class Rate {
 public:
  void add(uint64_t sentences, std::chrono::duration<double> time) {
    sentences_ += sentences;
    seconds_ += time.count();
  }
  std::string text() const {
    if (sentences_ == 0) return "";
    return str(" (", std::llround(static_cast<double>(sentences_) / seconds_), " sentences/s)");
  }

 private:
  uint64_t sentences_ = 0;
  double seconds_ = 0;
};

/// A run in its folder.
class Run {
 public:
  Run(const TrainOptions& options, Prepared prepared, const RunFolder& folder);
  TrainResult train();

 private:
  void start_record();
  void freeze();
  void train_epoch(uint64_t epoch);
  void take_step(const Step& step);
  void finish_epoch(uint64_t epoch);
  bool has_stalled() const;
  std::optional<size_t> best_row() const;
  bool is_best() const;
  void save(Milestone milestone, const std::string& scores = "");
  bool goes_on(uint64_t epoch) const;
  TrainResult result_so_far() const;
  void finish(TrainResult& result);

  const TrainOptions& options_;
  Prepared prepared_;
  TrainingState& state_;
  const RunFolder& folder_;
  std::optional<FrozenStages> frozen_;
  std::optional<StepRunner> runner_;
  std::optional<Validator> validator_;
  std::optional<Checkpointer> checkpointer_;
  Rate rate_;
};

Run::Run(const TrainOptions& options, Prepared prepared, const RunFolder& folder)
    : options_(options), prepared_(std::move(prepared)), state_(*prepared_.state), folder_(folder) {}

TrainResult Run::train() {
  log_data(prepared_.data, state_.model.settings.cut);
  log_model(options_.start, state_.model);
  if (const auto& soft = prepared_.step_options.soft)
    for (size_t task = 0; task < state_.model.settings.tasks.size(); ++task)
      log_info(str("task ", state_.model.settings.tasks[task].name, ": ", soft->labels().count(task),
                   " texts with soft labels"));
  start_record();
  const Precision precision = resolve_training_precision(options_.machine.precision, prepared_.device);
  log_info(str("training in ", precision_name(precision)));
  state_.model.network->encoder->set_precision(precision);
  freeze();
  runner_.emplace(*state_.model.network, state_.optimizer, state_.losses, prepared_.data.encoded,
                  frozen_ ? &*frozen_ : nullptr, prepared_.step_options, prepared_.length,
                  state_.model.settings.tasks);
  checkpointer_.emplace(folder_, state_, prepared_.identity, prepared_.length.steps());
  try {
    for (uint64_t epoch = state_.table.rows().size(); goes_on(epoch); ++epoch) {
      train_epoch(epoch);
      finish_epoch(epoch);
    }
  } catch (const Stopped& stopped) {
    const bool open = state_.step != prepared_.length.steps_before(state_.table.rows().size());
    save(open ? Milestone::kOpenEpoch : Milestone::kEpoch);
    log_warning(str("stopped by signal ", stopped.signal, " after step ", state_.step,
                    "; last checkpoint: ", folder_.last().string()));
    throw;
  }
  folder_.remove_old_checkpoints();  // that readers held
  TrainResult result = result_so_far();
  if (result.done) finish(result);
  return result;
}

/// Says whether `epoch` is to be trained now.
bool Run::goes_on(uint64_t epoch) const {
  const bool pause = options_.stop_after > 0 && epoch >= options_.stop_after;
  return epoch < options_.plan.epochs && !pause && !has_stalled();
}

TrainResult Run::result_so_far() const {
  const MetricsTable& table = state_.table;
  TrainResult result{.done = table.rows().size() >= options_.plan.epochs || has_stalled(),
                     .epochs = table.rows().size(),
                     .outline = outline_of(prepared_)};
  if (!result.done)
    log_info(str("stops after epoch ", table.rows().size(), " of ", options_.plan.epochs, "; ",
                 field("resume"), " goes on"));
  if (const std::optional<size_t> row = best_row()) {
    result.score = prepared_.selection.score(table, *row);
    for (size_t i = 0; i < table.columns().size(); ++i)
      result.best_epoch.emplace_back(table.columns()[i], table.rows()[*row][i]);
  }
  return result;
}

void Run::start_record() {
  const uint64_t steps = prepared_.length.steps();
  if (!prepared_.resumed) {
    write_split_record(folder_.path(), prepared_.data.dataset, prepared_.data.parts, prepared_.data.earlier);
  } else {
    for (const std::string& warning : damaged_tables(folder_)) log_warning(warning + "; it is written anew");
    log_info(state_.step < steps ? str("goes on after step ", state_.step, " of ", steps)
                                 : str("all ", steps, " steps are done already"));
    // The checkpoint comes first, so these rows may be missing.
    if (!state_.table.rows().empty()) state_.table.write(folder_.file("metrics.csv"));
  }
  prepared_.identity.record = split_checksums(folder_.path());
}

/// Computes what the frozen stages give, for training and, where all of the encoder is frozen, for validation.
void Run::freeze() {
  ValidatorOptions validation{
      .device = prepared_.device, .threads = options_.machine.threads, .quiet = options_.machine.quiet};
  const TrainingData& data = prepared_.data;
  if (prepared_.frozen_stages > 0) {
    std::vector<uint32_t> rows = data.of(Part::kTrain);
    if (const auto& soft = prepared_.step_options.soft)
      for (const uint32_t row : soft->labels().ids()) rows.push_back(row);
    frozen_.emplace(*state_.model.network, data.encoded, prepared_.frozen_stages, rows,
                    FrozenOptions{options_.machine.cache_mb << 20, prepared_.device, options_.machine.threads,
                                  options_.machine.share});
    if (frozen_->layers() > 0)
      log_info(str(frozen_->cached_rows(), " of ", rows.size(), " training rows go through the ",
                   frozen_->layers(), " frozen layers once for the whole run; ", field("cache_mb"), " is ",
                   options_.machine.cache_mb));
    validation.frozen = frozen_->whole_backbone();
    validation.cache_bytes = frozen_->free_bytes();
  }
  validator_.emplace(state_.model, data.encoded, data.of(Part::kValidation), validation);
}

void Run::train_epoch(uint64_t epoch) {
  const RunLength& length = prepared_.length;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Step> steps = plan_epoch(prepared_.data.dataset, prepared_.data.parts, prepared_.plan,
                                             epoch, prepared_.step_options.losses.row_weights());
  const std::span<const Step> left = std::span(steps).subspan(state_.step - length.steps_before(epoch));
  Progress progress(str("epoch ", epoch + 1, "/", options_.plan.epochs), rows_of(left), "sentences",
                    {.quiet = options_.machine.quiet});
  for (const Step& step : left) {
    throw_if_stopped();
    take_step(step);
    progress.add(rows_of({&step, 1}));
    if (options_.save_every > 0 && state_.step % options_.save_every == 0 &&
        state_.step < length.steps_before(epoch + 1))
      save(Milestone::kOpenEpoch);
  }
  rate_.add(rows_of(left), std::chrono::steady_clock::now() - start);
}

void Run::take_step(const Step& step) {
  try {
    runner_->take(step, state_.step);
  } catch (const std::exception& error) {
    if (!is_out_of_memory(error)) throw;
    fail_system("out of memory with ", field("batch_size"), " ", options_.plan.batch_size, " and ",
                field("max_length"), " ", state_.model.settings.cut.max_length,
                "; smaller ones need less, and ", field("grad_accumulation"), " makes up for a small batch");
  }
  ++state_.step;
}

void Run::save(Milestone milestone, const std::string& scores) {
  runner_->require_finite_state(state_.step);
  checkpointer_->save(milestone, scores);
}

void Run::finish_epoch(uint64_t epoch) {
  runner_->require_finite_state(state_.step);
  const std::vector<Task>& tasks = state_.model.settings.tasks;
  const AllMetrics validation = (*validator_)();
  require_finite(tasks, validation, str("validation after step ", state_.step));
  state_.table.add_row(metric_row(epoch + 1, state_.step,
                                  options_.optimizer.lr * prepared_.length.factor(state_.step - 1), tasks,
                                  state_.losses, validation));
  const std::string scores = summary(tasks, state_.losses, validation);
  state_.losses.reset();
  save(is_best() ? Milestone::kBest : Milestone::kEpoch, str(epoch + 1, ": ", scores));
  state_.table.write(folder_.file("metrics.csv"));
  log_info(str("epoch ", epoch + 1, "/", options_.plan.epochs, ": ", scores, rate_.text()));
  if (epoch + 1 < options_.plan.epochs && has_stalled())
    log_info(str("no better epoch for ", options_.selection.patience, " epochs (", field("patience"),
                 "): the run ends"));
}

bool Run::has_stalled() const {
  return mtnlp::has_stalled(state_.table, prepared_.selection, options_.selection.patience,
                            options_.selection.stop_on, task_names(state_.model.settings.tasks));
}

/// Returns the row of the best checkpoint that is there: the one that had the best score may be lost.
std::optional<size_t> Run::best_row() const {
  uint64_t step = 0;
  if (!is_checkpoint_name(folder_.best().filename().string(), &step)) return std::nullopt;
  return state_.table.row_at(step);
}

/// Says whether the last epoch is better than the best checkpoint.
bool Run::is_best() const {
  const std::optional<size_t> best = best_row();
  const auto score = [&](size_t row) { return prepared_.selection.score(state_.table, row); };
  return !best || !(score(state_.table.rows().size() - 1) <= score(*best));
}

/// Decides with the best checkpoint what is to be decided, scores it, and tells of it in its card.
void Run::finish(TrainResult& result) {
  const bool decided = std::ranges::any_of(prepared_.data.dataset.tasks,
                                           [&](const Task& task) { return decides(task, options_.decide); });
  if (!decided && !options_.score_test) return;
  CardFacts facts = card_facts(prepared_.data);
  const EncodedRows encoded = std::move(prepared_.data.encoded);
  const std::vector<uint32_t> rows = prepared_.data.of(Part::kTest);
  // The best model takes the place of the one in training.
  validator_.reset();
  runner_.reset();
  frozen_.reset();
  prepared_.state.reset();
  const Predictor best =
      load_predictor(folder_.best(), {.threads = options_.machine.threads}, /*need_heads=*/true);
  ModelSettings settings = best.settings();
  if (decided)
    decide_tasks(best, encoded, prepared_.data.parts, prepared_.frozen_heads, options_.decide,
                 settings.tasks);
  result.tasks = settings.tasks;
  OrderedJson scores;
  if (options_.score_test) {
    result.test = evaluate(best.embedder(), best.heads(), result.tasks, encoded, rows);
    scores = metrics_json(result.tasks, result.test);
    facts.scores = scores["tasks"];
  }
  replace_decisions(folder_.best(), result.tasks, model_card(settings, facts));
  if (options_.score_test) write_file_atomic(folder_.file("test.json"), scores.dump(2) + "\n");
}

}  // namespace

TrainResult train(const TrainOptions& options, const std::function<RunFolder()>& make_run) {
  at::set_num_threads(options.machine.threads);
  Prepared prepared(options);
  const RunFolder folder = make_run();
  return Run(options, std::move(prepared), folder).train();
}

Outline dry_run(const TrainOptions& options) {
  at::set_num_threads(options.machine.threads);
  const Prepared prepared(options);
  log_data(prepared.data, prepared.state->model.settings.cut);
  log_model(options.start, prepared.state->model);
  return outline_of(prepared);
}

}  // namespace mtnlp
