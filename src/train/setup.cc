#include "train/setup.h"

#include <algorithm>

#include "base/field.h"
#include "base/json.h"
#include "base/log.h"
#include "hub/model_card.h"
#include "mtnlp/version.h"
#include "network/keep_layers.h"
#include "network/model.h"
#include "network/tensor_files.h"
#include "network/torch.h"
#include "run/checkpoints.h"
#include "run/find_encoder.h"
#include "run/split_record.h"
#include "tasks/task_kind.h"
#include "train/init_heads.h"

namespace mtnlp {

std::optional<Resumed> load_last(const ResumeOptions& options, const fs::path& encoder) {
  if (options.run.empty()) return std::nullopt;
  const std::string last = read_named_checkpoints(options.run, Need::kLast).last;
  if (last.empty()) {
    require_same_sources(options.run);
    return std::nullopt;
  }
  Resumed resumed{options.run, options.run / "checkpoints" / last, {}, {}};
  resumed.model = load_checkpoint(resumed.checkpoint);  // which verifies all checksums
  resumed.state = read_run_state(resumed.checkpoint);
  require_our_law(resumed.state, resumed.checkpoint);
  require_same_options(resumed.state.options, options.identity, options.defaults, options.free);
  require_same_files(options.run, resumed.state.record, split_checksums(options.run));
  require_same_files(encoder, resumed.state.encoder, encoder_checksums(encoder));
  return resumed;
}

namespace {

/// Gives tasks that the checkpoint of --init has the kind that they have there, unless `files` name one.
void take_kinds(const std::vector<Task>& tasks, std::vector<TaskFile>& files) {
  const auto names_kind = [&](const Task& task) {
    return std::ranges::any_of(
        files, [&](const TaskFile& file) { return file.task == task.name && file.kind != nullptr; });
  };
  for (const Task& task : tasks) {
    if (names_kind(task)) continue;
    for (TaskFile& file : files)
      if (file.task == task.name) file.kind = task.kind;
  }
}

void warn_of_trained(Dataset& dataset, const KnownParts& known) {
  for (size_t source = 0; source < dataset.sources.size(); ++source) {
    const Source& file = dataset.sources[source];
    if (!file.part || *file.part == Part::kTrain) continue;
    if (const size_t rows = count_trained(dataset, source, known); rows > 0)
      dataset.warnings.push_back(str(file.file, ": ", rows, rows == 1 ? " row is" : " rows are",
                                     " among those that ", field("init"), " was trained on"));
  }
}

/// Throws Error where rows that folds hold out are among those that the run of --init knew.
void require_unknown(const Dataset& dataset, const KnownParts& known) {
  const auto is_known = [&](const DatasetRow& row) {
    return !dataset.sources[row.source].part && known.contains(text_key(row.text));
  };
  if (const auto rows = std::ranges::count_if(dataset.rows, is_known); rows > 0)
    fail_input(rows, rows == 1 ? " row is" : " rows are", " known to the run of ", field("init"),
               ", so no fold of them is held out of its training");
}

}  // namespace

TrainingData read_data(DatasetOptions options, uint64_t seed, const std::optional<Fold>& fold,
                       const StartOptions& start, const Resumed* resumed) {
  if (resumed != nullptr) {
    SplitRecord record = read_split_record(resumed->run, resumed->model.settings.tasks);
    return {std::move(record.dataset), std::move(record.parts), {}};
  }
  options.seed = seed;
  std::vector<Task> earlier;
  if (start.init) earlier = read_checkpoint_settings(start.encoder).tasks;
  take_kinds(earlier, options.files);
  TrainingData data{make_dataset(options), {}, {}};
  if (start.init) data.earlier = parts_known_to(start.init->path(), earlier);
  if (fold) {
    require_unknown(data.dataset, data.earlier);
    data.parts = parts_of_fold(data.dataset, *fold, seed, &data.dataset.warnings);
  } else {
    SplitOptions split{.seed = seed};
    if (!data.earlier.empty()) split.known = &data.earlier;
    data.parts = split_rows(data.dataset, split, &data.dataset.warnings);
  }
  warn_of_trained(data.dataset, data.earlier);
  return data;
}

namespace {

/// The checksum of the file that the weights begin with, "" for a random start.
std::string weights_checksum(const StartOptions& start, const std::map<std::string, std::string>& files) {
  if (start.random_weights) return "";
  const fs::path own = transformer_folder(start.encoder);
  const auto found = files.find(weights_file(own).lexically_relative(start.encoder).generic_string());
  return found == files.end() ? "" : found->second;
}

/// Returns the name of a checkpoint without the place of its run: "demo/step-000135".
std::string name_of(const fs::path& checkpoint) {
  const fs::path run = run_of_model(checkpoint);
  return (run.empty() ? checkpoint.filename() : run.filename() / checkpoint.filename()).string();
}

/// What the folder says goes into the checkpoints, so it must not change under a run.
void require_same_modules(const ModelSettings& was, const ModelSettings& now, const std::string& folder) {
  if (was.modules.pooling != now.modules.pooling)
    fail_input(folder, ": its pooling is ", pooling_name(now.modules.pooling), "; the run was started with ",
               pooling_name(was.modules.pooling));
  if (was.cut.truncation != now.cut.truncation)
    fail_input(folder, ": its tokenizer keeps the ", truncation_name(now.cut.truncation),
               " of long texts; the run was started with ", truncation_name(was.cut.truncation));
  if (was.unpooled != now.unpooled)
    fail_input(folder, ": include_prompt of its pooling is not as it was when the run was started");
  const std::string &prompt = was.modules.prompts.default_text(),
                    &prompt_now = now.modules.prompts.default_text();
  if (prompt != prompt_now)
    fail_input(folder, ": its prompt is ", in_quotes(prompt_now), "; the run was started with ",
               in_quotes(prompt));
}

}  // namespace

namespace {

/// Returns how long texts are fitted: as was asked for, else as `init` does, else as the encoder's folder has it.
TextCut choose_cut(const StartOptions& start, const ModelSettings* init, const ModelSettings& folder) {
  return start.cut.over(init != nullptr ? init->cut : TextCut{.truncation = folder.tokenizer->truncation()});
}

}  // namespace

Model make_model(const StartOptions& start, uint64_t seed, const Dataset& dataset,
                 const std::map<std::string, std::string>& files, const Resumed* resumed) {
  std::optional<ModelSettings> init;
  if (start.init) init = read_checkpoint_settings(start.encoder, start.prompt);
  Model model{init ? *init : read_encoder_settings(start.encoder, start.prompt)};
  ModelSettings& settings = model.settings;
  settings.text = dataset.reading.text;
  settings.config.pairs = settings.text.is_pair();
  Encoder encoder = load_encoder(fs::path(start.encoder) / settings.modules.transformer, settings.config,
                                 start.random_weights ? std::optional(seed) : std::nullopt);
  if (!start.keep_layers.empty()) {
    encoder = keep_layers(*encoder, parse_keep_layers(start.keep_layers, settings.config.layers));
    settings.config = encoder->config();
  }
  settings.modules.pooling = start.pooling.value_or(settings.modules.pooling);
  settings.cut = choose_cut(start, init ? &*init : nullptr, settings);
  if (resumed != nullptr) require_same_modules(resumed->model.settings, settings, start.encoder);
  keep_tokenizer_files(start.encoder, settings);
  settings.tasks = dataset.tasks;
  settings.provenance = {{"encoder", init ? init->provenance["encoder"] : encoder_name(start.encoder)},
                         {"encoder_checksum", weights_checksum(start, files)},
                         {"mtnlp", kVersion},
                         {"seed", std::to_string(seed)}};
  if (init) settings.provenance["init"] = name_of(start.init->path());
  const auto tell = [&](const char* key, const std::string& own) {
    const std::string value = init ? init->provenance[key] : own;
    if (!value.empty()) settings.provenance[key] = value;
  };
  tell("base_model", hub_name(start.encoder));
  tell("license", license_in_card(start.encoder));
  check_cut(settings.cut, settings.config, *settings.tokenizer, settings.text.is_pair());
  if (start.dropout >= 0) encoder->set_dropout(start.dropout);
  model.network = Network(encoder, settings);
  model.network->start_heads(seed);
  if (init && resumed == nullptr) {
    for (const std::string& line : take_heads(start.encoder, *init, start.drop_labels, model)) log_info(line);
    for (const std::string& line : random_for_good(*init, settings.tasks, parse_freeze(start.freeze)))
      log_warning(line);
  }
  return model;
}

void learn_tasks(const TrainingData& data, std::vector<Task>& tasks) {
  for (size_t task = 0; task < tasks.size(); ++task) {
    std::vector<Target> training;
    for (const uint32_t row : data.of(Part::kTrain)) training.push_back(data.encoded.target(row, task));
    tasks[task].kind->learn(tasks[task], training);
  }
}

Losses make_losses(const TrainingLoss& options, const std::vector<Task>& tasks, const TrainingData& data) {
  LossOptions loss{options.label_smoothing, options.class_weights, std::vector<double>(tasks.size(), 1),
                   options.laws};
  for (const auto& [name, weight] : options.task_weights)
    loss.task_weights[require_task(tasks, name, field("task_weight"))] = weight;
  return {tasks, loss, data.encoded, data.parts};
}

void log_model(const StartOptions& start, const Model& model) {
  if (start.random_weights) {
    const auto weights = weights_names(transformer_folder(start.encoder));
    log_info(str(start.encoder, ": the encoder starts from random weights, as ", field("random_weights"),
                 " asks", weights.empty() ? "" : "; its " + weights[0] + " is not read"));
  }
  log_info(str("pooling: ", pooling_name(model.settings.modules.pooling),
               start.pooling ? "" : ", as the encoder's folder has it"));
  if (!start.cut.truncation && model.settings.cut.truncation != Truncation::kHead)
    log_info(str("the ", truncation_name(model.settings.cut.truncation),
                 " of long texts is kept, as the encoder's folder has it"));
  if (const std::string& prompt = model.settings.modules.prompts.default_text(); !prompt.empty())
    log_info("before every text: " + in_quotes(prompt));
}

void log_data(const TrainingData& data, const TextCut& cut) {
  for (const std::string& warning : data.warnings) log_warning(warning);
  const size_t truncated = data.encoded.truncated, rows = data.dataset.rows.size();
  if (truncated > 0 && !many_truncated(truncated, rows)) log_info(truncated_text(truncated, rows, cut));
  for (size_t t = 0; t < data.dataset.tasks.size(); ++t) {
    const auto counts = data.labelled(t);
    const Task& task = data.dataset.tasks[t];
    log_info(str("task ", task.name, ": ", task.kind->outline(task), ", ", counts[0], " training, ",
                 counts[1], " validation, ", counts[2], " test rows"));
  }
}

void require_training_rows(const TrainingData& data) {
  for (size_t t = 0; t < data.dataset.tasks.size(); ++t) {
    if (data.labelled(t)[static_cast<size_t>(Part::kTrain)] == 0)
      fail_input("task ", data.dataset.tasks[t].name, " has no training rows");
  }
}

}  // namespace mtnlp
