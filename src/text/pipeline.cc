#include "text/pipeline.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "text/unicode.h"

namespace mtnlp {

PipelineTokenizer::PipelineTokenizer(Pipeline pipeline, std::vector<std::string> pieces, int32_t unknown_id)
    : normalizer_(std::move(pipeline.normalizer)),
      pieces_(std::move(pieces)),
      unknown_id_(unknown_id),
      first_id_(pipeline.first_id),
      last_id_(pipeline.last_id),
      pair_(pipeline.pair) {
  for (AddedToken& token : pipeline.added) {
    const auto index = static_cast<size_t>(token.id);
    if (index >= pieces_.size()) pieces_.resize(index + 1);
    pieces_[index] = token.content;
    if (!token.normalized) {
      raw_.add(token);
      continue;
    }
    std::string buffer;
    token.content = std::string(normalizer_.apply(token.content, buffer));
    normalized_.add(token);
  }
}

void PipelineTokenizer::append_pieces(std::string_view text, std::vector<int32_t>& ids) const {
  append_first_pieces(text, std::numeric_limits<size_t>::max(), ids);
}

void PipelineTokenizer::append_first_pieces(std::string_view text, size_t count,
                                            std::vector<int32_t>& ids) const {
  const size_t enough = std::max(ids.size() + count, count);  // saturated
  std::string repaired, buffer;
  if (!is_valid_utf8(text)) text = repaired = repair_utf8(text);
  raw_.for_each_section(text, [&](std::string_view raw, int32_t raw_id) {
    if (raw_id != kNoId) return ids.push_back(raw_id);
    if (ids.size() >= enough) return;
    normalized_.for_each_section(normalizer_.apply(raw, buffer), [&](std::string_view section, int32_t id) {
      if (id != kNoId) return ids.push_back(id);
      append_section(section, enough, ids);
    });
  });
}

std::string PipelineTokenizer::piece(int32_t id) const {
  return id >= 0 && static_cast<size_t>(id) < pieces_.size() ? pieces_[static_cast<size_t>(id)] : "";
}

}  // namespace mtnlp
