#include "train/soft_labels.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/field.h"
#include "base/printable.h"
#include "base/random.h"
#include "data/given_files.h"
#include "data/known_parts.h"
#include "data/text_rows.h"
#include "network/torch.h"
#include "train/lesson_columns.h"

namespace mtnlp {
namespace {

/// Reads the texts of one file.
void read_file_of(size_t task, const std::string& file, const Dataset& data,
                  const std::set<uint64_t>& held_out, const ModelSettings& settings, int threads,
                  EncodedRows& encoded, SoftLabels& labels, std::vector<std::string>& warnings) {
  require_data_file(file);
  const auto reader = open_rows(file);
  const LessonColumns lesson_of(*reader, data.tasks[task]);
  const TextFileOptions options{.reading = {.columns = data.reading.text,
                                            .cut = settings.cut,
                                            .threads = threads,
                                            .keep_going = data.reading.keep_going},
                                .quiet = true};
  size_t texts = 0, of_other_parts = 0;
  std::string buffer;
  read_texts(*reader, settings.tokenizer.get(), options, warnings,
             [&](const TextRow& text, const RowText& text_of) {
               SoftLabels::Row row(data.tasks.size());
               row[task] = lesson_of(text.row);
               of_other_parts += held_out.contains(text_key(text_of(text.row, buffer)));
               labels.add(text.tokens, std::move(row), encoded);
               ++texts;
             });
  if (texts == 0) fail_input(file, ": holds no rows with a text");
  labels.checksums[file] = file_checksum(file);
  if (of_other_parts > 0)
    warnings.push_back(str(file, ": ", of_other_parts, of_other_parts == 1 ? " text is" : " texts are",
                           " among the validation or test rows, and trained on"));
}

}  // namespace

void SoftLabels::add(const TokenIds& tokens, Row row, EncodedRows& encoded) {
  rows.push_back(std::move(row));
  encoded.add(tokens);
  encoded.targets.insert(encoded.targets.end(), encoded.tasks, kNoTarget);
}

size_t SoftLabels::count(size_t task) const {
  return static_cast<size_t>(std::ranges::count_if(rows, [&](const Row& row) { return !row[task].empty(); }));
}

std::vector<uint32_t> SoftLabels::ids() const {
  std::vector<uint32_t> ids(rows.size());
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

std::set<uint64_t> held_out_texts(const Dataset& data, const std::vector<Part>& parts) {
  std::set<uint64_t> keys;
  for (size_t row = 0; row < data.rows.size(); ++row)
    if (parts[row] != Part::kTrain) keys.insert(text_key(data.rows[row].text));
  return keys;
}

SoftLabels read_soft_labels(const SoftOptions& options, const Dataset& data, const std::vector<Part>& parts,
                            const ModelSettings& settings, int threads, EncodedRows& encoded,
                            std::vector<std::string>& warnings) {
  SoftLabels labels{options.weight, options.temperature, static_cast<uint32_t>(encoded.size())};
  if (options.files.empty()) return labels;
  const std::set<uint64_t> held_out = held_out_texts(data, parts);
  for (const auto& [name, file, kind] : options.files) {
    const size_t task = require_task(data.tasks, name, field("soft"));
    read_file_of(task, file, data, held_out, settings, threads, encoded, labels, warnings);
  }
  return labels;
}

SoftSteps::SoftSteps(SoftLabels labels, const PlanOptions& plan)
    : labels_(std::move(labels)),
      step_rows_(std::min(plan.batch_size * plan.grad_accumulation, labels_.rows.size())),
      batch_size_(plan.batch_size),
      seed_(plan.seed) {}

std::vector<std::vector<uint32_t>> SoftSteps::micro_batches(uint64_t index) const {
  constexpr uint64_t kOrder = 1;
  const uint64_t texts = labels_.rows.size();
  std::vector<std::vector<uint32_t>> batches;
  for (size_t i = 0; i < step_rows_; ++i) {
    if (i % batch_size_ == 0) batches.emplace_back();
    const uint64_t place = index * step_rows_ + i;
    const KeyedOrder pass(hash_key(seed_, place / texts, kOrder), texts);
    batches.back().push_back(labels_.first + static_cast<uint32_t>(pass[place % texts]));
  }
  return batches;
}

torch::Tensor SoftSteps::loss(const NetworkImpl& network, const torch::Tensor& embeddings,
                              const std::vector<uint32_t>& batch,
                              const std::vector<std::vector<uint32_t>>& step, const Losses& losses) const {
  const auto taught_in = [&](uint32_t id, size_t task) -> const std::vector<double>& {
    return labels_.rows[id - labels_.first][task];
  };
  torch::Tensor loss;
  for (size_t task = 0; task < network.heads.size(); ++task) {
    std::vector<int64_t> places;
    std::vector<double> lessons;
    for (size_t i = 0; i < batch.size(); ++i) {
      const std::vector<double>& own = taught_in(batch[i], task);
      if (own.empty()) continue;
      places.push_back(static_cast<int64_t>(i));
      lessons.insert(lessons.end(), own.begin(), own.end());
    }
    if (places.empty()) continue;
    double denominator = 0;
    for (const std::vector<uint32_t>& rows : step)
      denominator += static_cast<double>(
          std::ranges::count_if(rows, [&](uint32_t id) { return !taught_in(id, task).empty(); }));
    const torch::Tensor outputs = network.heads[task]->forward(
        embeddings.index_select(0, torch::tensor(places, torch::kInt64).to(embeddings.device())));
    const torch::Tensor taught =
        torch::tensor(lessons, torch::kFloat64).reshape(outputs.sizes()).to(outputs.device());
    const torch::Tensor share = losses.of(task).soft_sum(outputs, taught, labels_.temperature) *
                                (labels_.weight * losses.task_weight(task) / denominator);
    loss = loss.defined() ? loss + share : share;
  }
  return loss;
}

}  // namespace mtnlp
