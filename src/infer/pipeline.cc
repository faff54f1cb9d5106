#include "infer/pipeline.h"

#include <future>
#include <limits>

#include "base/signals.h"
#include "infer/batches.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

/// [rows, D] on the host.
torch::Tensor embed(const std::vector<TextRow>& chunk, const TextRows& rows, const Model& model,
                    torch::Device device) {
  std::vector<std::span<const int32_t>> sequences;
  std::vector<int64_t> places;
  for (size_t i = 0; i < chunk.size(); ++i) {
    if (!chunk[i].sound()) continue;
    sequences.push_back(chunk[i].ids);
    places.push_back(static_cast<int64_t>(i));
  }
  torch::Tensor embeddings = embed_all(model, sequences, device).cpu();
  const torch::Tensor finite = embeddings.isfinite().all(1);
  for (size_t i = 0; i < places.size(); ++i)
    if (!finite.const_data_ptr<bool>()[i])
      rows.fail(chunk[static_cast<size_t>(places[i])],
                "the embedding is not finite; weights of the model are NaN or too large");
  if (places.size() == chunk.size()) return embeddings;
  torch::Tensor all = torch::full({static_cast<int64_t>(chunk.size()), embeddings.size(1)},
                                  std::numeric_limits<float>::quiet_NaN());
  all.index_copy_(0, torch::tensor(places, torch::kInt64), embeddings);
  return all;
}

}  // namespace

void embed_rows(TextRows& rows, const Model& model, const PipelineOptions& options,
                const std::function<void(std::span<const TextRow>, const torch::Tensor&)>& use) {
  size_t size = options.first_chunk;
  std::vector<TextRow> chunk = rows.next(size);
  throw_if_stopped();
  while (!chunk.empty()) {
    size = std::min(options.chunk, size * 4);
    auto following =
        std::async(std::launch::async | std::launch::deferred, [&rows, size] { return rows.next(size); });
    try {
      use(chunk, embed(chunk, rows, model, options.device));
    } catch (...) {
      const NoMoreWaiting none;  // the error must not wait for input that nobody wants
      following.wait();
      throw;
    }
    chunk = following.get();
    throw_if_stopped();
  }
}

}  // namespace mtnlp
