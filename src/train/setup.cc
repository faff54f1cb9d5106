#include "train/setup.h"

#include "base/field.h"
#include "base/json.h"
#include "base/log.h"
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

std::optional<Resumed> load_last(const TrainOptions& options) {
  if (options.resume.empty()) return std::nullopt;
  const std::string last = read_named_checkpoints(options.resume, Need::kLast).last;
  if (last.empty()) {
    require_same_sources(options.resume);
    return std::nullopt;
  }
  Resumed resumed{options.resume / "checkpoints" / last, {}, {}};
  resumed.model = load_checkpoint(resumed.checkpoint);  // which verifies all checksums
  resumed.state = read_run_state(resumed.checkpoint);
  if (resumed.state.law != RunState::kLaw)
    fail_input(resumed.checkpoint.string(), ": was trained by law ", resumed.state.law,
               " of dropout and this mtnlp trains by law ", RunState::kLaw,
               ", so it cannot go on with it; eval and predict read it as ever");
  require_same_options(resumed.state.options, options.identity, options.defaults, options.free_options);
  require_same_files(options.resume, resumed.state.record, split_checksums(options.resume));
  require_same_files(options.encoder, resumed.state.encoder, encoder_checksums(options.encoder));
  return resumed;
}

namespace {

/// Returns the parts that the texts of the run in which the checkpoint of --init lies had; none for another.
KnownParts known_parts(const TrainOptions& options) {
  if (!options.init) return {};
  const std::vector<Task> tasks = read_checkpoint_settings(options.encoder).tasks;
  const fs::path run = run_of_model(options.init->path());
  if (run.empty()) {
    log_info(str(options.encoder, ": does not lie in a run, so which rows it trained on is not known"));
    return {};
  }
  require_split_of(options.init->path(), run);
  return read_known_parts(run, tasks);
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

}  // namespace

TrainingData read_data(const TrainOptions& options, const Resumed* resumed) {
  if (resumed != nullptr) {
    SplitRecord record = read_split_record(options.resume, resumed->model.settings.tasks);
    return {std::move(record.dataset), std::move(record.parts), {}};
  }
  DatasetOptions from = options.data;
  from.seed = options.split_seed.value_or(options.seed);
  TrainingData data{make_dataset(from), {}, {}};
  SplitOptions split{.seed = from.seed};
  const KnownParts known = known_parts(options);
  if (!known.empty()) split.known = &known;
  data.parts = split_rows(data.dataset, split, &data.dataset.warnings);
  warn_of_trained(data.dataset, known);
  return data;
}

namespace {

/// The checksum of the file that the weights begin with, "" for a random start.
std::string weights_checksum(const TrainOptions& options, const std::map<std::string, std::string>& files) {
  if (options.random_weights) return "";
  const fs::path own = transformer_folder(options.encoder);
  const auto found = files.find(weights_file(own).lexically_relative(options.encoder).generic_string());
  return found == files.end() ? "" : found->second;
}

/// What the folder says goes into the checkpoints, so it must not change under a run.
void require_same_modules(const ModelSettings& was, const ModelSettings& now, const std::string& folder) {
  if (was.modules.pooling != now.modules.pooling)
    fail_input(folder, ": its pooling is ", pooling_name(now.modules.pooling), "; the run was started with ",
               pooling_name(was.modules.pooling));
  if (was.truncation != now.truncation)
    fail_input(folder, ": its tokenizer keeps the ", truncation_name(now.truncation),
               " of long texts; the run was started with ", truncation_name(was.truncation));
  if (was.unpooled != now.unpooled)
    fail_input(folder, ": include_prompt of its pooling is not as it was when the run was started");
  const std::string &prompt = was.modules.prompts.default_text(),
                    &prompt_now = now.modules.prompts.default_text();
  if (prompt != prompt_now)
    fail_input(folder, ": its prompt is ", in_quotes(prompt_now), "; the run was started with ",
               in_quotes(prompt));
}

}  // namespace

Model make_model(const TrainOptions& options, const std::vector<Task>& tasks,
                 const std::map<std::string, std::string>& files, const Resumed* resumed) {
  std::optional<ModelSettings> init;
  if (options.init) init = read_checkpoint_settings(options.encoder, options.prompt);
  Model model{init ? *init : read_encoder_settings(options.encoder, options.prompt)};
  ModelSettings& settings = model.settings;
  std::optional<uint64_t> seed;
  if (options.random_weights) seed = options.seed;
  Encoder encoder =
      load_encoder(fs::path(options.encoder) / settings.modules.transformer, settings.config, seed);
  if (!options.keep_layers.empty()) {
    encoder = keep_layers(*encoder, parse_keep_layers(options.keep_layers, settings.config.layers));
    settings.config = encoder->config();
  }
  settings.modules.pooling = options.pooling.value_or(settings.modules.pooling);
  settings.truncation =
      options.truncation.value_or(init ? init->truncation : settings.tokenizer->truncation());
  if (resumed != nullptr) require_same_modules(resumed->model.settings, settings, options.encoder);
  keep_tokenizer_files(options.encoder, settings);
  settings.tasks = tasks;
  settings.text = options.data.reading.text;
  settings.max_length = options.max_length.value_or(init ? init->max_length : ModelSettings().max_length);
  settings.provenance = {{"encoder", init ? init->provenance["encoder"] : encoder_name(options.encoder)},
                         {"encoder_checksum", weights_checksum(options, files)},
                         {"mtnlp", kVersion},
                         {"seed", std::to_string(options.seed)}};
  if (init) settings.provenance["init"] = options.encoder;
  check_max_length(settings.max_length, settings.config, field("max_length"));
  if (options.dropout >= 0) encoder->set_dropout(options.dropout);
  model.network = Network(encoder, settings);
  model.network->start_heads(options.seed);
  if (init && resumed == nullptr)
    for (const std::string& line : take_heads(options.encoder, *init, options.drop_labels, model))
      log_info(line);
  return model;
}

Losses make_losses(const TrainOptions& options, const TrainingData& data) {
  const std::vector<Task>& tasks = data.dataset.tasks;
  LossOptions loss{options.label_smoothing, options.class_weights == ClassWeights::kBalanced,
                   std::vector<double>(tasks.size(), 1)};
  for (const auto& [name, weight] : options.task_weights)
    loss.task_weights[require_task(tasks, name, field("task_weight"))] = weight;
  return {tasks, loss, data.encoded, data.parts};
}

void log_model(const TrainOptions& options, const Model& model) {
  if (options.random_weights) {
    const auto weights = weights_names(transformer_folder(options.encoder));
    log_info(str(options.encoder, ": the encoder starts from random weights, as ", field("random_weights"),
                 " asks", weights.empty() ? "" : "; its " + weights[0] + " is not read"));
  }
  log_info(str("pooling: ", pooling_name(model.settings.modules.pooling),
               options.pooling ? "" : ", as the encoder's folder has it"));
  if (!options.truncation && model.settings.truncation != Truncation::kHead)
    log_info(str("the ", truncation_name(model.settings.truncation),
                 " of long texts is kept, as the encoder's folder has it"));
  if (const std::string& prompt = model.settings.modules.prompts.default_text(); !prompt.empty())
    log_info("before every text: " + in_quotes(prompt));
}

void log_data(const TrainingData& data) {
  for (const std::string& warning : data.warnings) log_warning(warning);
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
