// metrics.csv of a run.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mtnlp/base/files.h"

namespace mtnlp {

/// metrics.csv, rewritten atomically from all its rows at every change. Cells are as printed.
class MetricsTable {
 public:
  explicit MetricsTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  void add_row(std::vector<std::string> cells);  ///< as many as columns
  void write(const fs::path& file) const;
  static MetricsTable read(const fs::path& file);  ///< throws Error when it is missing or no table
  const std::vector<std::string>& columns() const { return columns_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace mtnlp
