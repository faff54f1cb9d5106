#include "mtnlp/model.h"

#include <utility>

#include "api/errors.h"
#include "api/log.h"
#include "base/printable.h"
#include "base/threads.h"
#include "infer/batches.h"
#include "infer/predictor.h"
#include "run/run_folder.h"
#include "tasks/multi_label.h"
#include "tasks/prediction.h"
#include "tasks/regression.h"
#include "tasks/single_label.h"
#include "text/unicode.h"

namespace mtnlp::api {
namespace {

int checked_threads(int threads) {
  if (threads < 0 || threads > 1024) fail_input("threads is ", threads, "; valid are 0 to 1024");
  const int count = threads == 0 ? available_cpus() : threads;
  require_threads(count);  // OpenMP ends the process when it gets none
  return count;
}

PromptChoice prompt_choice(const ModelOptions& options) {
  if (options.prompt && options.prompt_text) fail_input("prompt and prompt_text are both given; give one");
  if (options.prompt && options.prompt->empty()) fail_input("prompt is empty; it is a name of the folder's");
  PromptChoice choice;
  choice.name = options.prompt.value_or("");
  choice.text = options.prompt_text.value_or("");
  choice.none = options.prompt_text && options.prompt_text->empty();
  return choice;
}

Predictor load(const fs::path& folder, const ModelOptions& options) {
  PredictorOptions loading{.prompt = prompt_choice(options)};
  if (!options.precision.empty()) loading.precision = parse_precision(options.precision);
  if (!options.pooling.empty()) loading.pooling = parse_pooling(options.pooling);
  loading.threads = checked_threads(options.threads);
  return load_predictor(folder, loading, /*need_heads=*/false);
}

std::vector<Segments> segments_of_all(std::span<const std::string> texts) {
  std::vector<Segments> segments;
  for (const std::string& text : texts) segments.push_back({text});
  return segments;
}

std::vector<Segments> segments_of_all(std::span<const TextPair> pairs) {
  std::vector<Segments> segments;
  for (const auto& [first, second] : pairs) segments.push_back({first, second});
  return segments;
}

/// Throws Error unless the model of `settings` reads such `texts`.
void check_texts(const ModelSettings& settings, std::span<const Segments> texts) {
  const bool trained = !settings.tasks.empty();
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto [first, second] = texts[i];
    if (!is_valid_utf8(first) || (second && !is_valid_utf8(*second)))
      fail_input("text ", i, ": is not UTF-8");
    if (first.find('\0') != first.npos || (second && second->find('\0') != second->npos))
      fail_input("text ", i, ": holds a zero byte, which no text has");
    if (trained && second.has_value() != settings.text.is_pair())
      fail_input("text ", i,
                 second ? ": is a pair, but the model was trained on single texts"
                        : ": is a single text, but the model was trained on pairs of texts");
  }
}

/// Returns the answer for the outputs of a head for one text, which are finite.
Prediction answer(const mtnlp::Task& task, std::span<const float> outputs) {
  Prediction answer{.probabilities = task.kind->probabilities(task, outputs)};
  if (task.kind == &single_label()) {
    const auto [label, probability] = decode(outputs, task.decision);
    answer.label = task.labels[label];
    answer.probability = probability;
  } else if (task.kind == &multi_label()) {
    for (const uint32_t label : given_labels(label_probabilities(outputs, task.decision), task.decision))
      answer.labels.push_back(task.labels[label]);
  } else {
    answer.number = number_of(task, outputs);
  }
  return answer;
}

}  // namespace

struct [[gnu::visibility("hidden")]] Model::Loaded {
  Loaded(const std::string& model, const ModelOptions& options)
      : predictor(load(resolve_model(model), options)),
        other_pooling(options.pooling),
        normalize(options.normalize.value_or(predictor.settings().modules.normalize)) {
    for (const mtnlp::Task& task : predictor.settings().tasks)
      tasks.push_back({task.name, task.labels, task.kind->name()});
  }

  Matrix embed(std::span<const Segments> texts) const {
    check_texts(predictor.settings(), texts);
    Matrix embeddings = predictor.embed(texts);
    if (const auto bad = first_not_finite(embeddings); bad >= 0)
      fail_input("text ", bad, ": the embedding is not finite; weights of the model are NaN or too large");
    return embeddings;
  }

  Embeddings scaled(std::span<const Segments> texts) const;
  std::vector<std::vector<Prediction>> predict(std::span<const Segments> texts) const;
  size_t count_tokens(const Segments& text) const;

  Predictor predictor;
  std::string other_pooling;  ///< in place of the folder's; empty: none
  bool normalize;
  std::vector<Task> tasks;
};

size_t Model::Loaded::count_tokens(const Segments& text) const {
  const ModelSettings& settings = predictor.settings();
  check_texts(settings, std::span(&text, 1));
  size_t length = 0;
  settings.tokenizer->encode(text, settings.cut, &length);
  return length;
}

Embeddings Model::Loaded::scaled(std::span<const Segments> texts) const {
  Matrix embeddings = embed(texts);
  if (const auto bad = normalize ? scale_to_length_1(embeddings) : -1; bad >= 0)
    fail_input("text ", bad,
               ": the embedding is too long to be scaled to length 1; weights of the model are too large");
  return {predictor.embedder().dim(), std::move(embeddings.values)};
}

std::vector<std::vector<Prediction>> Model::Loaded::predict(std::span<const Segments> texts) const {
  if (tasks.empty())
    fail_input("the model is an encoder folder, which has no tasks; predict needs a run or a checkpoint");
  if (!other_pooling.empty())
    fail_input("pooling is ", shown(other_pooling),
               ", which is for embed; the tasks were trained on the model's own");
  std::vector<std::vector<Prediction>> predictions(texts.size());
  const std::vector<Matrix> outputs = predictor.outputs(embed(texts));
  for (size_t task = 0; task < outputs.size(); ++task) {
    if (const auto bad = first_not_finite(outputs[task]); bad >= 0)
      fail_input("text ", bad, ": the answer of task \"", tasks[task].name,
                 "\" is not finite; weights of its head are NaN or too large");
    for (size_t text = 0; text < texts.size(); ++text)
      predictions[text].push_back(answer(predictor.settings().tasks[task], outputs[task].row(text)));
  }
  return predictions;
}

Model::Model(const std::string& model, const ModelOptions& options)
    : loaded_(with_api_errors([&] {
        use_log_handler();
        return std::make_shared<const Loaded>(model, options);
      })) {}

bool Model::reads_pairs() const {
  return loaded_->predictor.settings().text.is_pair();
}

const std::vector<Task>& Model::tasks() const {
  return loaded_->tasks;
}

size_t Model::dim() const {
  return loaded_->predictor.embedder().dim();
}

size_t Model::max_length() const {
  return loaded_->predictor.settings().cut.longest();
}

size_t Model::count_tokens(const std::string& text) const {
  return with_api_errors([&] { return loaded_->count_tokens({text}); });
}

size_t Model::count_tokens(const TextPair& pair) const {
  return with_api_errors([&] { return loaded_->count_tokens({pair.first, pair.second}); });
}

Embeddings Model::embed(std::span<const std::string> texts) const {
  return with_api_errors([&] { return loaded_->scaled(segments_of_all(texts)); });
}

Embeddings Model::embed(std::span<const TextPair> pairs) const {
  return with_api_errors([&] { return loaded_->scaled(segments_of_all(pairs)); });
}

std::vector<std::vector<Prediction>> Model::predict(std::span<const std::string> texts) const {
  return with_api_errors([&] { return loaded_->predict(segments_of_all(texts)); });
}

std::vector<std::vector<Prediction>> Model::predict(std::span<const TextPair> pairs) const {
  return with_api_errors([&] { return loaded_->predict(segments_of_all(pairs)); });
}

}  // namespace mtnlp::api
