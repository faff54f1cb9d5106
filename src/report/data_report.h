// The findings of check_data, as tables and as JSON.
#pragma once

#include <string>

#include "base/json.h"
#include "data/data_check.h"

namespace mtnlp {

/// Returns tables for a terminal: files, rows of each class and part, findings, lengths. Leaves out the
/// warnings.
std::string data_check_tables(const DataCheck& check);

/// Returns everything as JSON, with the warnings.
OrderedJson data_check_json(const DataCheck& check);

}  // namespace mtnlp
