// Intervals of figures: what they would be on other rows like these, 95 times of 100.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mtnlp {

using Interval95 = std::array<double, 2>;  ///< low, high

/// Returns an interval as tables show it: "0.9483 - 0.9864".
std::string interval_text(const Interval95& interval);

/// Returns Wilson's 95 % interval of a share of `hits` in `trials` (Wilson 1927); {0, 1} without trials.
Interval95 wilson_interval(uint64_t hits, uint64_t trials);

/// Returns figures of a sample of rows, in which row i occurs counts[i] times; NaN for one that the sample does
/// not have.
using SampleFigures = std::function<std::vector<double>(std::span<const uint32_t> counts)>;

/// How samples are drawn.
struct BootstrapOptions {
  uint64_t seed = 42;     ///< of all draws
  size_t samples = 1000;  ///< at least 200 are drawn; of these many, so few as keep it to 50 million draws
};

/// Returns 95 % intervals of `values`, the `figures` of `rows` rows: percentiles over samples drawn from the rows
/// with replacement (Efron 1979), widened to the value itself, which a biased figure may leave out. NaN for a value
/// that is NaN, and without rows.
std::vector<Interval95> bootstrap_intervals(size_t rows, std::span<const double> values,
                                            const SampleFigures& figures,
                                            const BootstrapOptions& options = {});

}  // namespace mtnlp
