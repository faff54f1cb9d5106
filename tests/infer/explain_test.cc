#include "infer/explain.h"

#include <cmath>
#include <optional>

#include "base/json.h"
#include "network/fixtures.h"
#include "text/masked_vocabulary.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(WordsIn, StandBetweenWhiteSpaceAndPunctuation) {
  EXPECT_THAT(words_in("Good, \"fine\" — don't!"), ElementsAre("Good", "fine", "don't"));
  EXPECT_THAT(words_in("l\u2019été 'quoted' o'clock's"), ElementsAre("l\u2019été", "quoted", "o'clock's"));
  EXPECT_THAT(words_in("very 好看 a中b \U0001F600"),
              ElementsAre("very", "好", "看", "a", "中", "b", "\U0001F600"));
  EXPECT_THAT(words_in("  ... '' "), IsEmpty());
  EXPECT_THAT(words_in(""), IsEmpty());
}

/// Embeds a text as the number of its tokens and that of its mask tokens.
class MaskEmbedder : public Embedder {
 public:
  explicit MaskEmbedder(int32_t mask) : mask_(mask) {}
  size_t dim() const override { return 2; }
  int threads() const override { return 1; }
  void embed(std::span<const TokenIds> texts, float* out) const override {
    for (const TokenIds text : texts) {
      *out++ = static_cast<float>(text.size());
      *out++ = static_cast<float>(std::ranges::count(text, mask_));
    }
  }

 private:
  int32_t mask_;
};

class ExplainerTest : public ::testing::Test {
 protected:
  /// A model that is as sure of "b" as its text has mask tokens.
  ExplainerTest() {
    ModelSettings settings;
    settings.tokenizer = load_tokenizer(folder_);
    settings.cut.max_length = 20;
    settings.tasks = {{"mood", {"a", "b"}}};
    const int32_t mask = find_mask_id(folder_, *settings.tokenizer);
    predictor_.emplace(std::move(settings), std::make_unique<MaskEmbedder>(mask),
                       std::vector<HeadWeights>{{{0, 0, 0, 1}, {2, 0}}});
  }
  std::vector<std::pair<std::string, double>> explained(const std::string& text) const {
    const Matrix outputs = predictor_->heads().logits(0, predictor_->embed(std::vector{Segments{text}}));
    const auto all = Explainer(*predictor_, folder_).explain(std::vector{text}, std::vector{outputs});
    std::vector<std::pair<std::string, double>> words;
    for (const auto& [word, weight] : all.at(0).at(0)) words.emplace_back(word, weight);
    return words;
  }
  double fall(double masks) const { return 1 / (1 + std::exp(-2.0)) - 1 / (1 + std::exp(masks - 2)); }

  const fs::path folder_ = testing::encoder_path("tiny-bert");
  std::optional<Predictor> predictor_;
};

TEST_F(ExplainerTest, AWordIsHiddenByAsManyMasksAsItHasTokens) {
  std::vector<int32_t> ids;
  predictor_->settings().tokenizer->append_pieces("extraordinarily", ids);
  ASSERT_GT(ids.size(), 1U);
  const auto words = explained("good, extraordinarily");
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].first, "good");
  EXPECT_NEAR(words[0].second, fall(1), 1e-6);
  EXPECT_EQ(words[1].first, "extraordinarily");
  EXPECT_NEAR(words[1].second, fall(static_cast<double>(ids.size())), 1e-6);
}

TEST_F(ExplainerTest, AWordThatIsCutOffWeighsNothing) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "good ";
  const auto words = explained(text);
  ASSERT_EQ(words.size(), 30U);
  EXPECT_NEAR(words[17].second, fall(1), 1e-6);
  EXPECT_EQ(words[18].second, 0);
  for (int i = 0; i < 10'000; ++i) text += "good ";  // which is not read for each of its words
  EXPECT_EQ(explained(text).size(), 40U);
}

TEST_F(ExplainerTest, WithoutWordsOrMaskTokenThereIsNothingToHide) {
  EXPECT_THAT(explained("..."), IsEmpty());
  EXPECT_TRUE(Explainer::can_hide(*predictor_->settings().tokenizer, folder_));
  testing::TempFolder folder;
  folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\n");
  folder.write("tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer"})");
  ModelSettings settings;
  settings.tokenizer = load_tokenizer(folder.path());
  settings.cut.max_length = 20;
  const Predictor predictor(std::move(settings), std::make_unique<MaskEmbedder>(0), {});
  EXPECT_FALSE(Explainer::can_hide(*predictor.settings().tokenizer, folder.path()));
  testing::expect_error([&] { Explainer(predictor, folder.path()); }, {"no mask token"});
}

TEST(ExplanationText, IsAListOfJson) {
  EXPECT_EQ(explanation_text({}), "[]");
  EXPECT_EQ(explanation_text({{"a\"b", 0.5}, {"c", -0.25}}),
            R"([{"word":"a\"b","weight":0.500000},{"word":"c","weight":-0.250000}])");
}

}  // namespace
}  // namespace mtnlp
