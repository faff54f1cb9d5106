// metrics.csv of a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace mtnlp {

/// metrics.csv, rewritten atomically from all its rows at every change. Cells are as printed.
class MetricsTable {
 public:
  explicit MetricsTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  void add_row(std::vector<std::string> cells);  ///< adds a row with a cell for each column
  void write(const fs::path& file) const;
  /// Throws Error when it is missing, empty, or has another header than a run's metrics.
  static MetricsTable read(const fs::path& file);
  /// Returns the row of the epoch that ended with `step`.
  std::optional<size_t> row_at(uint64_t step) const;
  const std::vector<std::string>& columns() const { return columns_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace mtnlp
