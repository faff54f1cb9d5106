#include "eval/suspects.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/numbers.h"
#include "data/row_places.h"
#include "data/row_reader.h"
#include "text/segments.h"

namespace mtnlp {
namespace {

/// Returns the most probable of the classes that reach their threshold; none where none does.
std::optional<size_t> confident_class(std::span<const float> probabilities,
                                      const std::vector<double>& thresholds) {
  std::optional<size_t> best;
  for (size_t c = 0; c < probabilities.size(); ++c)
    if (probabilities[c] >= thresholds[c] && (!best || probabilities[c] > probabilities[*best])) best = c;
  return best;
}

size_t most_probable_other(std::span<const float> probabilities, size_t given) {
  size_t best = given == 0 ? 1 : 0;
  for (size_t c = best + 1; c < probabilities.size(); ++c)
    if (c != given && probabilities[c] > probabilities[best]) best = c;
  return best;
}

}  // namespace

void HeldOutRows::add(uint32_t id, size_t given_class, std::span<const float> probabilities_of_row) {
  ids.push_back(id);
  given.push_back(given_class);
  probabilities.columns = probabilities_of_row.size();
  ++probabilities.rows;
  probabilities.values.insert(probabilities.values.end(), probabilities_of_row.begin(),
                              probabilities_of_row.end());
}

std::vector<double> confident_thresholds(const HeldOutRows& rows) {
  constexpr double kNever = 2;
  std::vector<double> sums(rows.probabilities.columns);
  std::vector<size_t> counts(sums.size());
  for (size_t i = 0; i < rows.given.size(); ++i) {
    sums[rows.given[i]] += rows.probabilities.row(i)[rows.given[i]];
    ++counts[rows.given[i]];
  }
  for (size_t c = 0; c < sums.size(); ++c)
    sums[c] = counts[c] == 0 ? kNever : sums[c] / static_cast<double>(counts[c]);
  return sums;
}

std::vector<std::vector<size_t>> confident_joint(const HeldOutRows& rows) {
  const std::vector<double> thresholds = confident_thresholds(rows);
  const std::vector<size_t> none(thresholds.size());
  std::vector<std::vector<size_t>> joint(thresholds.size(), none);
  for (size_t i = 0; i < rows.given.size(); ++i)
    if (const auto confident = confident_class(rows.probabilities.row(i), thresholds))
      ++joint[rows.given[i]][*confident];
  return joint;
}

std::vector<Suspect> rank_suspects(const HeldOutRows& rows) {
  const std::vector<double> thresholds = confident_thresholds(rows);
  std::vector<Suspect> suspects;
  for (size_t i = 0; i < rows.given.size(); ++i) {
    const std::span<const float> probabilities = rows.probabilities.row(i);
    const size_t given = rows.given[i], other = most_probable_other(probabilities, given);
    suspects.push_back({0, rows.ids[i], given, other, probabilities[given], probabilities[other],
                        confident_class(probabilities, thresholds).value_or(given) != given});
  }
  std::ranges::sort(suspects, {},
                    [](const Suspect& own) { return std::tuple(own.given_probability, own.row); });
  return suspects;
}

void write_suspects(std::ostream& out, const Dataset& dataset, std::span<const Suspect> suspects) {
  std::set<uint32_t> rows;
  for (const Suspect& suspect : suspects) rows.insert(suspect.row);
  const std::map<uint32_t, size_t> lines = read_lines(dataset, rows);
  out << csv_line({"rank", "task", "file", "line", "text", "label", "suggested", "probability",
                   "suggested_probability", "confident"});
  for (size_t i = 0; i < suspects.size(); ++i) {
    const Suspect& own = suspects[i];
    const Task& task = dataset.tasks[own.task];
    const DatasetRow& row = dataset.rows[own.row];
    out << csv_line({str(i + 1), task.name, dataset.sources[row.source].file, str(lines.at(own.row)),
                     shown_segments(row.text), task.labels[own.given], task.labels[own.suggested],
                     fixed_text(own.given_probability, 6), fixed_text(own.suggested_probability, 6),
                     own.confident ? "yes" : "no"});
  }
}

}  // namespace mtnlp
