// What predict writes: the input row with NAME and NAME.probability per task.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <vector>

#include <torch/types.h>

#include "mtnlp/data/row_reader.h"
#include "mtnlp/model/model.h"

namespace mtnlp {

/// Writes rows in the input's own format: CSV, TSV and JSONL keep theirs, plain lines become CSV with the
/// column "text". Throws Error when the input has a column that a task would write.
class PredictionWriter {
 public:
  /// Writes the header, where the format has one.
  PredictionWriter(std::ostream& out, RowFormat format, const std::vector<std::string>& columns,
                   const Model& model);

  /// `embeddings` [rows, D] on the device of the heads.
  void write(std::span<const Row> rows, const torch::Tensor& embeddings);

 private:
  void write_fields(const std::vector<std::string>& fields);

  std::ostream& out_;
  RowFormat format_;
  const Model& model_;
};

}  // namespace mtnlp
