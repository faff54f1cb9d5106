// Soft labels (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"): texts with what a teacher says of them,
// the probability of each label of a task, or its number, as `predict --all-probabilities` writes them. Each step trains on
// some of them too.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <torch/types.h>

#include "data/dataset.h"
#include "data/encoded_rows.h"
#include "hub/model_settings.h"
#include "train/loss.h"
#include "train/options.h"

namespace mtnlp {

/// The texts of all files; they are the last rows of an EncodedRows, without targets.
struct SoftLabels {
  /// [tasks] of each the lesson (TaskKind::lesson); empty where there is none.
  using Row = std::vector<std::vector<double>>;

  double weight = 1, temperature = 1;
  uint32_t first = 0;                                 ///< row id of the first text
  std::vector<Row> rows = {};                         ///< [texts]
  std::map<std::string, std::string> checksums = {};  ///< file that they come from → file_checksum

  /// Adds a text, and its `tokens` to `encoded`.
  void add(const TokenIds& tokens, Row row, EncodedRows& encoded);
  /// Returns how many texts teach `task`.
  size_t count(size_t task) const;
  /// Returns the row ids of all texts.
  std::vector<uint32_t> ids() const;
};

/// Returns the text_key of each text that validation and test are for.
std::set<uint64_t> held_out_texts(const Dataset& data, const std::vector<Part>& parts);

/// Reads the files, whose texts stand in the columns of `data.reading`, and adds the tokens of the texts to `encoded`. Puts
/// what is odd about them into `warnings`, and how many are validation or test rows of `data`. Throws Error naming file
/// and line for what is no lesson of the task.
SoftLabels read_soft_labels(const SoftOptions& options, const Dataset& data, const std::vector<Part>& parts,
                            const ModelSettings& settings, int threads, EncodedRows& encoded,
                            std::vector<std::string>& warnings);

/// The soft labels of each step: one random order of them after another, cut into steps of equal size.
class SoftSteps {
 public:
  /// Makes steps of `labels`, at least one: as many rows as `plan` has for labelled ones, or all when these are fewer.
  SoftSteps(SoftLabels labels, const PlanOptions& plan);

  const SoftLabels& labels() const { return labels_; }

  /// Returns the row ids of step `index` of the run, by micro-batch.
  std::vector<std::vector<uint32_t>> micro_batches(uint64_t index) const;
  /// Returns Σ_task weight · task_weight · the mean loss over the step's rows of the task, of which `batch` has a part, as
  /// a scalar to call backward on. `embeddings` [B, D] are those of `batch`; `step` all micro-batches.
  torch::Tensor loss(const NetworkImpl& network, const torch::Tensor& embeddings,
                     const std::vector<uint32_t>& batch, const std::vector<std::vector<uint32_t>>& step,
                     const Losses& losses) const;

 private:
  SoftLabels labels_;
  size_t step_rows_, batch_size_;
  uint64_t seed_;
};

}  // namespace mtnlp
