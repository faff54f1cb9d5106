#include "train/validator.h"

#include "network/network_embedder.h"
#include "network/torch.h"

namespace mtnlp {

Validator::Validator(const Model& model, const EncodedRows& encoded, std::vector<uint32_t> rows,
                     const ValidatorOptions& options)
    : model_(model), encoded_(encoded), rows_(std::move(rows)), options_(options) {}

AllMetrics Validator::operator()() {
  const Heads heads(head_weights(*model_.network));
  const std::vector<Task> tasks = undecided(model_.settings.tasks);
  if (kept_.empty()) {
    Progress progress("validation", rows_.size(), "sentences", {.quiet = options_.quiet});
    const auto embedder = make_embedder(model_, options_.device, options_.threads);
    const size_t bytes = rows_.size() * embedder->dim() * sizeof(float);
    if (!options_.frozen || bytes > options_.cache_bytes)
      return evaluate(*embedder, heads, tasks, encoded_, rows_, &progress);
    kept_ = embed_rows(*embedder, encoded_, rows_, &progress);
  }
  return evaluate(heads, tasks, encoded_, kept_);
}

}  // namespace mtnlp
