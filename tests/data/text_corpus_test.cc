#include "data/text_corpus.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using testing::TempFolder;

class TextCorpusTest : public ::testing::Test {
 protected:
  CorpusCounts write(CorpusOptions options) {
    fs::remove_all(out_);
    fs::create_directory(out_);
    options.quiet = true;
    return write_corpus(out_, *tokenizer_, vocabulary_, options);
  }
  std::string file(const std::string& name, const std::string& content) const {
    return folder_.write(name, content).string();
  }
  /// The pieces of each sequence, joined by spaces.
  std::vector<std::string> sequences(const std::string& name) const {
    const Sequences all(out_, name);
    std::vector<std::string> texts;
    for (uint64_t i = 0; i < all.size(); ++i) {
      std::string& text = texts.emplace_back();
      for (const int32_t id : all[i]) text += (text.empty() ? "" : " ") + tokenizer_->piece(id);
    }
    return texts;
  }

  TempFolder folder_;
  fs::path out_ = folder_.path() / "tokens", encoder_ = testing::test_path("golden/encoders/tiny-distilbert");
  std::unique_ptr<Tokenizer> tokenizer_ = load_tokenizer(encoder_);
  MaskedVocabulary vocabulary_ = read_masked_vocabulary(encoder_, *tokenizer_);
};

TEST_F(TextCorpusTest, ShortTextsShareASequenceAndLongOnesAreCut) {
  const std::string texts =
      file("a.txt", "good film\nbad film\n\nthe team won the match and the people love it\nsad\n");
  write({.files = {texts}, .validation = {file("b.txt", "good\n")}, .max_length = 8});
  EXPECT_THAT(sequences("training"),
              ElementsAre("[CLS] good film [SEP] bad film [SEP]", "[CLS] the team won the match and [SEP]",
                          "[CLS] the people love it [SEP] sad [SEP]"));
  EXPECT_THAT(sequences("validation"), ElementsAre("[CLS] good [SEP]"));
}

TEST_F(TextCorpusTest, SequencesWithoutAKnownWordAreLeftOut) {
  const std::string unknown = "\u65e5 \u672c \u8a9e \u306e \u6587 \u66f8",  // as long as a sequence
      texts = file("a.txt", unknown + " good film\n" + unknown + " bad\n");
  for (const bool join : {true, false}) {
    const std::string known = file("b.txt", "good\n");
    write({.files = {texts, known}, .validation = {known}, .max_length = 8, .join = join});
    for (const std::string& sequence : sequences("training"))
      EXPECT_THAT(sequence, ::testing::AnyOf(HasSubstr("good"), HasSubstr("bad"))) << join;
  }
}

TEST_F(TextCorpusTest, WithoutJoiningATextIsASequence) {
  const std::string texts = file("a.txt", "good film\nbad film\nthe team won the match and the people\n");
  write({.files = {texts}, .validation = {texts}, .max_length = 8, .join = false});
  EXPECT_THAT(sequences("training"), ElementsAre("[CLS] good film [SEP]", "[CLS] bad film [SEP]",
                                                 "[CLS] the team won the match and [SEP]"));
}

TEST_F(TextCorpusTest, ReadsEveryFormatAndDoesNotDependOnThreads) {
  std::string csv = "id,text\n", jsonl;
  for (int i = 0; i < 3000; ++i) {
    csv += str(i, ",good film ", i, "\n");
    jsonl += str(R"({"text": "bad film )", i, "\"}\n");
  }
  CorpusOptions options{.files = {file("a.csv", csv), file("b.jsonl", jsonl)}};
  const CorpusCounts counts = write(options);
  EXPECT_EQ(counts.texts, 6000U);
  EXPECT_NEAR(static_cast<double>(counts.held_out), 60, 40);
  const std::vector<std::string> training = sequences("training"), validation = sequences("validation");
  options.threads = 3;
  write(options);
  EXPECT_EQ(sequences("training"), training);
  EXPECT_EQ(sequences("validation"), validation);
}

TEST_F(TextCorpusTest, AHeldOutTextIsNotInTheTrainingPart) {
  std::string texts;
  for (int copy = 0; copy < 2; ++copy)
    for (int i = 0; i < 500; ++i) texts += str("good film ", i, "\n");
  write({.files = {file("a.txt", texts)}, .max_length = 16, .join = false});
  const std::vector<std::string> training = sequences("training"), validation = sequences("validation");
  EXPECT_EQ(training.size() + 2 * validation.size(), 1000U);
  for (const std::string& text : validation) EXPECT_THAT(training, ::testing::Not(::testing::Contains(text)));
}

TEST_F(TextCorpusTest, TextsOfWhichNothingIsKnownAreLeftOutAndCounted) {
  const CorpusCounts counts = write({.files = {file("a.txt", "good\n日 本\nbad\n\n[SEP]\n")}});
  EXPECT_EQ(counts.texts, 2U);
  EXPECT_EQ(counts.unknown, 2U);
  EXPECT_THAT(counts.warnings, ElementsAre(HasSubstr("1 row with blank text")));
}

TEST_F(TextCorpusTest, RefusesTextsThatGiveNothingToLearn) {
  expect_error([&] { write({.files = {file("a.txt", "")}}); }, {"a.txt", "holds no text to learn from"});
  expect_error([&] { write({.files = {file("a.txt", "\n \n")}}); }, {"holds no text to learn from"});
  expect_error([&] { write({.files = {file("a.txt", "日 本\n本 日\n")}}); }, {"does not know a single word"});
  expect_error([&] { write({.files = {file("a.txt", "good film\ngood film\n")}}); },
               {"only one text", "validation"});
  expect_error([&] { write({.files = {file("a.txt", "good\nbad\n")}, .validation = {file("b.txt", "\n")}}); },
               {"b.txt", "holds no text to validate on"});
}

TEST_F(TextCorpusTest, ARowThatCannotBeReadIsAnErrorOrCounted) {
  const std::string rows = file("a.jsonl", "{\"text\": \"good\"}\n{\"text\": 3}\n{\"text\": \"bad\"}\n");
  expect_error([&] { write({.files = {rows}}); }, {"a.jsonl:2"});
  const CorpusCounts counts = write({.files = {rows}, .keep_going = true});
  EXPECT_EQ(counts.texts, 2U);
  EXPECT_THAT(counts.warnings, ElementsAre(HasSubstr("a.jsonl:2")));
}

TEST_F(TextCorpusTest, DamagedFilesAreRefused) {
  write({.files = {file("a.txt", "good\nbad\n")}});
  const std::string ids = read_file(out_ / "training.ids"), ends = read_file(out_ / "training.ends");
  write_file(out_ / "training.ids", ids.substr(0, ids.size() - 2));
  expect_error([&] { Sequences(out_, "training"); }, {"training.ids", "cut off"});
  write_file(out_ / "training.ids", ids.substr(0, ids.size() - 4));
  expect_error([&] { Sequences(out_, "training"); }, {"training.ends", "does not fit"});
}

}  // namespace
}  // namespace mtnlp
