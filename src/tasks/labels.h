// The labels of one task while its rows are read.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/cell.h"

namespace mtnlp {

/// Returns `text` without white space of ASCII at both ends.
std::string_view trim(std::string_view text);

/// Says whether a cell gives no label: it shows nothing, or is one of the words `missing`.
bool has_no_label(std::string_view cell, const std::vector<std::string>& missing);

/// Sorts `labels` by bytes and returns the new place of each.
std::vector<size_t> sort_labels(std::vector<std::string>& labels);

/// A closed list, or one that grows with what is read.
class Labels {
 public:
  /// Starts a list that grows; `missing` are words that do not count as a label.
  explicit Labels(std::vector<std::string> missing = {}) : missing_(std::move(missing)) {}

  /// Closes the list with `labels`; `origin` says where they come from, for messages. Throws Error when a
  /// label occurs twice, is not UTF-8 or is one of the words that do not count as a label.
  void close(const std::vector<std::string>& labels, std::string origin);
  bool closed() const { return !origin_.empty(); }

  /// Returns the index of the label in a cell, none for a cell without one; throws Error at `place` for a
  /// label that is not UTF-8 or that a closed list lacks.
  std::optional<size_t> find(std::string_view cell, const std::string& task,
                             const std::function<std::string()>& place);

  /// Returns the labels by index.
  std::vector<std::string> names() const;

 private:
  [[noreturn]] void fail_unknown(std::string_view label, const std::string& task,
                                 const std::string& place) const;

  std::vector<std::string> missing_;
  std::map<std::string, size_t, std::less<>> index_;
  std::string origin_;
};

/// What the labels of one task were in files of JSON, where 1 and "1" are different and yet one label.
class LabelKinds {
 public:
  /// Notes what the label in `cell`, of `type`, is.
  void note(std::string_view cell, Cell type);
  /// Returns one line about the labels that were strings in some rows and none in others; "" when there are
  /// none.
  std::string warning(const std::string& task) const;

 private:
  struct Seen {
    bool string = false;
    Cell other = Cell::kText;
  };
  std::map<std::string, Seen, std::less<>> seen_;  ///< of labels that may be written as a number or boolean
};

}  // namespace mtnlp
