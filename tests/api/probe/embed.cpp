// embed MODEL <LINES: the embeddings of the lines as CSV, which four threads agree on, and behind each what
// predict says of it; of pairs a line is two texts with a tab between them. Messages go to standard error as LEVEL:MESSAGE.
#include <mtnlp/error.h>
#include <mtnlp/log.h>
#include <mtnlp/model.h>
#include <mtnlp/version.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace api = mtnlp::api;

/// Returns the text of a line, or its pair of texts.
template <typename Text>
Text text_of(const std::string& line) {
  if constexpr (std::is_same_v<Text, api::TextPair>) {
    const size_t tab = line.find('\t');
    return {line.substr(0, tab), line.substr(tab + 1)};
  } else {
    return line;
  }
}

/// Prints an answer as predict writes it: of several labels each with its probability.
void print(const api::Task& task, const api::Prediction& answer) {
  if (task.kind == "regression") return void(std::printf(",%.9g", answer.number));
  if (task.kind == "single-label") {
    const auto place = std::find(task.labels.begin(), task.labels.end(), answer.label) - task.labels.begin();
    if (answer.probabilities.at(static_cast<size_t>(place)) != answer.probability) std::printf(",unequal");
    return void(std::printf(",%s,%.4f", answer.label.c_str(), answer.probability));
  }
  std::printf(",");
  for (const std::string& label : answer.labels) std::printf("%s|", label.c_str());
  for (const float probability : answer.probabilities) std::printf(",%.4f", probability);
}

template <typename Text>
int answer(const api::Model& model) {
  std::vector<Text> texts;
  for (std::string line; std::getline(std::cin, line);) texts.push_back(text_of<Text>(line));

  std::vector<api::Embeddings> answers(5);
  answers[0] = model.embed(texts);
  {
    std::vector<std::jthread> threads;
    for (api::Embeddings& answer : std::span(answers).subspan(1))
      threads.emplace_back([&] { answer = api::Model(model).embed(texts); });
  }
  for (const api::Embeddings& answer : answers)
    if (answer.values != answers[0].values || answer.rows() != texts.size() || answer.dim != model.dim())
      return 3;
  std::vector<std::vector<api::Prediction>> predictions(texts.size());
  if (!model.tasks().empty()) predictions = model.predict(texts);

  for (size_t i = 0; i < texts.size(); ++i) {
    for (size_t d = 0; d < model.dim(); ++d) std::printf(d == 0 ? "%.9g" : ",%.9g", answers[0].row(i)[d]);
    for (size_t task = 0; task < predictions[i].size(); ++task) print(model.tasks()[task], predictions[i][task]);
    std::printf(",%zu\n", model.count_tokens(texts[i]));
  }
  return 0;
}

int main(int argc, char** argv) try {
  api::set_log([](api::LogLevel level, const std::string& message) {
    std::fprintf(stderr, "%s:%s\n", level == api::LogLevel::kWarning ? "warning" : "info", message.c_str());
  });
  api::ModelOptions options{.threads = 2};
  std::optional<bool> pairs;  // else what the model was trained on
  for (int i = 2; i < argc; ++i) {
    const std::string option = argv[i], value = option.substr(option.find('=') + 1);
    if (option.starts_with("pairs=")) pairs = value == "on";
    if (option.starts_with("precision=")) options.precision = value;
    if (option.starts_with("pooling=")) options.pooling = value;
    if (option.starts_with("prompt_text=")) options.prompt_text = value;
    if (option.starts_with("threads=")) options.threads = std::stoi(value);
    if (option.starts_with("normalize=")) options.normalize = value == "on";
  }
  const api::Model model(argv[1], options);
  return pairs.value_or(model.reads_pairs()) ? answer<api::TextPair>(model) : answer<std::string>(model);
} catch (const api::Error& error) {
  std::fprintf(stderr, "error:%s\n", error.what());
  return error.kind() == api::ErrorKind::kInput ? 2 : 1;
}
