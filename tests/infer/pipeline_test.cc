#include "mtnlp/infer/pipeline.h"

#include <atomic>
#include <csignal>

#include "model/fixtures.h"
#include "mtnlp/base/signals.h"

namespace mtnlp {
namespace {

using testing::encoder_path;
using testing::load_tiny;
using testing::max_difference;

/// Rows made up as they are asked for, counted.
class CountedRows : public RowReader {
 public:
  CountedRows(size_t rows, size_t fails_at = SIZE_MAX) : rows_(rows), fails_at_(fails_at) {}
  const std::vector<std::string>& columns() const override { return columns_; }
  RowFormat format() const override { return RowFormat::kCsv; }
  const std::string& name() const override { return name_; }
  bool next(Row& row) override {
    const size_t number = given;
    if (number == rows_) return false;
    if (number == fails_at_) fail_input("made up:", number, ": broken");
    row.fields = {std::to_string(number), text(number)};
    row.line = number + 2;
    ++given;
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
  PipelineTest() {
    model_.encoder = load_tiny("tiny-bert");
    model_.tokenizer = load_tokenizer(encoder_path("tiny-bert"));
    model_.max_length = 64;
  }
  PipelineStats embed(CountedRows& rows, const PipelineOptions& options,
                      const std::function<void(std::span<const Row>, const torch::Tensor&)>& use) const {
    return embed_rows(rows, 1, model_, options, use);
  }

  const testing::Threads one_{1};
  Model model_;
};

TEST_F(PipelineTest, RowsComeInOrderWithTheirOwnEmbeddings) {
  std::vector<torch::Tensor> alone;  // texts repeat after 9 rows
  for (size_t i = 0; i < 9; ++i) {
    const torch::NoGradGuard no_grad;
    const std::vector<int32_t> ids = model_.tokenizer->encode(CountedRows::text(i), 64);
    const std::vector<std::span<const int32_t>> one = {ids};
    alone.push_back(model_.embed(pack(one)));
  }
  for (const int threads : {1, 3}) {
    CountedRows rows(500);
    std::vector<size_t> chunks;
    size_t next = 0;
    const PipelineStats stats =
        embed(rows, {.first_chunk = 8, .chunk = 100, .threads = threads},
              [&](std::span<const Row> chunk, const torch::Tensor& embeddings) {
                ASSERT_EQ(embeddings.size(0), static_cast<int64_t>(chunk.size()));
                for (size_t i = 0; i < chunk.size(); ++i, ++next) {
                  EXPECT_EQ(chunk[i].fields[0], std::to_string(next));
                  const auto at = static_cast<int64_t>(i);
                  EXPECT_LE(max_difference(embeddings.slice(0, at, at + 1), alone[next % 9]), 1e-5);
                }
                chunks.push_back(chunk.size());
              });
    EXPECT_EQ(next, 500U);
    EXPECT_EQ(stats.rows, 500U);
    EXPECT_EQ(stats.truncated, 0U);
    EXPECT_THAT(chunks, ::testing::ElementsAre(8, 32, 100, 100, 100, 100, 60));
  }
}

TEST_F(PipelineTest, HoldsTwoChunksAtMost) {
  CountedRows rows(1000);
  size_t used = 0, most = 0;
  embed(rows, {.first_chunk = 10, .chunk = 50}, [&](std::span<const Row> chunk, const torch::Tensor&) {
    most = std::max(most, rows.given - used);
    used += chunk.size();
  });
  EXPECT_EQ(used, 1000U);
  EXPECT_LE(most, 100U);
}

TEST_F(PipelineTest, NoRowsNoCall) {
  CountedRows rows(0);
  const PipelineStats stats =
      embed(rows, {}, [](std::span<const Row>, const torch::Tensor&) { ADD_FAILURE() << "called"; });
  EXPECT_EQ(stats.rows, 0U);
}

TEST_F(PipelineTest, CountsTheTextsThatAreCut) {
  model_.max_length = 6;  // 4 words between the special tokens
  CountedRows rows(90);
  const PipelineStats stats = embed(rows, {}, [](std::span<const Row>, const torch::Tensor&) {});
  EXPECT_EQ(stats.truncated, 50U);  // of 1 to 9 words
}

TEST_F(PipelineTest, ASinkThatThrowsEndsIt) {
  struct Closed {};
  CountedRows rows(100'000);
  size_t calls = 0;
  EXPECT_THROW(embed(rows, {.first_chunk = 5, .chunk = 20},
                     [&](std::span<const Row>, const torch::Tensor&) {
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
              [&](std::span<const Row> chunk, const torch::Tensor&) { used += chunk.size(); });
      },
      {"made up:70: broken"});
  EXPECT_EQ(used, 70U);
}

TEST_F(PipelineTest, AStopSignalEndsItBetweenChunks) {
  EXPECT_EXIT(
      {
        catch_stop_signals();
        CountedRows rows(100'000);
        size_t calls = 0;
        try {
          embed(rows, {.first_chunk = 5, .chunk = 20}, [&](std::span<const Row>, const torch::Tensor&) {
            if (++calls == 2) raise(SIGTERM);
          });
        } catch (const Stopped& stopped) {
          std::_Exit(stopped.signal == SIGTERM && calls == 2 ? 7 : 1);
        }
      },
      ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace mtnlp
