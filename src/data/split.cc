// Greedy, the rarest strata first; then units move or change places while the sum of squared lacks falls. Ties
// are broken by keys of seed and text alone: the order of files, tasks and strata does not matter.
#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/printable.h"
#include "base/random.h"
#include "data/key_of.h"
#include "data/known_parts.h"
#include "data/split_warnings.h"
#include "data/strata_index.h"

namespace mtnlp {
namespace {

constexpr double kLeastGain = 1e-9;     ///< of Splitter::improve, above what rounding makes
using PerPart = std::array<double, 3>;  ///< by Part

/// What is to be shared out: the rows of one stratum of a task (a class), or all its labelled rows.
struct Stratum {
  double rows = 0;
  size_t units = 0;
  PerPart lack{};     ///< rows still wanted by each part; negative when it has too many
  double weight = 0;  ///< of a row: one row of a rare one matters more
};

struct Unit {
  std::string_view group;
  uint64_t key = 0;
  std::vector<uint32_t> rows;
  using Count = std::pair<size_t, double>;
  std::vector<Count> counts;                   ///< stratum, rows; by stratum
  std::array<bool, 3> open{true, true, true};  ///< parts it may go to
  std::optional<Part> known;                   ///< part that it had before
  size_t rarest = 0;                           ///< of its strata
  size_t part = 0;
};

class Splitter {
 public:
  Splitter(const Dataset& dataset, const SplitOptions& options, std::vector<std::string>* warnings)
      : dataset_(dataset), options_(options), warnings_(warnings), index_(dataset) {
    const auto& shares = options.shares;
    if (std::any_of(shares.begin(), shares.end(), [](double share) { return !(share >= 0 && share <= 1); }) ||
        !(shares[0] > 0))
      fail_input(
          "the shares of train, validation and test must be between 0 and 1, that of train above 0; found ",
          shares[0], ", ", shares[1], ", ", shares[2]);
  }

  std::vector<Part> split() {
    collect_units();
    count_strata();
    close_parts();
    set_targets();
    std::sort(units_.begin(), units_.end(), [&](const Unit& a, const Unit& b) {
      return std::tie(strata_[a.rarest].rows, a.key, a.group) <
             std::tie(strata_[b.rarest].rows, b.key, b.group);
    });
    for (Unit& unit : units_) place(unit, best_part(unit), -1);
    improve();
    std::vector<Part> parts(dataset_.rows.size());
    for (size_t id = 0; id < parts.size(); ++id)
      if (const auto& given = dataset_.sources[dataset_.rows[id].source].part) parts[id] = *given;
    for (const Unit& unit : units_)
      for (const uint32_t row : unit.rows) parts[row] = kParts[unit.part];
    warn_of_parts(parts);
    return parts;
  }

 private:
  void collect_units() {
    std::unordered_map<std::string_view, size_t> unit_of;
    for (size_t id = 0; id < dataset_.rows.size(); ++id) {
      const DatasetRow& row = dataset_.rows[id];
      if (dataset_.sources[row.source].part.has_value()) continue;
      const auto [found, is_new] = unit_of.emplace(row.group, units_.size());
      if (is_new) {
        units_.emplace_back();
        units_.back().group = row.group;
        units_.back().key = hash_key(options_.seed, key_of(row.group));
      }
      units_[found->second].rows.push_back(static_cast<uint32_t>(id));
      if (options_.known != nullptr) know(units_[found->second], row.text);
    }
  }

  void know(Unit& unit, const std::string& text) const {
    const auto found = options_.known->find(text_key(text));
    if (found == options_.known->end()) return;
    unit.known = std::min(unit.known.value_or(found->second), found->second);
  }

  void count_strata() {
    strata_.resize(index_.size());
    for (Unit& unit : units_) {
      std::map<size_t, double> counts;
      for (const uint32_t id : unit.rows)
        for_each_target(id, [&](size_t task, Target target) {
          index_.for_strata(task, target, [&](size_t stratum) { ++counts[stratum]; });
          ++counts[index_.of_task(task)];
        });
      unit.counts.assign(counts.begin(), counts.end());
      for (const auto& [stratum, rows] : unit.counts) {
        strata_[stratum].rows += rows;
        ++strata_[stratum].units;
      }
    }
    for (size_t task = 0; task < dataset_.tasks.size(); ++task) {
      Stratum& all = strata_[index_.of_task(task)];
      all.weight = static_cast<double>(index_.names(task).size()) / all.rows;
      for_each_stratum(task, [](Stratum& stratum, size_t) { stratum.weight = 1 / stratum.rows; });
    }
    for (Unit& unit : units_) {
      const auto rows_of = [&](const auto& count) { return strata_[count.first].rows; };
      unit.rarest = std::ranges::min_element(unit.counts, {}, rows_of)->first;
    }
  }

  /// Closes the parts that are given for a task of a unit, all but train where a stratum is too small, and all
  /// but the known one.
  void close_parts() {
    std::vector<std::array<bool, 3>> open(strata_.size(),
                                          {true, options_.shares[1] > 0, options_.shares[2] > 0});
    for (const Source& source : dataset_.sources)
      for (const size_t task : source.tasks)
        if (source.part) open[index_.of_task(task)][static_cast<size_t>(*source.part)] = false;
    for (size_t task = 0; task < dataset_.tasks.size(); ++task) {
      const auto& of_task = open[index_.of_task(task)];
      if (!of_task[1] && !of_task[2]) continue;
      std::vector<std::string> few;
      size_t units = 0;
      for_each_stratum(task, [&](const Stratum& stratum, size_t index) {
        if (stratum.units == 0 || stratum.units >= options_.few_units) return;
        open[index_.number(task, index)] = {true, false, false};
        few.push_back(shown(index_.names(task)[index]));
        units = stratum.units;
      });
      warn(few_units_warning(dataset_, task, few, options_.few_units, units));
    }
    for (Unit& unit : units_) {
      for (const auto& [stratum, rows] : unit.counts)
        for (const size_t part : {1, 2}) unit.open[part] = unit.open[part] && open[stratum][part];
      if (!unit.known || is_given(unit, *unit.known)) continue;
      unit.open = {};
      unit.open[static_cast<size_t>(*unit.known)] = true;
    }
  }

  /// Says whether `part` is a given part of a task of the unit.
  bool is_given(const Unit& unit, Part part) const {
    return std::ranges::any_of(dataset_.sources, [&](const Source& source) {
      return source.part == part && std::ranges::any_of(source.tasks, [&](size_t task) {
               return std::ranges::find(unit.counts, index_.of_task(task), &Unit::Count::first) !=
                      unit.counts.end();
             });
    });
  }

  /// Adds every unit to what its open parts should get.
  void set_targets() {
    for (const Unit& unit : units_) {
      PerPart shares = options_.shares;
      for (size_t part = 0; part < 3; ++part)
        shares[part] = !unit.open[part]   ? 0
                       : shares[part] > 0 ? shares[part]
                                          : 1;  // the known one may have none
      const double sum = shares[0] + shares[1] + shares[2];
      for (const auto& [stratum, rows] : unit.counts)
        for (size_t part = 0; part < 3; ++part) strata_[stratum].lack[part] += rows * shares[part] / sum;
    }
    for (size_t task = 0; task < dataset_.tasks.size(); ++task)
      for (const size_t part : {1, 2}) want_every_stratum(task, part);
  }

  /// Gives the part one unit at least of each stratum to get, unless that adds clearly to its share.
  void want_every_stratum(size_t task, size_t part) {
    const auto short_of_one = [&](const Stratum& stratum) {
      const double unit = stratum.rows / static_cast<double>(stratum.units);
      return stratum.lack[part] > 0 ? std::max(0.0, unit - stratum.lack[part]) : 0.0;
    };
    Stratum& all = strata_[index_.of_task(task)];
    double extra = 0;
    for_each_stratum(task, [&](const Stratum& stratum, size_t) { extra += short_of_one(stratum); });
    if (extra > 0.1 * all.lack[part]) return;
    for_each_stratum(task, [&](Stratum& stratum, size_t) {
      const double more = short_of_one(stratum);
      for (Stratum* raised : {&stratum, &all}) {
        raised->lack[part] += more;
        raised->lack[0] -= more;
      }
    });
  }

  template <typename Body>
  void for_each_stratum(size_t task, const Body& body) {
    for (size_t i = 0; i < index_.names(task).size(); ++i) body(strata_[index_.number(task, i)], i);
  }

  template <typename Body>
  void for_each_target(size_t id, const Body& body) const {
    for (size_t task = 0; task < dataset_.tasks.size(); ++task)
      if (const Target target = dataset_.rows[id].targets[task]; !target.is_none()) body(task, target);
  }

  /// Returns the part that lacks the unit's rarest stratum most, among equals the one that lacks all its
  /// strata most. (The sum over all of them would not do: common ones, of which train still lacks most, would pull
  /// every rare one there.)
  size_t best_part(const Unit& unit) const {
    const PerPart& rarest = strata_[unit.rarest].lack;
    PerPart all{};
    for (const auto& [stratum, rows] : unit.counts)
      for (size_t part = 0; part < 3; ++part)
        all[part] += rows * strata_[stratum].lack[part] * strata_[stratum].weight;
    auto best = static_cast<size_t>(std::ranges::find(unit.open, true) - unit.open.begin());
    for (size_t part = best + 1; part < 3; ++part) {
      const bool equal = std::abs(rarest[part] - rarest[best]) < 1e-9;
      if (unit.open[part] && (equal ? all[part] > all[best] : rarest[part] > rarest[best])) best = part;
    }
    return best;
  }

  void place(Unit& unit, size_t part, int sign) {
    unit.part = part;
    for (const auto& [stratum, rows] : unit.counts) strata_[stratum].lack[part] += sign * rows;
  }

  /// Moves and exchanges units while that brings the parts nearer to their shares: a large unit may have come
  /// late.
  void improve() {
    constexpr int kPasses = 20;
    const size_t reach = exchange_reach();
    bool better = true;
    for (int pass = 0; pass < kPasses && better; ++pass) {
      better = false;
      for (Unit& unit : units_)
        for (size_t part = 0; part < 3; ++part)
          if (unit.open[part] && gain(unit, part) > kLeastGain) {
            move(unit, part);
            better = true;
          }
      for (size_t first = 0; first < units_.size(); ++first) better = exchange(first, reach) || better;
    }
  }

  /// Returns how many of the units behind it, of the same stratum or the next, a unit may change places with:
  /// the fewer the more there are, since then the parts are near their shares already.
  size_t exchange_reach() const {
    constexpr size_t kWork = 20'000'000;
    size_t counts = 0;
    for (const Unit& unit : units_) counts += unit.counts.size();
    return counts == 0 ? 0 : kWork / counts;
  }

  bool exchange(size_t first, size_t reach) {
    const size_t end = std::min(units_.size(), first + 1 + reach);
    Unit& one = units_[first];
    bool better = false;
    for (size_t second = first + 1; second < end; ++second) {
      Unit& other = units_[second];
      const size_t from = one.part, to = other.part;
      if (from == to || !one.open[to] || !other.open[from]) continue;
      if (gain(one, to) + gain(other, from) + 2 * overlap(one, other) <= kLeastGain) continue;
      move(one, to);
      move(other, from);
      better = true;
    }
    return better;
  }

  void move(Unit& unit, size_t part) {
    place(unit, unit.part, 1);
    place(unit, part, -1);
  }

  /// Returns by how much the sum of squared lacks falls, halved, when the unit moves.
  double gain(const Unit& unit, size_t to) const {
    if (to == unit.part) return 0;
    double gain = 0;
    for (const auto& [stratum, rows] : unit.counts) {
      const PerPart& lack = strata_[stratum].lack;
      gain += rows * (lack[to] - lack[unit.part] - rows) * strata_[stratum].weight;
    }
    return gain;
  }

  /// Returns what two moves gain together beyond what each gains alone, halved: they fill each other's gap.
  double overlap(const Unit& one, const Unit& other) const {
    double sum = 0;
    auto at = other.counts.begin();
    for (const auto& [stratum, rows] : one.counts) {
      while (at != other.counts.end() && at->first < stratum) ++at;
      if (at == other.counts.end()) break;
      if (at->first == stratum) sum += rows * at->second * strata_[stratum].weight;
    }
    return sum;
  }

  void warn(const std::string& warning) const {
    if (warnings_ != nullptr && !warning.empty()) warnings_->push_back(warning);
  }

  void warn_of_parts(const std::vector<Part>& parts) const {
    for (const std::string& line : empty_part_warnings(dataset_, parts, options_.shares)) warn(line);
    for (size_t task = 0; task < dataset_.tasks.size(); ++task) {
      std::vector<StratumOutcome> outcomes;
      for (size_t i = 0; i < index_.names(task).size(); ++i) {
        const Stratum& stratum = strata_[index_.number(task, i)];
        outcomes.push_back({index_.names(task)[i], stratum.rows, stratum.units, stratum.lack});
      }
      warn(uneven_warning(dataset_, task, outcomes));
    }
  }

  const Dataset& dataset_;
  const SplitOptions& options_;
  std::vector<std::string>* warnings_;
  StrataIndex index_;
  std::vector<Stratum> strata_;
  std::vector<Unit> units_;
};

}  // namespace

std::vector<Part> split_rows(const Dataset& dataset, const SplitOptions& options,
                             std::vector<std::string>* warnings) {
  return Splitter(dataset, options, warnings).split();
}

}  // namespace mtnlp
