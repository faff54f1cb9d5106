#include "tasks/areas.h"

#include <cmath>

#include "base/random.h"
#include "testing.h"

namespace mtnlp {
namespace {

struct ScoredRow {
  float score;
  bool hit;
};

/// Returns the areas by their definitions, pair by pair and score by score.
Areas slow_areas(const std::vector<ScoredRow>& rows) {
  double pairs = 0, won = 0, precisions = 0, hits = 0;
  for (const ScoredRow& a : rows) {
    if (!a.hit) continue;
    double above = 0, hits_above = 0;
    for (const ScoredRow& b : rows) {
      if (b.score >= a.score) ++(b.hit ? hits_above : above);
      if (b.hit) continue;
      ++pairs;
      won += a.score > b.score ? 1 : a.score == b.score ? 0.5 : 0;
    }
    precisions += hits_above / (hits_above + above);
    ++hits;
  }
  return {won / pairs, precisions / hits};
}

TEST(Areas, AreThoseOfTheDefinitionsWithTiesAndRowsThatCountOften) {
  KeyedRandom random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> scores;
    std::vector<bool> is_class;
    std::vector<uint32_t> counts;
    std::vector<ScoredRow> expanded;
    const uint64_t rows = 2 + random.below(30), different = 1 + random.below(12);
    for (uint64_t row = 0; row < rows; ++row) {
      scores.push_back(static_cast<float>(random.below(different)));
      is_class.push_back(random.below(4) == 0);
      counts.push_back(static_cast<uint32_t>(random.below(4)));
      for (uint32_t i = 0; i < counts.back(); ++i) expanded.push_back({scores.back(), is_class.back()});
    }
    const Areas expected = slow_areas(expanded), areas = RankedClass(scores, is_class).areas(counts);
    if (std::isnan(expected.roc)) {
      EXPECT_TRUE(std::isnan(areas.roc));
      EXPECT_TRUE(std::isnan(areas.precision_recall));
      continue;
    }
    EXPECT_NEAR(areas.roc, expected.roc, 1e-12);
    EXPECT_NEAR(areas.precision_recall, expected.precision_recall, 1e-12);
  }
}

}  // namespace
}  // namespace mtnlp
