// Means of few values and what they are worth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mtnlp {

/// Returns the point that |t| of Student's distribution with `freedom` degrees of freedom, at least 1, stays below
/// with a probability of 95 %.
double student_t95(double freedom);

/// A mean over few values.
struct Estimate {
  size_t count = 0;
  double mean = 0;      ///< NaN without values
  double variance = 0;  ///< of the values, with count - 1 in the denominator; NaN for fewer than 2

  /// Returns half the width of the 95 % interval of the mean; NaN for fewer than 2 values.
  double half_width() const;
};

Estimate estimate(std::span<const double> values);

/// Returns half the width of the 95 % interval of the difference of two means whose values are no pairs (Welch
/// 1947); NaN where one of them has fewer than 2 values.
double difference_half_width(const Estimate& a, const Estimate& b);

/// Returns how many values of each kind would show the difference of the means with these variances, at most
/// 1000; 0 where the means are equal or a variance is not known.
size_t values_to_tell_apart(const Estimate& a, const Estimate& b);

/// Returns the probability that a fair coin, thrown won + lost times, is at least as uneven as this: the exact
/// two-sided sign test, which on the rows that one of two models has right is that of McNemar (1947).
double sign_test(uint64_t won, uint64_t lost);

/// Returns `p` of several tests so corrected that a false finding among all of them is as unlikely as in one (Holm
/// 1979); parallel to `p`.
std::vector<double> holm_corrected(std::span<const double> p);

}  // namespace mtnlp
