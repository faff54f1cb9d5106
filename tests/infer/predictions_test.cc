#include "infer/predictions.h"

#include <cmath>
#include <sstream>

#include "network/fixtures.h"
#include "tasks/multi_label.h"
#include "tasks/regression.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

/// Embeds nothing.
class NoEmbedder : public Embedder {
 public:
  size_t dim() const override { return 3; }
  int threads() const override { return 1; }
  void embed(std::span<const TokenIds>, float*) const override {}
};

/// Heads that answer with the softmax of the embedding's first numbers, the second one's biases being `bias`.
Predictor answering(float bias = 0) {
  ModelSettings settings;
  settings.tasks = {{"topic", {"News", "Sports, \"all\""}}, {"mood", {"bad", "good", "so\nso"}}};
  return {settings,
          std::make_unique<NoEmbedder>(),
          {{{1, 0, 0, 0, 1, 0}, {0, 0}}, {{1, 0, 0, 0, 1, 0, 0, 0, 1}, {bias, bias, bias}}}};
}

class Predictions : public ::testing::Test {
 protected:
  std::string written(const std::string& name, std::string_view content, RowFormat format,
                      bool keep_going = false) {
    const auto reader = open_rows(folder_.write(name, content).string());
    std::ostringstream out;
    RowWriter writer(
        out, *reader,
        {.format = format, .added = prediction_columns(predictor_.settings().tasks, prefix_, options_)});
    TextRows source(*reader, *tokenizer_, {.keep_going = keep_going});
    const std::vector<TextRow> rows = source.next(100);
    Matrix given(rows.size(), 3, NAN);
    const std::vector<float> sound = {0, std::log(3.0F), std::log(4.0F)};  // 1 : 3 : 4
    for (size_t i = 0; i < rows.size(); ++i)
      if (rows[i].sound()) std::ranges::copy(sound, given.row(i).begin());
    write_predictions(rows, given, predictor_, source, writer, options_);
    return out.str();
  }

  Predictor predictor_ = answering();
  std::string prefix_;
  AnswerOptions options_;
  TempFolder folder_;
  std::unique_ptr<Tokenizer> tokenizer_ = load_tokenizer(testing::encoder_path("tiny-bert"));
};

TEST_F(Predictions, EveryTaskHasItsLabelAndProbability) {
  EXPECT_EQ(written("a.csv", "id,text\n1,a\n", RowFormat::kCsv),
            "id,text,topic,topic.probability,mood,mood.probability\n"
            "1,a,\"Sports, \"\"all\"\"\",0.7500,\"so\nso\",0.5000\n");
  EXPECT_EQ(written("a.jsonl", R"({"text":"a","n":1.50})", RowFormat::kJsonl),
            R"({"text":"a","n":1.50,"topic":"Sports, \"all\"","topic.probability":0.75,)"
            R"("mood":"so\nso","mood.probability":0.5})"
            "\n");
}

TEST_F(Predictions, APrefixStandsBeforeTheAddedNames) {
  prefix_ = "pred.";
  EXPECT_EQ(written("a.csv", "text,topic\na,mine\n", RowFormat::kCsv),
            "text,topic,pred.topic,pred.topic.probability,pred.mood,pred.mood.probability\n"
            "a,mine,\"Sports, \"\"all\"\"\",0.7500,\"so\nso\",0.5000\n");
}

TEST_F(Predictions, AllProbabilitiesAreColumnsOrAnObject) {
  options_.all_probabilities = true;
  prefix_ = "p.";
  const std::string table = written("a.csv", "text\na\n", RowFormat::kCsv);
  EXPECT_TRUE(table.starts_with(
      "text,p.topic,p.topic.probability,p.topic.probability.News,\"p.topic.probability.Sports, "
      "\"\"all\"\"\",p.mood,"
      "p.mood.probability,p.mood.probability.bad,p.mood.probability.good,\"p.mood.probability.so\nso\"\n"))
      << table;
  EXPECT_TRUE(table.ends_with(",0.5000,0.125,0.375,0.5\n")) << table;
  options_.nested = true;
  const std::string object = written("a.jsonl", R"({"text":"a"})", RowFormat::kJsonl);
  EXPECT_TRUE(object.starts_with(R"({"text":"a","p.topic":"Sports, \"all\"","p.topic.probability":0.75,)"
                                 R"("p.topic.probabilities":{"News":0.25,"Sports, \"all\"":0.75},)"))
      << object;
  EXPECT_EQ(
      written("a.jsonl", R"({"n":1})", RowFormat::kJsonl, true),
      "{\"n\":1,\"p.topic\":null,\"p.topic.probability\":null,\"p.topic.probabilities\":null,\"p.mood\":null,"
      "\"p.mood.probability\":null,\"p.mood.probabilities\":null}\n");
}

TEST_F(Predictions, TheLikeliestLabelsAreColumnsOrAList) {
  options_.top = 5;
  EXPECT_EQ(
      written("a.csv", "text\na\n", RowFormat::kCsv),
      "text,topic,topic.probability,topic.top.1,topic.top.1.probability,topic.top.2,topic.top.2.probability,"
      "mood,mood.probability,mood.top.1,mood.top.1.probability,mood.top.2,mood.top.2.probability,mood.top.3,"
      "mood.top.3.probability\n"
      "a,\"Sports, \"\"all\"\"\",0.7500,\"Sports, \"\"all\"\"\",0.7500,News,0.2500,"
      "\"so\nso\",0.5000,\"so\nso\",0.5000,good,0.3750,bad,0.1250\n");
  options_.top = 1;
  options_.nested = true;
  EXPECT_EQ(written("a.jsonl", R"({"text":"a"})", RowFormat::kJsonl),
            R"({"text":"a","topic":"Sports, \"all\"","topic.probability":0.75,)"
            R"("topic.top":[{"label":"Sports, \"all\"","probability":0.75}],)"
            R"("mood":"so\nso","mood.probability":0.5,"mood.top":[{"label":"so\nso","probability":0.5}]})"
            "\n");
}

TEST_F(Predictions, ALabelBelowTheConfidenceIsLeftEmpty) {
  options_.min_confidence = 0.75;
  EXPECT_EQ(written("a.csv", "text\na\n", RowFormat::kCsv),
            "text,topic,topic.probability,mood,mood.probability\na,\"Sports, \"\"all\"\"\",0.7500,,0.5000\n");
  EXPECT_EQ(
      written("a.jsonl", R"({"text":"a"})", RowFormat::kJsonl),
      R"({"text":"a","topic":"Sports, \"all\"","topic.probability":0.75,"mood":null,"mood.probability":0.5})"
      "\n");
}

TEST_F(Predictions, AColumnThatIsThereTwiceIsAnError) {
  options_.all_probabilities = true;
  expect_error([&] { written("a.csv", "text,mood.probability.bad\na,1\n", RowFormat::kCsv); },
               {"there is a column \"mood.probability.bad\" already", "prefix"});
}

TEST_F(Predictions, ARowThatCannotBeReadHasNone) {
  EXPECT_EQ(written("a.csv", "text,n\na\nb,2\n", RowFormat::kCsv, true),
            "text,n,topic,topic.probability,mood,mood.probability\n,,,,,\n"
            "b,2,\"Sports, \"\"all\"\"\",0.7500,\"so\nso\",0.5000\n");
  const std::string lines = written("a.jsonl", "{\"text\":\"\"}\n{\"n\":1}\n?\n", RowFormat::kJsonl, true);
  EXPECT_EQ(lines.substr(lines.find('\n') + 1),
            "{\"n\":1,\"topic\":null,\"topic.probability\":null,\"mood\":null,\"mood.probability\":null}\n"
            "{\"topic\":null,\"topic.probability\":null,\"mood\":null,\"mood.probability\":null}\n");
}

TEST_F(Predictions, AProbabilityThatIsNotFiniteIsAnError) {
  for (const float value : {NAN, INFINITY}) {
    predictor_ = answering(value);
    expect_error([&] { written("a.csv", "text\na\n", RowFormat::kCsv); },
                 {"a.csv:2: ", "\"mood\"", "not finite"});
  }
}

TEST_F(Predictions, SeveralLabelsAreAListOrACell) {
  ModelSettings settings;
  settings.tasks = {{"tags", {"a", "b;c"}, &multi_label(), {1, {}, {0.4, 0.1}}},
                    {"stars", {}, &regression(), {}, Scale{3, 2}}};
  predictor_ = {
      settings, std::make_unique<NoEmbedder>(), {{{1, 0, 0, 0, 0, 0}, {0, 0}}, {{0, 0, 0}, {0.25}}}};
  EXPECT_EQ(written("a.csv", "text\na\n", RowFormat::kCsv),
            "text,tags,tags.probability,stars\na,a|b;c,0.5000|0.5000,3.5\n");
  options_ = {.all_probabilities = true, .nested = false, .separator = ";"};
  expect_error([&] { require_separable(settings.tasks, options_); },
               {"label_separator", "\";\"", "the label \"b;c\" of task \"tags\" holds it"});
  options_.nested = true;
  require_separable(settings.tasks, options_);
  EXPECT_EQ(written("a.jsonl", R"({"text":"a"})", RowFormat::kJsonl),
            R"({"text":"a","tags":["a","b;c"],"tags.probability":[0.5,0.5],)"
            R"("tags.probabilities":{"a":0.5,"b;c":0.5},"stars":3.5})"
            "\n");
}

}  // namespace
}  // namespace mtnlp
