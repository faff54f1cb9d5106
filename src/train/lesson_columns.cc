#include "train/lesson_columns.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/field.h"
#include "base/json.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/words.h"
#include "tasks/regression.h"
#include "tasks/single_label.h"

namespace mtnlp {
namespace {

/// Returns the place of a label; calls `fail` with what is wrong with a text that is none.
template <typename Fail>
size_t require_label(const Task& task, const std::string& label, Fail fail) {
  const auto found = std::ranges::find(task.labels, label);
  if (found == task.labels.end())
    fail(str(" is of no label of the task ", shown(task.name),
             shortened(did_you_mean(label, task.labels), 100)));
  return static_cast<size_t>(found - task.labels.begin());
}

}  // namespace

LessonColumns::LessonColumns(RowReader& reader, const Task& task)
    : reader_(reader), task_(task), json_(is_json(reader.format())) {
  if (!task.kind->has_labels())
    places_.push_back(require_column(reader, task.name));
  else if (json_)
    places_.push_back(*reader.find(object_name()));
  else
    find_labels();
}

void LessonColumns::find_labels() {
  const std::string start = task_.name + ".probability.";
  for (const std::string& label : task_.labels) places_.push_back(require_column(reader_, start + label));
  for (const std::string& column : reader_.columns())
    if (column.starts_with(start))
      require_label(task_, column.substr(start.size()), [&](const std::string& what) {
        fail_input(reader_.name(), ": the column ", shown(column), what);
      });
}

std::vector<double> LessonColumns::operator()(const Row& row) const {
  constexpr double kSlack = 1e-3;  // what rounding to four decimals may cost a task of some labels
  if (!task_.kind->has_labels()) return number_of(row);
  const std::vector<double> values = json_ ? values_of_object(row) : values_of_cells(row);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  if (task_.kind == &single_label() && !(std::abs(sum - 1) <= kSlack))
    reader_.fail(row,
                 str("the probabilities of the task ", shown(task_.name), " have the sum ", sum, ", not 1"));
  return values;
}

double LessonColumns::checked(const Row& row, const std::string& label, std::optional<double> value,
                              const std::string& text) const {
  if (!value || !(*value >= 0 && *value <= 1))
    reader_.fail(row, str("the probability of ", shown(label), " is ", shown(text), "; valid are 0 to 1"));
  return *value;
}

std::vector<double> LessonColumns::values_of_cells(const Row& row) const {
  std::vector<double> values;
  for (size_t i = 0; i < places_.size(); ++i) {
    const std::string& text = row.fields[places_[i]];
    values.push_back(checked(row, task_.labels[i], parse_number<double>(text), text));
  }
  return values;
}

std::vector<double> LessonColumns::values_of_object(const Row& row) const {
  const std::string& text = row.fields[places_[0]];
  if (row.cell(places_[0]) != Cell::kObject)
    reader_.fail(row, str("has no object ", shown(object_name()), ", which predict ",
                          field("all_probabilities"), " writes"));
  std::vector<double> values(task_.labels.size(), -1);
  const Json object = parse_json<Json>(text);
  for (const auto& [label, value] : object.items()) {
    const size_t place = require_label(task_, label, [&, &label = label](const std::string& what) {
      reader_.fail(row, shown(label) + what);
    });
    const auto number = value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
    values[place] = checked(row, label, number, value.dump());
  }
  const auto absent = std::ranges::find(values, -1);
  if (absent != values.end())
    reader_.fail(row, str(shown(object_name()), " lacks the label ",
                          shown(task_.labels[static_cast<size_t>(absent - values.begin())])));
  return values;
}

std::vector<double> LessonColumns::number_of(const Row& row) const {
  const std::string& text = row.fields[places_[0]];
  const auto value = parse_number<double>(text);
  if (!value || !(std::abs(*value) <= kLargestNumber))
    reader_.fail(row, str("the value ", shown(text), " of task ", shown(task_.name),
                          " is not a finite number of at most ", kLargestNumber));
  return {*value};
}

}  // namespace mtnlp
