#include "mtnlp/train.h"

#include <algorithm>
#include <mutex>
#include <type_traits>

#include "api/errors.h"
#include "api/log.h"
#include "base/json.h"
#include "base/numbers.h"
#include "cli/command_line.h"
#include "eval/evaluator.h"
#include "network/quiet_libtorch.h"
#include "train/libtorch.h"

namespace mtnlp::api {
namespace {

/// Returns the arguments of `mtnlp train`, so that the command line's table of options checks, names and
/// stores them.
class Arguments {
 public:
  explicit Arguments(const TrainOptions& options) {
    for (const std::string& word : options.more)
      for (const char* no : {"--dry-run", "--json", "--k-fold"})
        if (word == no || word.starts_with(str(no, '='))) fail_input(no, " is for the command line");
    const bool init = std::ranges::any_of(options.more, [](const std::string& word) {
      return word == "--init" || word.starts_with("--init=");
    });
    if (options.encoder.empty() && !init) fail_input("encoder is empty; it is the folder to start from");
    if (options.out.empty()) fail_input("out is empty; it is the run folder to make");
    if (!options.encoder.empty()) add("--encoder", options.encoder);
    add("--out", options.out);
    if (options.tasks.empty()) fail_input("tasks is empty; it names one task and its file or more");
    for (const auto& [task, file] : options.tasks) add_pair("--task", task, file);
    for (const auto& [task, file] : options.validation) add_pair("--validation", task, file);
    for (const auto& [task, file] : options.test) add_pair("--test", task, file);
    for (const std::string& column : options.text_columns) add("--text-column", column);
    for (const auto& [task, column] : options.label_columns) add_pair("--label-column", task, column);
    add("--epochs", options.epochs);
    add("--batch-size", options.batch_size);
    add("--max-length", options.max_length);
    add("--lr", options.lr);
    add("--head-lr", options.head_lr);
    add("--seed", options.seed);
    add("--threads", options.threads);
    for (const std::string& word : options.more) words_.push_back(word);
  }
  const std::vector<std::string>& words() const { return words_; }

 private:
  void add(const std::string& option, const std::string& value) { words_.push_back(option + "=" + value); }
  template <typename Number>
  void add(const std::string& option, const std::optional<Number>& value) {
    if constexpr (std::is_integral_v<Number>) {
      if (value) add(option, str(*value));
    } else if (value) {
      add(option, number_text(*value));
    }
  }
  void add_pair(const std::string& option, const std::string& name, const std::string& value) {
    add(option, name + "=" + value);
  }

  std::vector<std::string> words_;
};

TaskScores scores_of(const std::string& task, const OrderedJson& metrics) {
  TaskScores scores{task, {}};
  for (const auto& [name, value] : metrics.items())
    if (value.is_number()) scores.scores[name] = value.get<double>();
  return scores;
}

}  // namespace

TrainResult train(const TrainOptions& options) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  return with_api_errors([&] {
    use_log_handler();
    with_quiet_libtorch([&] { cli::train_quietly(Arguments(options).words(), libtorch()); });
    TrainResult result{options.out, {}};
    const fs::path test = fs::path(options.out) / "test.json";
    if (!fs::exists(test)) return result;  // `more` asked for no test
    const OrderedJson scores = read_test_scores(test);
    for (const auto& [task, metrics] : scores.items()) result.test.push_back(scores_of(task, metrics));
    return result;
  });
}

}  // namespace mtnlp::api
