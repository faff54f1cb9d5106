#include "infer/pipeline.h"

#include <atomic>
#include <cmath>
#include <csignal>

#include "base/signals.h"
#include "network/fixtures.h"

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
  PipelineTest() {
    model_.encoder = load_tiny("tiny-bert");
    model_.tokenizer = load_tokenizer(encoder_path("tiny-bert"));
    model_.max_length = 64;
  }
  TextRows texts(CountedRows& rows, int threads = 1, bool keep_going = false) const {
    return {rows, *model_.tokenizer, {.max_length = 64, .threads = threads, .keep_going = keep_going}};
  }
  void embed(CountedRows& rows, const PipelineOptions& options,
             const std::function<void(std::span<const TextRow>, const torch::Tensor&)>& use) const {
    TextRows source = texts(rows);
    embed_rows(source, model_, options, use);
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
    TextRows source = texts(rows, threads);
    embed_rows(source, model_, {.first_chunk = 8, .chunk = 100},
               [&](std::span<const TextRow> chunk, const torch::Tensor& embeddings) {
                 ASSERT_EQ(embeddings.size(0), static_cast<int64_t>(chunk.size()));
                 for (size_t i = 0; i < chunk.size(); ++i, ++next) {
                   EXPECT_EQ(chunk[i].row.fields[0], std::to_string(next));
                   const auto at = static_cast<int64_t>(i);
                   EXPECT_LE(max_difference(embeddings.slice(0, at, at + 1), alone[next % 9]), 1e-5);
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
  embed(rows, {.first_chunk = 10, .chunk = 50}, [&](std::span<const TextRow> chunk, const torch::Tensor&) {
    most = std::max(most, rows.given - used);
    used += chunk.size();
  });
  EXPECT_EQ(used, 1000U);
  EXPECT_LE(most, 100U);
}

TEST_F(PipelineTest, NoRowsNoCall) {
  CountedRows rows(0);
  embed(rows, {}, [](std::span<const TextRow>, const torch::Tensor&) { ADD_FAILURE() << "called"; });
}

TEST_F(PipelineTest, ARowThatCannotBeReadIsNaNInItsPlace) {
  for (const size_t broken : {0, 7, 8, 19}) {
    CountedRows sound(20), rows(20, broken);
    TextRows source = texts(rows, 1, true);
    std::vector<torch::Tensor> expected, found;
    embed(sound, {.chunk = 8},
          [&](std::span<const TextRow>, const torch::Tensor& e) { expected.push_back(e); });
    embed_rows(source, model_, {.chunk = 8}, [&](std::span<const TextRow> chunk, const torch::Tensor& e) {
      EXPECT_EQ(e.size(0), static_cast<int64_t>(chunk.size()));
      found.push_back(e);
    });
    const torch::Tensor all = torch::cat(found), whole = torch::cat(expected);
    for (int64_t i = 0; i < 20; ++i) {
      if (static_cast<size_t>(i) == broken)
        EXPECT_TRUE(all[i].isnan().all().item<bool>());
      else
        EXPECT_LE(max_difference(all[i], whole[i]), 1e-5);
    }
  }
}

TEST_F(PipelineTest, AnEmbeddingThatIsNotFiniteIsAnError) {
  for (const float value : {NAN, INFINITY}) {
    {
      const torch::NoGradGuard no_grad;
      model_.encoder->parameters().back().fill_(value);
    }
    CountedRows rows(20);
    testing::expect_error(
        [&] { embed(rows, {}, [](std::span<const TextRow>, const torch::Tensor&) { ADD_FAILURE(); }); },
        {"made up:2: ", "not finite"});
  }
}

TEST_F(PipelineTest, ASinkThatThrowsEndsIt) {
  struct Closed {};
  CountedRows rows(100'000);
  size_t calls = 0;
  EXPECT_THROW(embed(rows, {.first_chunk = 5, .chunk = 20},
                     [&](std::span<const TextRow>, const torch::Tensor&) {
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
              [&](std::span<const TextRow> chunk, const torch::Tensor&) { used += chunk.size(); });
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
          embed(rows, {.first_chunk = 5, .chunk = 20}, [&](std::span<const TextRow>, const torch::Tensor&) {
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
