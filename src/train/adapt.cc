// Invariants: the texts are tokenised once into the run folder, so that any step can be repeated; a checkpoint is
// written between two steps and holds all that later steps depend on besides the tokens.
#include "train/adapt.h"

#include <chrono>
#include <cmath>

#include <ATen/Parallel.h>

#include "base/field.h"
#include "base/log.h"
#include "base/numbers.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/signals.h"
#include "network/model.h"
#include "network/tensor_files.h"
#include "network/torch.h"
#include "network/training_precision.h"
#include "run/find_encoder.h"
#include "run/metrics_table.h"
#include "run/run_paths.h"
#include "run/run_state.h"
#include "train/finite.h"
#include "train/learner.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/text_plan.h"

namespace mtnlp {
namespace {

constexpr const char* kNameOfLoss = "language model";

/// Where a run to be resumed stands.
struct ResumedAdapt {
  fs::path checkpoint;
  RunState state;
  bool is_done() const { return !fs::exists(checkpoint / kOptimizerFile); }
};

std::optional<ResumedAdapt> load_last(const AdaptOptions& options) {
  if (options.resume.run.empty()) return std::nullopt;
  const std::string last = read_named_checkpoints(options.resume.run, Need::kLast).last;
  if (last.empty()) return std::nullopt;
  ResumedAdapt resumed{options.resume.run / "checkpoints" / last, {}};
  require_listed_files(resumed.checkpoint);
  resumed.state = read_run_state(resumed.checkpoint);
  require_our_law(resumed.state, resumed.checkpoint);
  require_same_options(resumed.state.options, options.resume.identity, options.resume.defaults,
                       options.resume.free);
  return resumed;
}

/// Throws Error for a file of texts that cannot be read, before anything is written.
void require_texts(const CorpusOptions& corpus) {
  for (const auto* files : {&corpus.files, &corpus.validation})
    for (const std::string& file : *files)
      if (file != "-" && (fs::is_regular_file(file) || !fs::exists(file)))
        RowText(*open_rows(file, corpus.rows), corpus.text);
}

/// Checksums of the tokens of a run.
std::map<std::string, std::string> token_checksums(const fs::path& run) {
  std::map<std::string, std::string> checksums;
  if (fs::is_directory(run / kTokens))
    for (const auto& entry : fs::directory_iterator(run / kTokens))
      checksums[entry.path().lexically_relative(run).generic_string()] = file_checksum(entry.path());
  return checksums;
}

/// A run in its folder.
class AdaptRun {
 public:
  AdaptRun(const AdaptOptions& options, Learner learner, torch::Device device, const RunFolder& folder);
  void open_texts(const CorpusOptions& corpus);
  void restore(const ResumedAdapt& from);
  void train();
  /// Writes the encoder folder, and removes the tokens, which nobody needs any more.
  void finish() const;

 private:
  double rate_factor(uint64_t step) const;
  void train_round();
  size_t take_step();
  void finish_round();
  void save(Milestone milestone) const;

  const AdaptOptions& options_;
  Learner learner_;
  torch::Device device_;
  const RunFolder& folder_;
  AdamW optimizer_;
  LossMeter losses_{1};
  MetricsTable table_;
  FiniteWatch finite_;
  std::vector<Task> names_ = {Task{kNameOfLoss}};  ///< for messages about losses
  std::optional<Sequences> training_, validation_;
  std::map<std::string, std::string> record_;
  TextPlan plan_;
  double sequences_ = 0, seconds_ = 0;  ///< of training in this process
  uint64_t step_ = 0;
};

std::vector<std::string> columns_of(const Objective& objective) {
  std::vector<std::string> columns = {"epoch", "step", "learning_rate", "train_loss"};
  for (const std::string& column : objective.columns()) columns.push_back(column);
  return columns;
}

AdaptRun::AdaptRun(const AdaptOptions& options, Learner learner, torch::Device device,
                   const RunFolder& folder)
    : options_(options),
      learner_(std::move(learner)),
      device_(device),
      folder_(folder),
      optimizer_(learner_.tensors(), options.optimizer),
      table_(columns_of(*learner_.objective)),
      finite_(device) {}

void AdaptRun::open_texts(const CorpusOptions& corpus) {
  const fs::path tokens = folder_.file(kTokens);
  if (!fs::exists(tokens))
    write_folder_atomic(tokens, [&](const fs::path& to) {
      const CorpusCounts counts = write_corpus(to, *learner_.settings.tokenizer, learner_.vocabulary, corpus);
      for (const std::string& warning : counts.warnings) log_warning(warning);
      if (counts.unknown > 0)
        log_warning(str(counts.unknown, " texts of which the vocabulary knows no word are left out"));
      log_info(str(
          counts.texts, " texts",
          corpus.validation.empty() ? str(", ", counts.held_out, " of them held out to validate on") : ""));
    });
  training_.emplace(tokens, "training");
  validation_.emplace(tokens, "validation");
  if (training_->size() > UINT32_MAX)
    fail_input("more than ", UINT32_MAX, " sequences of texts are too many");
  plan_ = {.sequences = training_->size(),
           .step_rows = options_.plan.batch_size * options_.plan.grad_accumulation,
           .seed = options_.seed};
  plan_.steps =
      options_.plan.steps > 0 ? options_.plan.steps : options_.plan.epochs * plan_.steps_per_epoch();
  plan_.round = options_.plan.validate_every > 0 ? options_.plan.validate_every : plan_.steps_per_epoch();
  record_ = token_checksums(folder_.path());
  log_info(str(training_->tokens(), " tokens in ", training_->size(), " sequences, ", plan_.steps_per_epoch(),
               " steps an epoch, ", plan_.steps, " in all"));
}

void AdaptRun::restore(const ResumedAdapt& from) {
  const RunState& state = from.state;
  step_ = state.step;
  losses_.restore(state.losses);
  for (const auto& row : state.metrics) table_.add_row(row);
  if (!table_.rows().empty()) table_.write(folder_.file("metrics.csv"));
  if (from.is_done()) return;
  require_same_files(folder_.path(), state.record, record_);
  optimizer_.load_state(SafetensorsFile(from.checkpoint / kOptimizerFile));
  log_info(str("goes on after step ", step_, " of ", plan_.steps));
}

void AdaptRun::train() {
  const Precision precision = resolve_training_precision(options_.machine.precision, device_);
  log_info(str("training in ", precision_name(precision)));
  learner_.network->encoder->set_precision(precision);
  try {
    for (;;) {
      if (table_.rows().size() < plan_.rounds_ended(step_)) finish_round();
      if (step_ == plan_.steps) break;
      train_round();
    }
  } catch (const Stopped& stopped) {
    const bool ended = step_ > 0 && plan_.next_validation(step_ - 1) == step_;
    const bool open = !ended || table_.rows().size() < plan_.rounds_ended(step_);
    save(open ? Milestone::kOpenEpoch : Milestone::kEpoch);
    log_warning(str("stopped by signal ", stopped.signal, " after step ", step_,
                    "; last checkpoint: ", folder_.last().string()));
    throw;
  }
}

double AdaptRun::rate_factor(uint64_t step) const {
  return linear_schedule(step, plan_.steps,
                         static_cast<uint64_t>(options_.plan.warmup * static_cast<double>(plan_.steps)));
}

void AdaptRun::train_round() {
  const uint64_t end = plan_.next_validation(step_);
  Progress progress(str("to step ", end, " of ", plan_.steps), end - step_, "steps",
                    {.quiet = options_.machine.quiet});
  while (step_ < end) {
    throw_if_stopped();
    const auto start = std::chrono::steady_clock::now();
    sequences_ += static_cast<double>(take_step());
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    progress.add(1);
    if (options_.plan.save_every > 0 && step_ % options_.plan.save_every == 0 && step_ < end)
      save(Milestone::kOpenEpoch);
  }
}

/// Returns how many sequences the step had.
size_t AdaptRun::take_step() try {
  constexpr uint64_t kMasks = 2;
  const std::vector<uint32_t> rows = plan_.rows(step_);
  std::vector<Pass> passes;
  for (size_t first = 0; first < rows.size(); first += options_.plan.batch_size) {
    const auto batch =
        std::span(rows).subspan(first, std::min(options_.plan.batch_size, rows.size() - first));
    passes.push_back(learner_.objective->prepare(*training_, batch, hash_key(options_.seed, step_, kMasks),
                                                 first, device_));
  }
  add_gradients(*learner_.objective, *learner_.network->encoder, passes, hash_key(options_.seed, step_),
                losses_);
  const torch::Tensor norm = optimizer_.gradient_norm();
  const double factor = rate_factor(step_);
  const OptimizerOptions& rates = options_.optimizer;
  finite_.take_step({step_ + 1, rates.lr * factor, rates.head_lr * factor}, norm, names_, losses_);
  optimizer_.step(factor, norm);
  ++step_;
  return rows.size();
} catch (const std::exception& error) {
  if (!is_out_of_memory(error)) throw;
  fail_system("out of memory with ", field("batch_size"), " ", options_.plan.batch_size, " and ",
              field("max_length"), " ", options_.corpus.max_length, "; smaller ones need less, and ",
              field("grad_accumulation"), " makes up for a small batch");
}

void AdaptRun::finish_round() {
  std::vector<std::string> figures;
  {
    Progress progress("validation", validation_->size(), "sequences", {.quiet = options_.machine.quiet});
    figures =
        learner_.objective->figures(score_texts(*learner_.objective, *learner_.network->encoder, *validation_,
                                                options_.plan.batch_size, device_, progress));
  }
  std::vector<std::string> row = {
      fixed_text(static_cast<double>(step_) / static_cast<double>(plan_.steps_per_epoch()), 4), str(step_),
      number_text(options_.optimizer.lr * rate_factor(step_ - 1)), fixed_text(losses_.mean(0), 6)};
  row.insert(row.end(), figures.begin(), figures.end());
  table_.add_row(row);
  losses_.reset();
  save(Milestone::kEpoch);
  table_.write(folder_.file("metrics.csv"));
  std::string said = str("step ", step_, " of ", plan_.steps, ":");
  for (size_t i = 3; i < row.size(); ++i) said += str(i == 3 ? " " : ", ", table_.columns()[i], " ", row[i]);
  if (seconds_ > 0) said += str(" (", std::llround(sequences_ / seconds_), " sequences/s)");
  log_info(said);
}

void AdaptRun::save(Milestone milestone) const {
  finite_.require_finite(names_, losses_);
  std::vector<std::pair<std::string, torch::Tensor>> tensors = optimizer_.state();
  for (const Parameter& parameter : learner_.tensors())
    tensors.emplace_back(parameter.name, parameter.tensor);
  require_finite(tensors, str("after step ", step_));
  folder_.add_checkpoint(step_, milestone, [&](const fs::path& to) {
    learner_.write(to, str("After step ", step_, " of ", plan_.steps, "."));
    write_run_state(to, {.step = step_,
                         .metrics = table_.rows(),
                         .losses = losses_.sums(),
                         .options = options_.resume.identity,
                         .encoder = {},
                         .record = record_});
    const bool done = step_ == plan_.steps && table_.rows().size() == plan_.rounds_ended(step_);
    if (!done) save_tensors(to / kOptimizerFile, optimizer_.state());
    write_file_list(to);
  });
}

void AdaptRun::finish() const {
  std::string note = str("After ", step_, " steps of ",
                         learner_.head.is_empty() ? "SimCSE" : "masked-language-model", " training");
  for (size_t i = 4; i < table_.columns().size(); ++i)
    note += str(i == 4 ? ": " : ", ", table_.columns()[i], " ", table_.rows().back()[i]);
  if (options_.out.has_parent_path()) fs::create_directories(options_.out.parent_path());
  write_folder_atomic(options_.out, [&](const fs::path& to) { learner_.write(to, note + "."); });
  if (fs::exists(folder_.file(kTokens))) remove_folder_atomic(folder_.file(kTokens));
  log_info("wrote " + options_.out.string());
}

/// Opens the texts of a run; its folder is removed when they turn out to be wrong.
void open_texts(AdaptRun& run, const RunFolder& folder, const CorpusOptions& corpus) try {
  run.open_texts(corpus);
} catch (...) {
  folder.remove_unless_begun();
  throw;
}

}  // namespace

void adapt(const AdaptOptions& options, const std::function<RunFolder()>& make_run) {
  at::set_num_threads(options.machine.threads);
  const torch::Device device = choose_device(options.machine.device);
  const std::optional<ResumedAdapt> resumed = load_last(options);
  CorpusOptions corpus = options.corpus;
  corpus.join = options.objective == ObjectiveKind::kMaskedLm;
  corpus.threads = options.machine.threads;
  corpus.quiet = options.machine.quiet;
  if (!resumed) require_texts(corpus);
  Learner learner = load_learner(options, resumed ? resumed->checkpoint : find_encoder(options.encoder),
                                 options.random_weights && !resumed, device);
  const bool head_is_new = learner.head_is_new;
  const RunFolder folder = make_run();
  AdaptRun run(options, std::move(learner), device, folder);
  if (head_is_new) log_info(options.encoder + ": has no language-model head; a new one is trained with it");
  const bool done = resumed && resumed->is_done();
  if (!done) open_texts(run, folder, corpus);
  if (resumed) run.restore(*resumed);
  if (done)
    log_info("all steps are done already");
  else
    run.train();
  run.finish();
}

}  // namespace mtnlp
