// How often each class is right, given and guessed, and the figures that follow from that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"
#include "tasks/intervals.h"

namespace mtnlp {

/// As scikit-learn: macro averages run over the classes that occur in gold or guesses, weighted ones by the
/// rows of each class, and 0/0 is 0.
class ClassCounts {
 public:
  explicit ClassCounts(size_t classes) : hits_(classes), gold_(classes), guesses_(classes) {}

  void add(size_t gold, size_t guess, uint64_t rows = 1) {
    gold_[gold] += rows;
    guesses_[guess] += rows;
    if (gold != guess) return;
    hits_[gold] += rows;
    all_hits_ += rows;
  }

  /// Adds a row of any number of classes; `gold` and `guess` are ascending.
  void add_sets(std::span<const uint32_t> gold, std::span<const uint32_t> guess, uint64_t rows = 1);

  void add_class() {
    for (auto* rows : {&hits_, &gold_, &guesses_}) rows->push_back(0);
  }

  uint64_t hits() const { return all_hits_; }
  uint64_t support(size_t label) const { return gold_[label]; }
  double precision(size_t label) const;
  double recall(size_t label) const;
  double f1(size_t label) const;
  Interval95 precision_interval(size_t label) const { return wilson_interval(hits_[label], guesses_[label]); }
  Interval95 recall_interval(size_t label) const { return wilson_interval(hits_[label], gold_[label]); }
  /// Of the rows that are or are guessed to be the class, a share J is right, and F1 is 2J / (1 + J): Wilson's
  /// interval of J gives that of F1.
  Interval95 f1_interval(size_t label) const;

  /// Adds "precision", "recall", "f1", "support" of a class, and the intervals of the first three, to `json`.
  void write(size_t label, OrderedJson& json) const;

  double accuracy() const;
  double micro_precision() const;  ///< of all guesses
  double micro_recall() const;     ///< of all that is gold
  double micro_f1() const;
  double balanced_accuracy() const;  ///< mean recall of the classes that have rows
  double macro_precision() const;
  double macro_recall() const;
  double macro_f1() const;
  double weighted_precision() const;
  double weighted_f1() const;
  double mcc() const;  ///< Matthews' correlation for any number of classes (Gorodkin 2004)

 private:
  uint64_t rows() const;
  template <typename Score>
  double macro(Score score) const;
  template <typename Score>
  double weighted(Score score) const;

  std::vector<uint64_t> hits_, gold_, guesses_;  ///< [classes] rows
  uint64_t all_hits_ = 0;
};

}  // namespace mtnlp
