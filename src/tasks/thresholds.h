// From which probability on a label is given, where a row may have several.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tasks/target.h"

namespace mtnlp {

/// What the threshold of a label aims at.
struct ThresholdRule {
  std::optional<double> precision;  ///< the largest recall with this precision, 0 to 1; none: the largest F1
};

/// Returns the rule that "f1" or "precision:0.9" names; none for any other text.
std::optional<ThresholdRule> parse_threshold_rule(const std::string& text);
/// Returns the text of a rule.
std::string threshold_rule_text(const ThresholdRule& rule);

/// The thresholds of a task.
struct Thresholds {
  std::vector<double> values;        ///< [labels]; 0.5 for a label without rows
  std::vector<size_t> without_rows;  ///< labels that no row has
  std::vector<size_t>
      short_of_it;  ///< labels that reach the precision nowhere: they have the one that comes nearest
};

/// Chooses the thresholds by rows with known labels. `probabilities` [rows, labels], `targets` [rows] are not none.
/// A threshold lies in the middle between two probabilities.
Thresholds fit_thresholds(size_t labels, std::span<const double> probabilities,
                          std::span<const Target> targets, const ThresholdRule& rule);

}  // namespace mtnlp
