#include "mtnlp/infer/predictions.h"

#include "mtnlp/base/json.h"
#include "mtnlp/eval/metrics.h"
#include "mtnlp/infer/batches.h"
#include "mtnlp/model/torch.h"

namespace mtnlp {
namespace {

std::string tsv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) line += '\t';
    for (const char c : field) line += c == '\t' || c == '\n' || c == '\r' ? ' ' : c;
  }
  return line + '\n';
}

}  // namespace

PredictionWriter::PredictionWriter(std::ostream& out, RowFormat format,
                                   const std::vector<std::string>& columns, const Model& model)
    : out_(out), format_(format), model_(model) {
  std::vector<std::string> header = columns;
  for (const Task& task : model.tasks)
    for (const std::string& column : {task.name, task.name + ".probability"}) {
      if (std::find(columns.begin(), columns.end(), column) != columns.end())
        fail_input("the input already has a column \"", column, "\", which predict would write; rename it");
      header.push_back(column);
    }
  if (format != RowFormat::kJsonl && !columns.empty()) write_fields(header);
}

void PredictionWriter::write_fields(const std::vector<std::string>& fields) {
  out_ << (format_ == RowFormat::kTsv ? tsv_line(fields) : csv_line(fields));
}

void PredictionWriter::write(std::span<const Row> rows, const torch::Tensor& embeddings) {
  const torch::InferenceMode inference;
  std::vector<torch::Tensor> probabilities, guesses;
  for (const Head& head : model_.heads) {
    const torch::Tensor logits = head.forward(embeddings);
    if (const int64_t row = first_not_finite(logits); row >= 0)
      fail_input("line ", rows[static_cast<size_t>(row)].line, ": the logits of task \"",
                 model_.tasks[probabilities.size()].name, "\" are not finite; the model's weights overflow");
    const auto [probability, guess] = torch::softmax(logits, 1).max(1);
    probabilities.push_back(probability.to(torch::kCPU));
    guesses.push_back(guess.to(torch::kCPU));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> fields = rows[i].fields;
    OrderedJson object;
    if (format_ == RowFormat::kJsonl) object = OrderedJson::parse(rows[i].raw);
    for (size_t t = 0; t < model_.tasks.size(); ++t) {
      const std::string& label =
          model_.tasks[t].labels[static_cast<size_t>(guesses[t].const_data_ptr<int64_t>()[i])];
      const std::string probability =
          fixed_text(static_cast<double>(probabilities[t].const_data_ptr<float>()[i]), 4);
      if (format_ == RowFormat::kJsonl) {
        object[model_.tasks[t].name] = label;
        object[model_.tasks[t].name + ".probability"] = std::stod(probability);
      } else {
        fields.push_back(label);
        fields.push_back(probability);
      }
    }
    if (format_ == RowFormat::kJsonl)
      out_ << object.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) << '\n';
    else
      write_fields(fields);
  }
}

}  // namespace mtnlp
