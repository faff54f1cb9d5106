#include "base/statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace mtnlp {
namespace {

/// Returns the integral of cos^power from 0 to `end` by Simpson's rule: with t = sqrt(freedom) · tan(angle) the
/// density of Student's distribution is one of cos^(freedom - 1).
double integral_of_cosine(double power, double end) {
  constexpr int kIntervals = 4000;
  const double width = end / kIntervals;
  double sum = 0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double weight = i == 0 || i == kIntervals ? 1 : i % 2 == 1 ? 4 : 2;
    sum += weight * std::pow(std::max(0.0, std::cos(i * width)), power);
  }
  return sum * width / 3;
}

}  // namespace

double student_t95(double freedom) {
  const double all = integral_of_cosine(freedom - 1, std::numbers::pi / 2);
  double low = 0, high = std::numbers::pi / 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (integral_of_cosine(freedom - 1, middle) < 0.95 * all ? low : high) = middle;
  }
  return std::sqrt(freedom) * std::tan(low);
}

double Estimate::half_width() const {
  if (count < 2) return NAN;
  return student_t95(static_cast<double>(count - 1)) * std::sqrt(variance / static_cast<double>(count));
}

Estimate estimate(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  Estimate result{values.size(), NAN, NAN};
  if (values.empty()) return result;
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.variance = squares / (count - 1);
  return result;
}

double difference_half_width(const Estimate& a, const Estimate& b) {
  if (a.count < 2 || b.count < 2) return NAN;
  const double of_a = a.variance / static_cast<double>(a.count),
               of_b = b.variance / static_cast<double>(b.count);
  if (of_a + of_b == 0) return 0;
  const double freedom =
      (of_a + of_b) * (of_a + of_b) /
      (of_a * of_a / static_cast<double>(a.count - 1) + of_b * of_b / static_cast<double>(b.count - 1));
  return student_t95(freedom) * std::sqrt(of_a + of_b);
}

double sign_test(uint64_t won, uint64_t lost) {
  const auto all = static_cast<double>(won + lost);
  auto k = static_cast<double>(std::min(won, lost));
  double term = std::exp(std::lgamma(all + 1) - std::lgamma(k + 1) - std::lgamma(all - k + 1) -
                         all * std::numbers::ln2);
  double tail = 0;
  for (; term > 0 && tail + term > tail; --k) {  // from the largest down
    tail += term;
    term *= k / (all - k + 1);
  }
  return std::min(1.0, 2 * tail);
}

std::vector<double> holm_corrected(std::span<const double> p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t test) { return p[test]; });
  std::vector<double> corrected(p.size());
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
    corrected[order[rank]] = largest;
  }
  return corrected;
}

size_t values_to_tell_apart(const Estimate& a, const Estimate& b) {
  const double difference = std::abs(a.mean - b.mean), variance = a.variance + b.variance;
  if (!(difference > 0) || std::isnan(variance)) return 0;
  const auto shows = [&](size_t count) {
    const auto n = static_cast<double>(count);
    return student_t95(2 * n - 2) * std::sqrt(variance / n) < difference;
  };
  size_t first = 2,
         end = 1000;  // both factors fall with the count, so bisection finds the first that shows it
  while (first < end) {
    const size_t middle = (first + end) / 2;
    if (shows(middle))
      end = middle;
    else
      first = middle + 1;
  }
  return first;
}

double fisher_test(uint64_t a, uint64_t rows_a, uint64_t b, uint64_t rows_b) {
  const uint64_t hits = a + b, rows = rows_a + rows_b;
  const auto log_choose = [](uint64_t n, uint64_t k) {
    return std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
           std::lgamma(static_cast<double>(n - k) + 1);
  };
  const auto log_probability = [&](uint64_t k) {
    return log_choose(rows_a, k) + log_choose(rows_b, hits - k) - log_choose(rows, hits);
  };
  constexpr double kEqual = 1e-7;  // those that are as likely but for rounding count
  const double limit = log_probability(a) + kEqual;
  double sum = 0;
  for (uint64_t k = hits > rows_b ? hits - rows_b : 0; k <= std::min(hits, rows_a); ++k)
    if (const double log_p = log_probability(k); log_p <= limit) sum += std::exp(log_p);
  return std::min(1.0, sum);
}

}  // namespace mtnlp
