#include "data/split_warnings.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/numbers.h"
#include "base/printable.h"

namespace mtnlp {

std::string few_units_warning(const Dataset& dataset, size_t task, const std::vector<std::string>& labels,
                              size_t few, size_t units) {
  if (labels.empty()) return "";
  const std::string what = dataset.reading.group_column.empty() ? "text" : "group";
  const std::string start = str("task \"", dataset.tasks[task].name, "\": ");
  if (labels.size() == 1)
    return str(start, "the label ", labels[0], " has only ", units, " different ", what,
               units == 1 ? "" : "s", "; all its rows train");
  return str(start, labels.size(), " labels have fewer than ", few, " different ", what,
             "s each: ", few_of(labels), "; all their rows train");
}

std::string uneven_warning(const Dataset& dataset, size_t task, const std::vector<StratumOutcome>& strata) {
  constexpr size_t kEnough = 20;
  constexpr double kPoints = 0.03;
  std::vector<std::string> uneven;
  for (const StratumOutcome& stratum : strata) {
    if (stratum.units < kEnough) continue;
    const auto worst = std::ranges::max_element(stratum.lack, {}, [](double rows) { return std::abs(rows); });
    const double points = -*worst / stratum.rows;
    if (std::abs(points) <= kPoints) continue;
    uneven.push_back(str(shown(stratum.name), " (", part_name(kParts[worst - stratum.lack.begin()]), " ",
                         points > 0 ? "+" : "", fixed_text(100 * points, 1), ")"));
  }
  if (uneven.empty()) return "";
  return str("task \"", dataset.tasks[task].name, "\": ", uneven.size(),
             uneven.size() == 1 ? " label is" : " labels are",
             " more than 3 points off the shares of the parts: ", few_of(uneven));
}

std::vector<std::string> empty_part_warnings(const Dataset& dataset, const std::vector<Part>& parts,
                                             const std::array<double, 3>& shares) {
  std::vector<std::string> warnings;
  for (size_t task = 0; task < dataset.tasks.size(); ++task) {
    std::array<size_t, 3> rows{};
    for (size_t id = 0; id < parts.size(); ++id)
      rows[static_cast<size_t>(parts[id])] += !dataset.rows[id].targets[task].is_none();
    for (const Part part : kParts)
      if (rows[static_cast<size_t>(part)] == 0 && shares[static_cast<size_t>(part)] > 0)
        warnings.push_back(str("task \"", dataset.tasks[task].name, "\": no row for ", part_name(part)));
  }
  return warnings;
}

}  // namespace mtnlp
