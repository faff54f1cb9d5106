#include "infer/pipeline.h"

#include <atomic>
#include <cmath>
#include <csignal>

#include "base/signals.h"
#include "infer/batches.h"
#include "network/fixtures.h"

namespace mtnlp {
namespace {

using ::testing::FloatNear;
using ::testing::Pointwise;

/// Rows made up as they are asked for, counted.
class CountedRows : public RowReader {
 public:
  CountedRows(size_t rows, size_t fails_at = SIZE_MAX) : rows_(rows), fails_at_(fails_at) {}
  const std::vector<std::string>& columns() const override { return columns_; }
  RowFormat format() const override { return RowFormat::kCsv; }
  const std::string& name() const override { return name_; }
  std::optional<size_t> find(const std::string&) override { return 1; }
  bool next(Row& row) override {
    const size_t number = given;
    if (number == rows_) return false;
    ++given;
    row.line = number + 2;
    if (number == fails_at_) fail(row.line, "broken");
    row.fields = {std::to_string(number), text(number)};
    return true;
  }
  /// 1 to 9 words, so that sorting by length changes the order inside.
  static std::string text(size_t number) {
    std::string text = "good";
    for (size_t i = 0; i < number * 7 % 9; ++i) text += i % 2 == 0 ? " film" : " week";
    return text;
  }

  std::atomic<size_t> given = 0;

 private:
  size_t rows_, fails_at_;
  std::vector<std::string> columns_ = {"number", "text"};
  std::string name_ = "made up";
};

class PipelineTest : public ::testing::Test {
 protected:
  TextRows texts(CountedRows& rows, int threads = 1, bool keep_going = false) const {
    return {rows, *settings_.tokenizer, {.cut = {64}, .threads = threads, .keep_going = keep_going}};
  }
  void embed(CountedRows& rows, const PipelineOptions& options,
             const std::function<void(std::span<const TextRow>, const Matrix&)>& use) const {
    TextRows source = texts(rows);
    stream_embeddings(source, *engine_, options, use);
  }

  const ModelSettings settings_ = testing::tiny_settings("tiny-bert");
  std::unique_ptr<const Engine> engine_ = testing::tiny_engine("tiny-bert");
};

TEST_F(PipelineTest, RowsComeInOrderWithTheirOwnEmbeddings) {
  std::vector<std::vector<float>> alone;  // texts repeat after 9 rows
  for (size_t i = 0; i < 9; ++i) {
    const std::vector<int32_t> ids = settings_.tokenizer->encode(CountedRows::text(i), {64});
    alone.push_back(embed_all(*engine_, std::vector<TokenIds>{ids}).values);
  }
  for (const int threads : {1, 3}) {
    CountedRows rows(500);
    std::vector<size_t> chunks;
    size_t next = 0;
    TextRows source = texts(rows, threads);
    stream_embeddings(source, *engine_, {.first_chunk = 8, .chunk = 100},
                      [&](std::span<const TextRow> chunk, const Matrix& embeddings) {
                        ASSERT_EQ(embeddings.rows, chunk.size());
                        for (size_t i = 0; i < chunk.size(); ++i, ++next) {
                          EXPECT_EQ(chunk[i].row.fields[0], std::to_string(next));
                          EXPECT_THAT(embeddings.row(i), Pointwise(FloatNear(1e-5F), alone[next % 9]));
                        }
                        chunks.push_back(chunk.size());
                      });
    EXPECT_EQ(next, 500U);
    EXPECT_THAT(chunks, ::testing::ElementsAre(8, 32, 100, 100, 100, 100, 60));
  }
}

TEST_F(PipelineTest, HoldsTwoChunksAtMost) {
  CountedRows rows(1000);
  size_t used = 0, most = 0;
  embed(rows, {.first_chunk = 10, .chunk = 50}, [&](std::span<const TextRow> chunk, const Matrix&) {
    most = std::max(most, rows.given - used);
    used += chunk.size();
  });
  EXPECT_EQ(used, 1000U);
  EXPECT_LE(most, 100U);
}

TEST_F(PipelineTest, NoRowsNoCall) {
  CountedRows rows(0);
  embed(rows, {}, [](std::span<const TextRow>, const Matrix&) { ADD_FAILURE() << "called"; });
}

TEST_F(PipelineTest, ARowThatCannotBeReadIsNaNInItsPlace) {
  for (const size_t broken : {0, 7, 8, 19}) {
    CountedRows sound(20), rows(20, broken);
    TextRows source = texts(rows, 1, true);
    std::vector<std::vector<float>> expected, found;
    const auto keep = [](std::vector<std::vector<float>>& to, const Matrix& embeddings) {
      for (size_t i = 0; i < embeddings.rows; ++i)
        to.emplace_back(embeddings.row(i).begin(), embeddings.row(i).end());
    };
    embed(sound, {.chunk = 8}, [&](std::span<const TextRow>, const Matrix& e) { keep(expected, e); });
    stream_embeddings(source, *engine_, {.chunk = 8}, [&](std::span<const TextRow> chunk, const Matrix& e) {
      EXPECT_EQ(e.rows, chunk.size());
      keep(found, e);
    });
    ASSERT_EQ(found.size(), 20U);
    for (size_t i = 0; i < 20; ++i) {
      if (i == broken)
        EXPECT_THAT(found[i], ::testing::Each(::testing::IsNan()));
      else
        EXPECT_THAT(found[i], Pointwise(FloatNear(1e-5F), expected[i]));
    }
  }
}

TEST_F(PipelineTest, AnEmbeddingThatIsNotFiniteIsAnError) {
  for (const float value : {NAN, INFINITY}) {
    Model model = testing::tiny_model("tiny-bert");
    {
      const torch::NoGradGuard no_grad;
      model.network->encoder->parameters().back().fill_(value);
    }
    engine_ = make_engine(model, 1);
    CountedRows rows(20);
    testing::expect_error(
        [&] { embed(rows, {}, [](std::span<const TextRow>, const Matrix&) { ADD_FAILURE(); }); },
        {"made up:2: ", "not finite"});
  }
}

TEST_F(PipelineTest, ASinkThatThrowsEndsIt) {
  struct Closed {};
  CountedRows rows(100'000);
  size_t calls = 0;
  EXPECT_THROW(embed(rows, {.first_chunk = 5, .chunk = 20},
                     [&](std::span<const TextRow>, const Matrix&) {
                       if (++calls == 3) throw Closed{};
                     }),
               Closed);
  EXPECT_EQ(calls, 3U);
  EXPECT_LE(rows.given, 5U + 3 * 20);
}

TEST_F(PipelineTest, ABrokenRowIsReportedAfterTheChunksBefore) {
  CountedRows rows(1000, 70);
  size_t used = 0;
  testing::expect_error(
      [&] {
        embed(rows, {.first_chunk = 10, .chunk = 20},
              [&](std::span<const TextRow> chunk, const Matrix&) { used += chunk.size(); });
      },
      {"made up:72: broken"});
  EXPECT_EQ(used, 70U);
}

TEST_F(PipelineTest, AStopSignalEndsItBetweenChunks) {
  EXPECT_EXIT(
      {
        catch_stop_signals();
        CountedRows rows(100'000);
        size_t calls = 0;
        try {
          embed(rows, {.first_chunk = 5, .chunk = 20}, [&](std::span<const TextRow>, const Matrix&) {
            if (++calls == 2) raise(SIGTERM);
          });
        } catch (const Stopped& stopped) {
          std::_Exit(stopped.signal == SIGTERM && calls == 2 ? 7 : 1);
        }
      },
      ::testing::ExitedWithCode(7), "");
}

TEST_F(PipelineTest, WithoutReadingAheadEachRowIsUsedBeforeTheNextIsRead) {
  CountedRows rows(5);
  std::vector<size_t> read;
  embed(rows, {.first_chunk = 1, .chunk = 1, .read_ahead = false},
        [&](std::span<const TextRow> chunk, const Matrix&) {
          EXPECT_EQ(chunk.size(), 1U);
          read.push_back(rows.given);
        });
  EXPECT_THAT(read, ::testing::ElementsAre(1, 2, 3, 4, 5));
  CountedRows others(5);
  EXPECT_THROW(embed(others, {.first_chunk = 1, .chunk = 1, .read_ahead = false},
                     [&](std::span<const TextRow>, const Matrix&) { fail_input("enough"); }),
               Error);
  EXPECT_EQ(others.given, 1U);
}

}  // namespace
}  // namespace mtnlp
