// What a sweep has found: figures over seeds, and what may be said of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/statistics.h"
#include "sweep/record.h"

namespace mtnlp {

/// The runs of one setting that have a result, over its seeds.
struct SettingSummary {
  size_t setting = 0;    ///< index
  size_t rung = 0;       ///< index of the last one that it was in
  uint64_t epochs = 0;   ///< that its runs trained, the most of them
  size_t failed = 0;     ///< runs whose loss was not finite
  double seconds = 0;    ///< mean of a run
  uint64_t trained = 0;  ///< weights in training
  Estimate score;        ///< what `select` compares
  struct Figure {
    std::string task, key;
    Estimate value;
  };
  std::vector<Figure> figures;  ///< of the validation part in the best epochs
};

/// Returns a summary of each setting that started: those without a failed run first, of these those of a later rung, then
/// those with the higher score.
std::vector<SettingSummary> summarize(const SweepRecord& record);

/// Returns summary.csv: a row for each setting and task.
std::string summary_csv(const SweepRecord& record, const std::vector<SettingSummary>& summaries);

/// Returns the table for a terminal, the best `most` settings.
std::string summary_table(const SweepRecord& record, const std::vector<SettingSummary>& summaries,
                          size_t most = 20);

/// Returns one sentence: which setting is the best, ahead of every other that came as far by more than the noise, or
/// that it cannot be told apart from another, and how many seeds would do.
std::string verdict(const SweepRecord& record, const std::vector<SettingSummary>& summaries);

/// Returns "0.9312 ± 0.0041"; the mean alone without an interval, "none" without a mean.
std::string estimate_text(const Estimate& estimate, int digits = 4);

}  // namespace mtnlp
