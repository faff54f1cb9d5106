#include "eval/suspects.h"

#include <algorithm>
#include <sstream>

#include "base/json.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;
using testing::TempFolder;
using testing::test_path;

HeldOutRows rows_of(const std::vector<size_t>& given, const std::vector<std::vector<float>>& probabilities) {
  HeldOutRows rows;
  for (size_t i = 0; i < given.size(); ++i) rows.add(static_cast<uint32_t>(i), given[i], probabilities[i]);
  return rows;
}

TEST(Suspects, ThresholdsAndJointEqualCleanlab) {
  const Json golden = read_json(test_path("golden/eval/suspects.json"));
  EXPECT_GE(golden["cases"].size(), 5U);
  for (const Json& expected : golden["cases"]) {
    const auto given = expected["given"].get<std::vector<size_t>>();
    const HeldOutRows rows = rows_of(given, expected["probabilities"].get<std::vector<std::vector<float>>>());
    EXPECT_THAT(confident_thresholds(rows),
                Pointwise(DoubleNear(1e-6), expected["thresholds"].get<std::vector<double>>()));
    auto joint = confident_joint(rows);
    for (size_t c = 0; c < joint.size(); ++c)
      joint[c][c] = std::max<size_t>(joint[c][c], 1);  // as cleanlab does
    EXPECT_EQ(joint, expected["joint"].get<std::vector<std::vector<size_t>>>());
    std::vector<uint32_t> found;
    for (const Suspect& suspect : rank_suspects(rows))
      if (suspect.confident) found.push_back(suspect.row);
    std::ranges::sort(found);
    EXPECT_EQ(found, expected["suspects"].get<std::vector<uint32_t>>());
  }
}

TEST(Suspects, TheLeastProbableLabelIsFirst) {
  const HeldOutRows rows = rows_of(
      {0, 0, 1, 1, 0},
      {{0.9F, 0.05F, 0.05F}, {0.1F, 0.3F, 0.6F}, {0.2F, 0.7F, 0.1F}, {0.95F, 0.05F, 0}, {0.1F, 0.6F, 0.3F}});
  const std::vector<Suspect> ranked = rank_suspects(rows);
  std::vector<uint32_t> order;
  for (const Suspect& own : ranked) order.push_back(own.row);
  EXPECT_THAT(order, ElementsAre(3, 1, 4, 2, 0));
  EXPECT_EQ(ranked[0].given, 1U);
  EXPECT_EQ(ranked[0].suggested, 0U);
  EXPECT_FLOAT_EQ(ranked[0].given_probability, 0.05F);
  EXPECT_FLOAT_EQ(ranked[0].suggested_probability, 0.95F);
  EXPECT_TRUE(ranked[0].confident);
  EXPECT_EQ(ranked[1].suggested, 2U);
  EXPECT_FALSE(ranked[1].confident);  // no row is given class 2, so nothing is known of it
  EXPECT_TRUE(ranked[2].confident);
  EXPECT_FALSE(ranked[3].confident);
}

TEST(Suspects, AreWrittenWithTheirPlace) {
  const TempFolder folder;
  const std::string file = folder.write("a.csv", "text,mood\n\"one,\ntwo\",up\nthree,down\n").string();
  const Dataset dataset = make_dataset({.files = {{"mood", file}}});
  std::ostringstream out;
  write_suspects(out, dataset,
                 std::vector<Suspect>{{0, 1, 0, 1, 0.125F, 0.875F, true}, {0, 0, 1, 0, 0.75F, 0.25F, false}});
  EXPECT_EQ(out.str(),
            "rank,task,file,line,text,label,suggested,probability,suggested_probability,confident\n1,mood," +
                file + ",4,three,down,up,0.125000,0.875000,yes\n2,mood," + file +
                ",2,\"one,\ntwo\",up,down,0.750000,0.250000,no\n");
}

}  // namespace
}  // namespace mtnlp
