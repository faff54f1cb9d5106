#include "eval/answers.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "tasks/labels.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

size_t count_rows(const std::string& file, const RowOptions& options) {
  const auto reader = open_rows(file, options);
  size_t count = 0;
  for (Row row; reader->next(row);) ++count;
  return count;
}

/// Says whether an empty answer to a task is one: no label.
bool may_be_empty(const Task& task) {
  return std::ranges::any_of(task.kind->answer_columns(), &AnswerColumn::list);
}

/// Reads the answers row by row.
class AnswerFile {
 public:
  AnswerFile(const std::string& file, const std::string& separator, const Dataset& dataset)
      : separator_(separator),
        dataset_(dataset),
        reader_(open_rows(file)),
        metrics_(make_metrics(dataset.tasks)) {
    if (dataset.sources.size() != 1)
      fail_input(reader_->name(), ": answers the rows of one file, not of ", dataset.sources.size(),
                 "; compare them file by file with ", field("task"));
    for (const size_t task : source().tasks)
      columns_.push_back(require_column(*reader_, dataset.tasks[task].name));
    const TextColumns& text = dataset.reading.text;
    if (reader_->format() != RowFormat::kLines &&
        std::ranges::all_of(text.all(), [&](const std::string& name) { return has_text(name); }))
      text_ = std::make_unique<RowText>(*reader_, text);
  }

  void read(std::span<const uint32_t> rows) {
    size_t number = 0;
    auto next = rows.begin();
    for (Row row; reader_->next(row); ++number)
      if (next != rows.end() && dataset_.rows[*next].row == number) add(row, dataset_.rows[*next++]);
    if (next != rows.end())
      fail_input(reader_->name(), ": has ", number, " rows, fewer than ", source().file,
                 ", whose rows it is to answer");
    if (text_) return;
    if (source().checksum.empty())
      fail_input(reader_->name(),
                 ": has no column with the texts, so it may answer other rows than those of ", source().file);
    if (const size_t count = count_rows(source().file, dataset_.reading.rows); count != number)
      fail_input(reader_->name(), ": has ", number, " rows, ", source().file,
                 ", whose rows it is to answer, has ", count);
  }

  std::vector<std::string> warnings() const {
    std::vector<std::string> lines;
    for (const auto& [task, answers] : unknown_) {
      size_t count = 0;
      std::vector<std::string> names;
      for (const auto& [answer, times] : answers) {
        names.push_back(shown(answer));
        count += times;
      }
      lines.push_back(str(reader_->name(), ": ", count, " answers to task \"", dataset_.tasks[task].name,
                          "\" are not among its labels, and count as wrong: ", few_of(names)));
    }
    return lines;
  }

  AllMetrics take_metrics() { return std::move(metrics_); }

 private:
  const Source& source() const { return dataset_.sources[0]; }

  bool has_text(const std::string& name) const {
    return std::ranges::find(reader_->columns(), name) != reader_->columns().end();
  }

  void add(const Row& row, const DatasetRow& of) {
    std::string buffer;
    if (text_ && (*text_)(row, buffer) != of.text)
      reader_->fail(row, str("the text is not that of row ", of.row + 1, " of ", source().file));
    for (size_t i = 0; i < columns_.size(); ++i) {
      const size_t task = source().tasks[i];
      if (of.targets[task].is_none()) continue;
      const std::string answer(trim(row.fields[columns_[i]]));
      if (answer.empty() && !may_be_empty(dataset_.tasks[task]))
        reader_->fail(
            row, str("no answer to task \"", dataset_.tasks[task].name,
                     "\"; every row needs one, and predict leaves some out with ", field("min_confidence")));
      try {
        if (!metrics_[task]->add_answer(of.targets[task], answer, separator_)) ++unknown_[task][answer];
      } catch (const Error& error) {
        reader_->fail(row, error.what());
      }
    }
  }

  const std::string separator_;
  const Dataset& dataset_;
  std::unique_ptr<RowReader> reader_;
  AllMetrics metrics_;
  std::vector<size_t> columns_;  ///< parallel to the tasks of the source
  std::unique_ptr<RowText> text_;
  std::map<size_t, std::map<std::string, size_t>> unknown_;  ///< task → answer → rows
};

}  // namespace

AllMetrics score_answers(const std::string& file, const std::string& separator, const Dataset& dataset,
                         std::span<const uint32_t> rows, std::vector<std::string>& warnings) {
  AnswerFile answers(file, separator, dataset);
  answers.read(rows);
  warnings = answers.warnings();
  return answers.take_metrics();
}

}  // namespace mtnlp
