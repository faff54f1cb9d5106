// What stands in a field of a data file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mtnlp {

/// What a field was in the file.
enum class Cell : uint8_t { kText, kAbsent, kNull, kNumber, kBoolean, kList, kObject };

/// Returns the name of a kind of cell for messages: "null", "a number", "a list".
const char* cell_name(Cell cell);

/// A field that a task's target is to be read from.
struct TargetCell {
  std::string_view text;
  std::optional<Cell> type;            ///< none where the format knows nothing but text
  std::function<std::string()> place;  ///< file and line, for messages
  std::string column = {};             ///< its name, where the task has several
};

}  // namespace mtnlp
