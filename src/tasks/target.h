// What a row is to teach or to be scored by, for one task.
#pragma once

#include <limits>

namespace mtnlp {

/// A number whose meaning is the matter of the task's kind (tasks/task_kind.h): the index of a class, a
/// measured value, the place of a set in a list. Or none, where the row says nothing of the task.
class Target {
 public:
  constexpr Target() = default;
  constexpr Target(double value) : value_(value) {}  // NOLINT(google-explicit-constructor): it is a number

  constexpr bool is_none() const { return value_ != value_; }
  constexpr double value() const { return value_; }
  /// All that say nothing are equal.
  constexpr bool operator==(const Target& other) const {
    return value_ == other.value_ || (is_none() && other.is_none());
  }

 private:
  double value_ = std::numeric_limits<double>::quiet_NaN();
};

inline constexpr Target kNoTarget;

}  // namespace mtnlp
