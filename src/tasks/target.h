// What a row is to teach or to be scored by, for one task.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace mtnlp {

/// Places of labels in Task::labels, ascending, each once.
using LabelSet = std::vector<uint32_t>;

/// Sorts `labels` and leaves out what is there twice, as a LabelSet is.
inline void make_set(LabelSet& labels) {
  // std::unique: clang 14 has no std::ranges::unique.
  std::ranges::sort(labels);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
}

/// A number or a set whose meaning is the matter of the task's kind (tasks/task_kind.h): the index of a class, a
/// measured value, the labels of a row. Or none, where the row says nothing of the task. Copies share the set.
class Target {
 public:
  constexpr Target() = default;
  constexpr Target(double value) : value_(value) {}  // NOLINT(google-explicit-constructor): it is a number
  explicit Target(std::shared_ptr<const LabelSet> set) : set_(std::move(set)) {}

  bool is_none() const { return set_ == nullptr && value_ != value_; }
  double value() const { return value_; }
  /// Returns the set; empty for a number.
  std::span<const uint32_t> set() const {
    return set_ == nullptr ? std::span<const uint32_t>() : std::span<const uint32_t>(*set_);
  }
  /// All that say nothing are equal.
  bool operator==(const Target& other) const {
    if (set_ == nullptr || other.set_ == nullptr)
      return set_ == other.set_ && (value_ == other.value_ || (is_none() && other.is_none()));
    return *set_ == *other.set_;
  }
  /// Orders the targets of one task that are not none.
  bool operator<(const Target& other) const {
    return set_ == nullptr ? value_ < other.value_ : std::ranges::lexicographical_compare(set(), other.set());
  }

 private:
  double value_ = std::numeric_limits<double>::quiet_NaN();
  std::shared_ptr<const LabelSet> set_;
};

inline const Target kNoTarget;

}  // namespace mtnlp
