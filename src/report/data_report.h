// What check_data found, for people and for programs.
#pragma once

#include <string>

#include "base/json.h"
#include "data/data_check.h"

namespace mtnlp {

/// Tables for a terminal: files, rows of each class and part, findings, lengths. Without the warnings.
std::string data_check_tables(const DataCheck& check);

/// All of it, the warnings too.
OrderedJson data_check_json(const DataCheck& check);

}  // namespace mtnlp
