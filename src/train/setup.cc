#include "setup.h"

#include "mtnlp/base/log.h"
#include "mtnlp/model/checkpoint.h"
#include "mtnlp/model/keep_layers.h"
#include "mtnlp/model/pretrained.h"
#include "mtnlp/model/torch.h"
#include "mtnlp/run/checkpoints.h"
#include "mtnlp/run/split_record.h"

namespace mtnlp {

std::optional<Resumed> load_last(const TrainOptions& options) {
  if (options.resume.empty()) return std::nullopt;
  const std::string last = read_named_checkpoints(options.resume).last;
  if (last.empty()) {
    require_same_sources(options.resume);
    return std::nullopt;
  }
  Resumed resumed{options.resume / "checkpoints" / last, {}, {}};
  resumed.model = load_checkpoint(resumed.checkpoint);  // which verifies all checksums
  resumed.state = read_run_state(resumed.checkpoint);
  require_same_options(resumed.state.options, options.identity, options.defaults);
  require_same_files(options.resume, resumed.state.record, split_checksums(options.resume));
  require_same_files(options.encoder, resumed.state.encoder, encoder_checksums(options.encoder));
  return resumed;
}

TrainingData read_data(const TrainOptions& options, const Resumed* resumed) {
  if (resumed != nullptr) {
    SplitRecord record = read_split_record(options.resume, resumed->model.tasks);
    return {std::move(record.dataset), std::move(record.parts), {}};
  }
  DatasetOptions from = options.data;
  from.seed = options.seed;
  TrainingData data{make_dataset(from), {}, {}};
  data.parts = split_rows(data.dataset, {.seed = options.seed}, &data.dataset.warnings);
  return data;
}

Model make_model(const TrainOptions& options, const std::vector<Task>& tasks, const std::string& checksum) {
  Pretrained pretrained = load_pretrained(options.encoder, /*allow_random=*/true, options.seed);
  Model model;
  model.encoder = pretrained.encoder;
  if (model.encoder->precision() == Precision::kInt8)
    fail_input(options.encoder, ": is in 8 bits, which cannot be trained; name the model it was made from");
  if (!options.keep_layers.empty())
    model.encoder =
        keep_layers(*model.encoder, parse_keep_layers(options.keep_layers, model.encoder->config().layers));
  model.encoder_folder = options.encoder;
  model.tokenizer = load_tokenizer(options.encoder);
  model.pooling = options.pooling;
  model.tasks = tasks;
  model.max_length = options.max_length;
  model.truncation = options.truncation;
  model.provenance = {{"encoder", fs::path(options.encoder).filename().string()},
                      {"encoder_checksum", checksum},
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

void describe(const TrainingData& data) {
  for (const std::string& warning : data.warnings) log_warning(warning);
  for (size_t t = 0; t < data.dataset.tasks.size(); ++t) {
    const auto counts = data.labelled(t);
    const Task& task = data.dataset.tasks[t];
    log_info(str("task ", task.name, ": ", task.labels.size(), " classes, ", counts[0], " training, ",
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
