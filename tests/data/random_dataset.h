// Datasets made in memory, for the tests of what works on them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "data/dataset.h"
#include "text/fold_text.h"

namespace mtnlp::testing {

/// The class that `target` is; kNoClass for none.
inline constexpr int32_t kNoClass = -1;
inline int32_t class_or_none(Target target) {
  return target.is_none() ? kNoClass : static_cast<int32_t>(target.value());
}

/// Tasks "a", "b", ... with so many classes "0", "1", ... each, and one split source that serves all of them.
inline Dataset empty_dataset(const std::vector<size_t>& classes) {
  Dataset dataset;
  dataset.sources.push_back({});
  dataset.sources[0].file = "data.csv";
  for (size_t task = 0; task < classes.size(); ++task) {
    dataset.tasks.push_back({std::string(1, static_cast<char>('a' + task)), {}});
    for (size_t label = 0; label < classes[task]; ++label)
      dataset.tasks.back().labels.push_back(std::to_string(label));
    dataset.sources[0].tasks.push_back(task);
    dataset.sources[0].label_columns.push_back({dataset.tasks.back().name});
  }
  return dataset;
}

/// Adds a row of these classes, kNoClass where it has none.
inline void add_row(Dataset& dataset, const std::string& text, const std::vector<int32_t>& classes,
                    uint32_t source = 0) {
  uint32_t row = 0;
  for (const DatasetRow& other : dataset.rows)
    row = std::max(row, other.source == source ? other.row + 1 : 0);
  std::vector<Target> targets;
  for (const int32_t label : classes) targets.push_back(label == kNoClass ? kNoTarget : Target(label));
  dataset.rows.push_back({source, row, text, std::move(targets), fold_text(text)});
}

/// `units` texts, each of 1 to `max_unit` rows, with labels of uneven frequency, some of them absent.
inline Dataset random_dataset(const std::vector<size_t>& classes, size_t units, size_t max_unit,
                              uint64_t seed) {
  Dataset dataset = empty_dataset(classes);
  KeyedRandom random(seed);
  for (size_t unit = 0; unit < units; ++unit)
    for (uint64_t rows = 1 + random.below(max_unit); rows > 0; --rows) {
      std::vector<Target> targets;
      bool any = false;
      for (const size_t count : classes) {
        const bool absent = classes.size() > 1 && random.below(4) == 0;
        targets.push_back(absent ? kNoTarget : static_cast<double>(random.below(1 + random.below(count))));
        any = any || !absent;
      }
      if (!any) targets[0] = 0;
      const auto number = static_cast<uint32_t>(dataset.rows.size());
      const std::string text = "unit " + std::to_string(unit);
      dataset.rows.push_back({0, number, text, std::move(targets), text});
    }
  return dataset;
}

}  // namespace mtnlp::testing
