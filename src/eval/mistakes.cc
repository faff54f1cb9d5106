#include "eval/mistakes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/numbers.h"
#include "data/row_places.h"
#include "data/row_reader.h"
#include "tasks/task_kind.h"
#include "text/segments.h"

namespace mtnlp {
namespace {

struct Mistake {
  size_t task;
  uint32_t row;
  const std::string* answer;
  double confidence, error;

  auto order() const {
    const double sure = std::isnan(confidence) ? -std::numeric_limits<double>::infinity() : confidence;
    return std::tuple(-sure, -error, row, task);
  }
};

std::vector<Mistake> find_mistakes(const AllMetrics& metrics, const std::vector<AnsweredRows>& answered) {
  std::vector<Mistake> mistakes;
  for (size_t task = 0; task < metrics.size(); ++task) {
    const auto figures = metrics[task]->row_figures();
    const AnsweredRows& own = answered[task];
    for (size_t i = 0; i < own.rows.size(); ++i)
      if (const double error = figures->error(i); error > 0)
        mistakes.push_back({task, own.rows[i], &own.answers[i], figures->confidence(i), error});
  }
  std::ranges::sort(mistakes, {}, &Mistake::order);
  return mistakes;
}

}  // namespace

size_t write_mistakes(std::ostream& out, const Dataset& dataset, const AllMetrics& metrics,
                      const std::vector<AnsweredRows>& answered) {
  const std::vector<Mistake> mistakes = find_mistakes(metrics, answered);
  std::set<uint32_t> rows;
  for (const Mistake& mistake : mistakes) rows.insert(mistake.row);
  const std::map<uint32_t, size_t> lines = read_lines(dataset, rows);
  const bool pairs = dataset.reading.text.is_pair();
  std::vector<std::string> header = {"task", "file", "line", "text", "label", "predicted", "probability"};
  if (pairs) header.insert(header.begin() + 4, "pair");
  out << csv_line(header);
  for (const Mistake& mistake : mistakes) {
    const Task& task = dataset.tasks[mistake.task];
    const DatasetRow& row = dataset.rows[mistake.row];
    const std::string confidence = std::isnan(mistake.confidence) ? "" : fixed_text(mistake.confidence, 4);
    const auto [first, second] = segments_of(row.text);
    std::vector<std::string> cells = {task.name,
                                      dataset.sources[row.source].file,
                                      str(lines.at(mistake.row)),
                                      std::string(first),
                                      task.kind->text(task, row.targets[mistake.task]),
                                      *mistake.answer,
                                      confidence};
    if (pairs) cells.insert(cells.begin() + 4, std::string(second.value_or("")));
    out << csv_line(cells);
  }
  return mistakes.size();
}

}  // namespace mtnlp
