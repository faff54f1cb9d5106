#include "mtnlp/infer/pipeline.h"

#include <atomic>
#include <future>

#include "mtnlp/base/signals.h"
#include "mtnlp/base/threads.h"
#include "mtnlp/infer/batches.h"
#include "mtnlp/model/torch.h"

namespace mtnlp {
namespace {

struct Chunk {
  std::vector<Row> rows;
  std::vector<std::vector<int32_t>> ids;  ///< parallel to `rows`
  size_t truncated = 0;
};

Chunk read_chunk(RowReader& reader, size_t text_column, const Model& model, size_t size, int threads) {
  Chunk chunk;
  for (Row row; chunk.rows.size() < size && reader.next(row);) chunk.rows.push_back(std::move(row));
  chunk.ids.resize(chunk.rows.size());
  std::atomic<size_t> truncated{0};
  parallel_for(chunk.rows.size(), 64, threads, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      size_t full = 0;
      chunk.ids[i] = model.tokenizer->encode(chunk.rows[i].fields[text_column], model.max_length,
                                             model.truncation, &full);
      if (full > model.max_length) ++truncated;
    }
  });
  chunk.truncated = truncated;
  return chunk;
}

}  // namespace

PipelineStats embed_rows(RowReader& reader, size_t text_column, const Model& model,
                         const PipelineOptions& options,
                         const std::function<void(std::span<const Row>, const torch::Tensor&)>& use) {
  PipelineStats stats;
  size_t size = options.first_chunk;
  const auto read = [&](size_t rows) {
    return read_chunk(reader, text_column, model, rows, options.threads);
  };
  Chunk chunk = read(size);
  throw_if_stopped();
  while (!chunk.rows.empty()) {
    size = std::min(options.chunk, size * 4);
    std::future<Chunk> following = std::async(std::launch::async, read, size);
    const std::vector<std::span<const int32_t>> sequences(chunk.ids.begin(), chunk.ids.end());
    const torch::Tensor embeddings = embed_all(model, sequences, options.device).cpu();
    if (const int64_t row = first_not_finite(embeddings); row >= 0)
      fail_input(reader.name(), ":", chunk.rows[static_cast<size_t>(row)].line,
                 ": the embedding is not finite; the weights of ", model.encoder_folder, " overflow");
    use(chunk.rows, embeddings);
    stats.rows += chunk.rows.size();
    stats.truncated += chunk.truncated;
    chunk = following.get();
    throw_if_stopped();
  }
  return stats;
}

}  // namespace mtnlp
