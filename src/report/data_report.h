// The findings of check_data, as tables and as JSON.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "data/data_check.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// A table of a data check.
struct DataTable {
  std::string title;
  ResultTable table;
};

/// Returns the tables: files, rows of each class and part, findings, lengths. Leaves out the warnings.
std::vector<DataTable> data_check_results(const DataCheck& check);

/// Returns the same for a terminal.
std::string data_check_tables(const DataCheck& check);

/// Returns everything as JSON, with the warnings.
OrderedJson data_check_json(const DataCheck& check);

}  // namespace mtnlp
