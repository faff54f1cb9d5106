#include "infer/predictions.h"

#include <cmath>

#include "base/numbers.h"
#include "infer/batches.h"
#include "network/torch.h"

namespace mtnlp {

std::vector<AddedColumn> prediction_columns(const Model& model, const std::string& prefix) {
  std::vector<AddedColumn> columns;
  for (const Task& task : model.tasks) {
    columns.push_back({prefix + task.name});
    columns.push_back({prefix + task.name + ".probability", true});
  }
  return columns;
}

void write_predictions(std::span<const TextRow> rows, const torch::Tensor& embeddings, const Model& model,
                       const TextRows& source, RowWriter& out) {
  const torch::InferenceMode inference;
  std::vector<torch::Tensor> probabilities, guesses;
  for (const Head& head : model.heads) {
    const auto [probability, guess] = torch::softmax(head.forward(embeddings), 1).max(1);
    probabilities.push_back(probability.to(torch::kCPU));
    guesses.push_back(guess.to(torch::kCPU));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].sound()) {
      out.write_without_values(rows[i].row);
      continue;
    }
    std::vector<std::string> values;
    for (size_t t = 0; t < model.tasks.size(); ++t) {
      const auto probability = static_cast<double>(probabilities[t].const_data_ptr<float>()[i]);
      if (!std::isfinite(probability))
        source.fail(rows[i], str("the probability of task \"", model.tasks[t].name,
                                 "\" is not finite; weights of its head are NaN or too large"));
      values.push_back(model.tasks[t].labels[static_cast<size_t>(guesses[t].const_data_ptr<int64_t>()[i])]);
      values.push_back(fixed_text(probability, 4));
    }
    out.write(rows[i].row, values);
  }
}

}  // namespace mtnlp
