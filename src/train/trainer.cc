#include "mtnlp/train/trainer.h"

#include <array>
#include <chrono>
#include <cmath>

#include "mtnlp/base/log.h"
#include "mtnlp/base/progress.h"
#include "mtnlp/base/signals.h"
#include "mtnlp/data/encoded_rows.h"
#include "mtnlp/data/epoch_plan.h"
#include "mtnlp/eval/evaluator.h"
#include "mtnlp/model/checkpoint.h"
#include "mtnlp/model/pretrained.h"
#include "mtnlp/model/torch.h"
#include "mtnlp/run/split_record.h"
#include "mtnlp/train/schedule.h"
#include "mtnlp/train/step.h"

namespace mtnlp {
namespace {

struct Data {
  Dataset dataset;
  std::vector<Part> parts;
  EncodedRows encoded;
  std::vector<uint32_t> of(Part part) const { return rows_of_part(parts, part); }
  /// Rows with a label of `task`, by Part.
  std::array<size_t, 3> labelled(size_t task) const {
    std::array<size_t, 3> counts{};
    for (size_t row = 0; row < parts.size(); ++row)
      if (encoded.label(row, task) != kNoLabel) ++counts[static_cast<size_t>(parts[row])];
    return counts;
  }
};

Dataset read_and_split(const TrainOptions& options, std::vector<Part>& parts) {
  DatasetOptions data = options.data;
  data.seed = options.seed;
  Dataset dataset = make_dataset(data);
  parts = split_rows(dataset, {.seed = options.seed}, &dataset.warnings);
  return dataset;
}

Model make_model(const TrainOptions& options, const std::vector<Task>& tasks) {
  Pretrained pretrained = load_pretrained(options.encoder, /*allow_random=*/true, options.seed);
  const fs::path weights = fs::path(options.encoder) / "model.safetensors";
  Model model;
  model.encoder = pretrained.encoder;
  model.encoder_folder = options.encoder;
  model.tokenizer = load_tokenizer(options.encoder);
  model.pooling = options.pooling;
  model.tasks = tasks;
  model.max_length = options.max_length;
  model.truncation = options.truncation;
  model.provenance = {{"encoder", fs::path(options.encoder).filename().string()},
                      {"encoder_checksum", fs::exists(weights) ? file_checksum(weights) : ""},
                      {"mtnlp", MTNLP_VERSION},
                      {"seed", std::to_string(options.seed)}};
  const EncoderConfig& config = model.encoder->config();
  check_max_length(options.max_length, config, "--max-length");
  if (static_cast<int64_t>(model.tokenizer->vocabulary_size()) > config.vocabulary)
    fail_input(options.encoder, ": the tokenizer has ", model.tokenizer->vocabulary_size(),
               " pieces, the encoder's vocab_size is ", config.vocabulary);
  if (options.dropout >= 0) model.encoder->set_dropout(options.dropout);
  for (const Task& task : tasks) model.heads.push_back(make_head(task, config.dim, options.seed));
  return model;
}

void describe(const Data& data) {
  for (const std::string& warning : data.dataset.warnings) log_warning(warning);
  for (size_t t = 0; t < data.dataset.tasks.size(); ++t) {
    const auto counts = data.labelled(t);
    const Task& task = data.dataset.tasks[t];
    log_info(str("task ", task.name, ": ", task.labels.size(), " classes, ", counts[0], " training, ",
                 counts[1], " validation, ", counts[2], " test rows"));
  }
  if (many_truncated(data.encoded.truncated, data.encoded.size()))
    log_warning(str("--max-length cuts ", data.encoded.truncated, " of ", data.encoded.size(), " texts"));
}

void require_training_rows(const Data& data) {
  for (size_t t = 0; t < data.dataset.tasks.size(); ++t) {
    if (data.labelled(t)[static_cast<size_t>(Part::kTrain)] == 0)
      fail_input("task ", data.dataset.tasks[t].name, " has no training rows");
  }
}

std::vector<std::string> metric_columns(const std::vector<Task>& tasks) {
  std::vector<std::string> columns = {"epoch", "step", "learning_rate"};
  for (const Task& task : tasks)
    for (const char* what : {"train_loss", "val_loss", "val_accuracy", "val_macro_f1"})
      columns.push_back(task.name + "." + what);
  return columns;
}

constexpr int kCsvDigits = 6;

std::vector<std::string> metric_row(uint64_t epoch, uint64_t step, double learning_rate,
                                    const LossMeter& losses, const std::vector<TaskMetrics>& validation) {
  std::vector<std::string> row = {std::to_string(epoch), std::to_string(step), number_text(learning_rate)};
  for (size_t t = 0; t < validation.size(); ++t) {
    const TaskMetrics& task = validation[t];
    const bool any = task.rows() > 0;
    row.push_back(fixed_text(losses.mean(t), kCsvDigits));
    row.push_back(fixed_text(task.loss(), kCsvDigits));
    row.push_back(any ? fixed_text(task.accuracy(), kCsvDigits) : "nan");
    row.push_back(any ? fixed_text(task.macro_f1(), kCsvDigits) : "nan");
  }
  return row;
}

std::string summary(const std::vector<Task>& tasks, const LossMeter& losses,
                    const std::vector<TaskMetrics>& validation) {
  std::string text;
  for (size_t t = 0; t < tasks.size(); ++t) {
    text += str(t == 0 ? "" : "; ", tasks[t].name, " loss ", fixed_text(losses.mean(t), 4));
    if (validation[t].rows() > 0)
      text += str(", validation accuracy ", fixed_text(validation[t].accuracy(), 4), ", macro-F1 ",
                  fixed_text(validation[t].macro_f1(), 4));
  }
  return text;
}

/// One run: what its stages share.
class Run {
 public:
  explicit Run(const TrainOptions& options);  ///< reads and checks all input, writes nothing
  TrainResult train(const RunFolder& folder);

 private:
  void train_epoch(uint64_t epoch);
  void finish_epoch(uint64_t epoch, const RunFolder& folder);
  TrainResult score_best(const RunFolder& folder) const;
  double factor(uint64_t step) const { return linear_schedule(step, total_steps_, warmup_steps_); }
  void save(const RunFolder& folder, bool is_best) const;

  const TrainOptions& options_;
  torch::Device device_;
  Data data_;
  Model model_;
  PlanOptions plan_;
  StepOptions step_options_;
  std::optional<FrozenEmbeddings> frozen_;
  std::optional<AdamW> optimizer_;
  LossMeter losses_;
  MetricsTable table_;
  uint64_t total_steps_, warmup_steps_, step_ = 0;
  double best_score_ = -1, training_seconds_ = 0;
  uint64_t sentences_ = 0;
};

Run::Run(const TrainOptions& options)
    : options_(options), device_(choose_device(options.device)), losses_(0), table_({}) {
  const FreezeSpec freeze = parse_freeze(options.freeze);
  data_.dataset = read_and_split(options, data_.parts);
  model_ = make_model(options, data_.dataset.tasks);
  data_.encoded =
      encode_rows(data_.dataset, *model_.tokenizer, options.max_length, options.truncation, options.threads);
  require_training_rows(data_);
  model_.to(device_);
  step_options_.frozen_stages = apply_freeze(freeze, model_);
  step_options_.seed = options.seed;
  step_options_.device = device_;
  step_options_.loss.label_smoothing = options.label_smoothing;
  if (options.class_weights == "balanced")
    step_options_.loss.class_weights = balanced_class_weights(model_.tasks, data_.encoded, data_.parts);
  for (const Task& task : model_.tasks) {
    const auto found = options.task_weights.find(task.name);
    step_options_.loss.task_weights.push_back(found == options.task_weights.end() ? 1 : found->second);
  }
  plan_ = {options.batch_size, options.grad_accumulation, options.seed};
  total_steps_ = steps_per_epoch(data_.dataset, data_.parts, plan_) * options.epochs;
  warmup_steps_ = static_cast<uint64_t>(options.warmup * static_cast<double>(total_steps_));
  optimizer_.emplace(model_, options.optimizer);
  losses_ = LossMeter(model_.tasks.size());
  table_ = MetricsTable(metric_columns(model_.tasks));
}

TrainResult Run::train(const RunFolder& folder) {
  describe(data_);
  write_split_record(folder.path(), data_.dataset, data_.parts);
  if (step_options_.frozen_stages == 1 + model_.encoder->config().layers) {
    log_info("the backbone is frozen: each row is encoded once");
    frozen_.emplace(model_, data_.encoded, data_.of(Part::kTrain), device_);
  }
  try {
    for (uint64_t epoch = 0; epoch < options_.epochs; ++epoch) {
      train_epoch(epoch);
      finish_epoch(epoch, folder);
    }
  } catch (const Stopped& stopped) {
    save(folder, false);
    log_warning(str("stopped by signal ", stopped.signal, " after step ", step_,
                    "; last checkpoint: ", folder.last().string()));
    throw;
  }
  return score_best(folder);
}

void Run::train_epoch(uint64_t epoch) {
  const auto start = std::chrono::steady_clock::now();
  losses_.reset();
  const std::vector<Step> steps =
      plan_epoch(data_.dataset, data_.parts, plan_, epoch, step_options_.loss.class_weights);
  Progress progress(str("epoch ", epoch + 1, "/", options_.epochs), data_.of(Part::kTrain).size(),
                    "sentences", {.quiet = options_.quiet});
  for (const Step& step : steps) {
    throw_if_stopped();
    accumulate_gradients(model_, data_.encoded, step, step_, step_options_, frozen_ ? &*frozen_ : nullptr,
                         &losses_);
    optimizer_->step(factor(step_));
    ++step_;
    uint64_t rows = 0;
    for (const auto& micro_batch : step.micro_batches) rows += micro_batch.size();
    sentences_ += rows;
    progress.add(rows);
  }
  training_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Run::save(const RunFolder& folder, bool is_best) const {
  folder.add_checkpoint(step_, is_best, [&](const fs::path& at) { save_checkpoint(at, model_); });
}

void Run::finish_epoch(uint64_t epoch, const RunFolder& folder) {
  const std::vector<uint32_t> rows = data_.of(Part::kValidation);
  Progress progress("validation", rows.size(), "sentences", {.quiet = options_.quiet});
  const std::vector<TaskMetrics> validation = evaluate(model_, data_.encoded, rows, device_, &progress);
  table_.add_row(
      metric_row(epoch + 1, step_, options_.optimizer.lr * factor(step_ - 1), losses_, validation));
  const double score = mean_macro_f1(validation);
  const bool is_best = std::isnan(score) || score > best_score_;
  if (is_best) best_score_ = score;
  save(folder, is_best);
  table_.write(folder.file("metrics.csv"));
  log_info(str("epoch ", epoch + 1, "/", options_.epochs, ": ", summary(model_.tasks, losses_, validation),
               " (", std::llround(static_cast<double>(sentences_) / training_seconds_), " sentences/s)"));
}

TrainResult Run::score_best(const RunFolder& folder) const {
  Model best = load_checkpoint(folder.best());
  best.to(device_);
  TrainResult result{model_.tasks, evaluate(best, data_.encoded, data_.of(Part::kTest), device_)};
  write_file_atomic(folder.file("test.json"), metrics_json(model_.tasks, result.test).dump(2) + "\n");
  return result;
}

}  // namespace

TrainResult train(const TrainOptions& options, const std::function<RunFolder()>& make_run) {
  Run run(options);
  return run.train(make_run());
}

OrderedJson metrics_json(const std::vector<Task>& tasks, const std::vector<TaskMetrics>& metrics) {
  OrderedJson json = {{"tasks", OrderedJson::object()}};
  for (size_t t = 0; t < tasks.size(); ++t)
    if (metrics[t].rows() > 0) json["tasks"][tasks[t].name] = metrics[t].to_json();
  return json;
}

}  // namespace mtnlp
