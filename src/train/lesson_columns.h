// What a teacher says of a text, as the columns of `predict --all-probabilities` have it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/row_reader.h"
#include "tasks/task.h"

namespace mtnlp {

/// Finds in the rows of one file what they teach a task: TaskKind::lesson.
class LessonColumns {
 public:
  /// Borrows both. Throws Error for a file without the columns of the task.
  LessonColumns(RowReader& reader, const Task& task);

  /// Returns the lesson of a row: the probability of each label, or the number. Throws RowError for what is none.
  std::vector<double> operator()(const Row& row) const;

 private:
  std::string object_name() const { return task_.name + ".probabilities"; }
  void find_labels();
  double checked(const Row& row, const std::string& label, std::optional<double> value,
                 const std::string& text) const;
  std::vector<double> values_of_cells(const Row& row) const;
  std::vector<double> values_of_object(const Row& row) const;
  std::vector<double> number_of(const Row& row) const;

  RowReader& reader_;
  const Task& task_;
  bool json_;
  std::vector<size_t> places_;  ///< of the columns
};

}  // namespace mtnlp
