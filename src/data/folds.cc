#include "data/folds.h"

#include <numeric>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/numbers.h"
#include "data/split.h"

namespace mtnlp {
namespace {

/// Returns the data set without the rows that are not in `ids`.
Dataset with_rows(const Dataset& dataset, const std::vector<size_t>& ids) {
  Dataset some{dataset.tasks, dataset.sources, {}, dataset.reading, {}};
  for (const size_t id : ids) some.rows.push_back(dataset.rows[id]);
  return some;
}

void require_units(const Dataset& dataset, size_t folds) {
  std::set<std::string_view> units;
  for (const DatasetRow& row : dataset.rows)
    if (!dataset.sources[row.source].part) units.insert(row.group);
  if (units.size() < folds)
    fail_input(folds, " folds cannot be made of ", units.size(), units.size() == 1 ? " group" : " groups",
               " of rows; rows of one group, or else of equal texts, stay in one fold");
}

}  // namespace

std::optional<Fold> parse_fold(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto number = parse_number<size_t>(text.substr(0, slash)),
             of = parse_number<size_t>(text.substr(slash + 1));
  if (!number || !of || *of < 2 || *of > kMostFolds || *number < 1 || *number > *of) return std::nullopt;
  return Fold{*number, *of};
}

std::string fold_text(const Fold& fold) {
  return str(fold.number, "/", fold.of);
}

std::vector<size_t> fold_rows(const Dataset& dataset, size_t folds, uint64_t seed) {
  require_units(dataset, folds);
  std::vector<size_t> left(dataset.rows.size());
  std::iota(left.begin(), left.end(), size_t{0});
  std::vector<size_t> fold_of(left.size());
  for (size_t fold = 1; fold < folds; ++fold) {
    const double share = 1.0 / static_cast<double>(folds - fold + 1);
    const SplitOptions cut{.shares = {1 - share, 0, share}, .seed = seed, .few_units = 0};
    const std::vector<Part> parts = split_rows(with_rows(dataset, left), cut, nullptr);
    std::vector<size_t> kept;
    for (size_t i = 0; i < left.size(); ++i) {
      if (parts[i] == Part::kTest)
        fold_of[left[i]] = fold;
      else
        kept.push_back(left[i]);
    }
    left = std::move(kept);
  }
  for (const size_t id : left)
    if (!dataset.sources[dataset.rows[id].source].part) fold_of[id] = folds;
  return fold_of;
}

std::vector<Part> parts_of_fold(const Dataset& dataset, const Fold& fold, uint64_t seed,
                                std::vector<std::string>* warnings) {
  const std::vector<size_t> fold_of = fold_rows(dataset, fold.of, seed);
  std::vector<size_t> others;
  for (size_t id = 0; id < fold_of.size(); ++id)
    if (fold_of[id] != fold.number) others.push_back(id);
  const std::vector<Part> split =
      split_rows(with_rows(dataset, others), {.shares = {0.85, 0.15, 0}, .seed = seed}, warnings);
  std::vector<Part> parts(fold_of.size(), Part::kTest);
  for (size_t i = 0; i < others.size(); ++i) parts[others[i]] = split[i];
  return parts;
}

}  // namespace mtnlp
