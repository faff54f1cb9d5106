#include "infer/pipeline.h"

#include <algorithm>
#include <future>
#include <limits>

#include "base/signals.h"
#include "infer/batches.h"

namespace mtnlp {
namespace {

/// Returns the embeddings [rows, D] of `chunk`, NaN for rows that could not be read. `rows` names a row in
/// errors.
Matrix embed(const std::vector<TextRow>& chunk, const TextRows& rows, const Embedder& embedder) {
  std::vector<TokenIds> texts;
  std::vector<size_t> places;
  for (size_t i = 0; i < chunk.size(); ++i) {
    if (!chunk[i].sound()) continue;
    texts.emplace_back(chunk[i].tokens);
    places.push_back(i);
  }
  Matrix embeddings = embed_all(embedder, texts);
  if (const auto bad = first_not_finite(embeddings); bad >= 0)
    rows.fail(chunk[places[static_cast<size_t>(bad)]],
              "the embedding is not finite: weights of the model are NaN or too large");
  if (places.size() == chunk.size()) return embeddings;
  Matrix all(chunk.size(), embeddings.columns, std::numeric_limits<float>::quiet_NaN());
  for (size_t i = 0; i < places.size(); ++i) std::ranges::copy(embeddings.row(i), all.row(places[i]).begin());
  return all;
}

}  // namespace

void stream_embeddings(TextRows& rows, const Embedder& embedder, const PipelineOptions& options,
                       const std::function<void(std::span<const TextRow>, Matrix)>& use) {
  // Deferred, a chunk is read when it is asked for.
  const auto when = options.read_ahead ? std::launch::async | std::launch::deferred : std::launch::deferred;
  size_t size = options.first_chunk;
  std::vector<TextRow> chunk = rows.next(size);
  throw_if_stopped();
  while (!chunk.empty()) {
    size = std::min(options.chunk, size * 4);
    auto following = std::async(when, [&rows, size] { return rows.next(size); });
    try {
      use(chunk, embed(chunk, rows, embedder));
    } catch (...) {
      const NoMoreWaiting none;  // the error must not wait for input that is no longer needed
      if (options.read_ahead) following.wait();
      throw;
    }
    chunk = following.get();
    throw_if_stopped();
  }
}

}  // namespace mtnlp
