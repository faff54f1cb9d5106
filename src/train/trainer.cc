#include "train/trainer.h"

#include <chrono>
#include <cmath>

#include <ATen/Parallel.h>

#include "base/log.h"
#include "base/progress.h"
#include "base/safetensors.h"
#include "base/signals.h"
#include "data/data_check.h"
#include "data/epoch_plan.h"
#include "infer/predictor.h"
#include "network/network_embedder.h"
#include "network/tensor_files.h"
#include "network/torch.h"
#include "network/training_precision.h"
#include "run/metrics_table.h"
#include "run/split_record.h"
#include "train/epoch_report.h"
#include "train/finite.h"
#include "train/freeze.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/setup.h"
#include "train/step.h"

namespace mtnlp {
namespace {

uint64_t rows_of(const Step& step) {
  uint64_t rows = 0;
  for (const auto& micro_batch : step.micro_batches) rows += micro_batch.size();
  return rows;
}

/// What is wrong with the results that a run wrote before, a line each.
std::vector<std::string> damaged_tables(const RunFolder& folder) {
  std::vector<std::string> damages;
  const auto look = [&](const char* name, const auto& read) {
    try {
      if (fs::exists(folder.file(name))) read(folder.file(name));
    } catch (const Error& error) {
      damages.emplace_back(error.what());
    }
  };
  look("metrics.csv", [](const fs::path& file) { MetricsTable::read(file); });
  look("test.json", [](const fs::path& file) { read_test_scores(file); });
  return damages;
}

/// One run: what its stages share.
class Run {
 public:
  explicit Run(const TrainOptions& options);  ///< reads and checks all input, writes nothing
  TrainResult train(const RunFolder& folder);

 private:
  void restore(const Resumed& resumed);
  void start_record(const RunFolder& folder);
  double score_to_beat(const RunFolder& folder) const;
  void train_epoch(uint64_t epoch, const RunFolder& folder);
  void take_step(const Step& step);
  void finish_epoch(uint64_t epoch, const RunFolder& folder);
  AllMetrics validate();
  TrainResult score_best(const RunFolder& folder);
  double factor(uint64_t step) const { return linear_schedule(step, total_steps_, warmup_steps_); }
  uint64_t steps_before(uint64_t epoch) const { return epoch * steps_per_epoch_; }
  /// `scores` of the epoch that has just ended; empty inside one.
  void save(const RunFolder& folder, bool is_best = false, const std::string& scores = "") const;
  void require_finite_state() const;

  const TrainOptions& options_;
  torch::Device device_;
  Precision precision_;  ///< of the training steps
  TrainingData data_;
  Model model_;
  PlanOptions plan_;
  StepOptions step_options_;
  int64_t frozen_stages_ = 0;
  std::optional<FrozenStages> frozen_;
  std::vector<EmbeddedBatch> frozen_validation_;  ///< where the whole backbone is frozen
  std::optional<AdamW> optimizer_;
  LossMeter losses_;
  FiniteWatch finite_;
  MetricsTable table_;                                               ///< a row for each epoch that is done
  std::map<std::string, std::string> encoder_files_, record_files_;  ///< checksums
  uint64_t steps_per_epoch_, total_steps_, warmup_steps_, step_ = 0;
  bool resumed_ = false;
  double best_score_ = -1, training_seconds_ = 0;
  uint64_t sentences_ = 0;
};

Run::Run(const TrainOptions& options)
    : options_(options),
      device_(choose_device(options.device)),
      precision_(resolve_training_precision(options.precision, device_)),
      losses_(0),
      finite_(device_),
      table_({}) {
  const FreezeSpec freeze = parse_freeze(options.freeze);
  const std::optional<Resumed> resumed = load_last(options);
  data_ = read_data(options, resumed ? &*resumed : nullptr);
  encoder_files_ = encoder_checksums(options.encoder);
  model_ = make_model(options, data_.dataset.tasks, encoder_files_, resumed ? &*resumed : nullptr);
  data_.encoded = encode_rows(data_.dataset, *model_.settings.tokenizer, options.max_length,
                              model_.settings.truncation, options.threads);
  require_training_rows(data_);
  data_.warnings = check_data(data_.dataset, data_.parts, model_.settings.tokenizer.get(), options.max_length,
                              options.threads)
                       .warnings;
  model_.network->to(device_);
  frozen_stages_ = apply_freeze(freeze, model_);
  step_options_.seed = options.seed;
  step_options_.device = device_;
  step_options_.losses = make_losses(options, data_);
  plan_ = {options.batch_size, options.grad_accumulation, options.seed};
  steps_per_epoch_ = steps_per_epoch(data_.dataset, data_.parts, plan_);
  total_steps_ = steps_per_epoch_ * options.epochs;
  warmup_steps_ = static_cast<uint64_t>(options.warmup * static_cast<double>(total_steps_));
  optimizer_.emplace(*model_.network, options.optimizer);
  losses_ = LossMeter(model_.settings.tasks.size());
  table_ = MetricsTable(metric_columns(model_.settings.tasks));
  if (resumed) restore(*resumed);
}

void Run::restore(const Resumed& resumed) {
  const RunState& state = resumed.state;
  const uint64_t done = steps_before(state.metrics.size());
  if (state.step < done || state.step > std::min(done + steps_per_epoch_, total_steps_) ||
      state.losses.size() != model_.settings.tasks.size())
    fail_input(resumed.checkpoint.string(), ": step ", state.step, " after ", state.metrics.size(),
               " epochs does not fit the run");
  copy_weights(*resumed.model.network, *model_.network);
  if (state.step < total_steps_) optimizer_->load_state(SafetensorsFile(resumed.checkpoint / kOptimizerFile));
  step_ = state.step;
  best_score_ = state.best_score;
  losses_.restore(state.losses);
  for (const auto& row : state.metrics) table_.add_row(row);
  resumed_ = true;
}

TrainResult Run::train(const RunFolder& folder) {
  describe(data_);
  describe(options_, model_);
  start_record(folder);
  log_info(str("training in ", precision_name(precision_)));
  model_.network->encoder->set_precision(precision_);
  if (frozen_stages_ > 0) {
    const std::vector<uint32_t> rows = data_.of(Part::kTrain);
    frozen_.emplace(*model_.network, data_.encoded, frozen_stages_, rows, options_.cache_mb << 20, device_,
                    options_.threads);
    if (frozen_->layers() > 0)
      log_info(str(frozen_->cached_rows(), " of ", rows.size(), " training rows go through the ",
                   frozen_->layers(), " frozen layers once for the whole run; --cache-mb is ",
                   options_.cache_mb));
  }
  try {
    for (uint64_t epoch = table_.rows().size(); epoch < options_.epochs; ++epoch) {
      train_epoch(epoch, folder);
      finish_epoch(epoch, folder);
    }
  } catch (const Stopped& stopped) {
    save(folder);
    log_warning(str("stopped by signal ", stopped.signal, " after step ", step_,
                    "; last checkpoint: ", folder.last().string()));
    throw;
  }
  folder.remove_old_checkpoints();  // that readers held
  return score_best(folder);
}

void Run::start_record(const RunFolder& folder) {
  if (!resumed_) {
    write_split_record(folder.path(), data_.dataset, data_.parts);
  } else {
    best_score_ = score_to_beat(folder);
    for (const std::string& warning : damaged_tables(folder)) log_warning(warning + "; it is written anew");
    log_info(step_ < total_steps_ ? str("goes on after step ", step_, " of ", total_steps_)
                                  : str("all ", total_steps_, " steps are done already"));
    // The checkpoint comes first, so these rows may be missing.
    if (!table_.rows().empty()) table_.write(folder.file("metrics.csv"));
  }
  record_files_ = split_checksums(folder.path());
}

/// That of the best checkpoint that is there: the one that had the best score may be lost.
double Run::score_to_beat(const RunFolder& folder) const {
  uint64_t step = 0;
  if (!is_checkpoint_name(folder.best().filename().string(), &step)) return -1;
  const std::optional<double> printed = table_.score_at(step);
  return printed && std::abs(*printed - best_score_) > 2e-6 ? *printed : best_score_;
}

void Run::train_epoch(uint64_t epoch, const RunFolder& folder) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Step> steps =
      plan_epoch(data_.dataset, data_.parts, plan_, epoch, step_options_.losses.row_weights());
  const std::span<const Step> left = std::span(steps).subspan(step_ - steps_before(epoch));
  uint64_t rows_left = 0;
  for (const Step& step : left) rows_left += rows_of(step);
  Progress progress(str("epoch ", epoch + 1, "/", options_.epochs), rows_left, "sentences",
                    {.quiet = options_.quiet});
  for (const Step& step : left) {
    throw_if_stopped();
    take_step(step);
    sentences_ += rows_of(step);
    progress.add(rows_of(step));
    if (options_.save_every > 0 && step_ % options_.save_every == 0 && step_ < steps_before(epoch + 1))
      save(folder);
  }
  training_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Run::take_step(const Step& step) {
  try {
    accumulate_gradients(*model_.network, data_.encoded, step, step_, step_options_,
                         frozen_ ? &*frozen_ : nullptr, &losses_);
    const torch::Tensor norm = optimizer_->gradient_norm();
    const double now = factor(step_);
    finite_.take_step({step_ + 1, options_.optimizer.lr * now, options_.optimizer.head_lr * now}, norm,
                      model_.settings.tasks, losses_);
    optimizer_->step(now, norm);
  } catch (const std::exception& error) {
    if (!is_out_of_memory(error)) throw;
    fail_system("out of memory with --batch-size ", options_.batch_size, " and --max-length ",
                options_.max_length,
                "; smaller ones need less, and --grad-accumulation makes up for a small batch");
  }
  ++step_;
}

/// What a checkpoint is about to hold.
void Run::require_finite_state() const {
  finite_.require_finite(model_.settings.tasks, losses_);
  auto tensors = optimizer_->state();
  for (const Parameter& parameter : model_.network->tensors())
    tensors.emplace_back(parameter.name, parameter.tensor);
  require_finite(tensors, str("after step ", step_));
}

void Run::save(const RunFolder& folder, bool is_best, const std::string& scores) const {
  require_finite_state();
  const bool open = step_ != steps_before(table_.rows().size());
  const Milestone milestone = is_best ? Milestone::kBest : open ? Milestone::kOpenEpoch : Milestone::kEpoch;
  const auto add_state = [&](const fs::path& at) {
    write_run_state(at, {.step = step_,
                         .best_score = best_score_,
                         .metrics = table_.rows(),
                         .losses = losses_.sums(),
                         .options = options_.identity,
                         .encoder = encoder_files_,
                         .record = record_files_});
    if (step_ < total_steps_) save_tensors(at / kOptimizerFile, optimizer_->state());
  };
  Model model = model_;  // of the same tensors
  if (!scores.empty()) model.settings.provenance["epoch"] = scores;
  folder.add_checkpoint(step_, milestone, [&](const fs::path& at) { save_checkpoint(at, model, add_state); });
}

/// In fp32, as `mtnlp eval` does it.
AllMetrics Run::validate() {
  const Heads heads(head_weights(*model_.network));
  if (!frozen_validation_.empty())
    return evaluate(heads, model_.settings.tasks, data_.encoded, frozen_validation_);
  const std::vector<uint32_t> rows = data_.of(Part::kValidation);
  Progress progress("validation", rows.size(), "sentences", {.quiet = options_.quiet});
  const auto embedder = make_embedder(model_, device_, options_.threads);
  const size_t bytes = rows.size() * embedder->dim() * sizeof(float);
  if (!frozen_ || !frozen_->whole_backbone() || bytes > frozen_->free_bytes())
    return evaluate(*embedder, heads, model_.settings.tasks, data_.encoded, rows, &progress);
  frozen_validation_ = embed_rows(*embedder, data_.encoded, rows, &progress);
  return evaluate(heads, model_.settings.tasks, data_.encoded, frozen_validation_);
}

void Run::finish_epoch(uint64_t epoch, const RunFolder& folder) {
  require_finite_state();
  const AllMetrics validation = validate();
  require_finite(model_.settings.tasks, validation, str("validation after step ", step_));
  table_.add_row(metric_row(epoch + 1, step_, options_.optimizer.lr * factor(step_ - 1),
                            model_.settings.tasks, losses_, validation));
  const std::string scores = summary(model_.settings.tasks, losses_, validation);
  std::string line = str("epoch ", epoch + 1, "/", options_.epochs, ": ", scores);
  if (sentences_ > 0)
    line += str(" (", std::llround(static_cast<double>(sentences_) / training_seconds_), " sentences/s)");
  losses_.reset();
  const double score = selection_score(model_.settings.tasks, validation);
  const bool is_best = std::isnan(score) || score > best_score_;
  if (is_best) best_score_ = score;
  save(folder, is_best, str(epoch + 1, ": ", scores));
  table_.write(folder.file("metrics.csv"));
  log_info(line);
}

TrainResult Run::score_best(const RunFolder& folder) {
  optimizer_.reset();  // the best model takes its place in memory
  frozen_.reset();
  frozen_validation_.clear();
  const Predictor best = load_predictor(folder.best(), {.threads = options_.threads}, /*need_heads=*/true);
  const std::vector<Task>& tasks = best.settings().tasks;
  TrainResult result{tasks,
                     evaluate(best.embedder(), best.heads(), tasks, data_.encoded, data_.of(Part::kTest))};
  write_file_atomic(folder.file("test.json"), metrics_json(tasks, result.test).dump(2) + "\n");
  return result;
}

}  // namespace

TrainResult train(const TrainOptions& options, const std::function<RunFolder()>& make_run) {
  at::set_num_threads(options.threads);
  Run run(options);
  return run.train(make_run());
}

}  // namespace mtnlp
