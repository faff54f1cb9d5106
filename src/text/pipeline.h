// The stages that WordPiece and SentencePiece share: added tokens, the normaliser, the enclosing ids. A stage
// more, how normalised text is cut and matched, is the model's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/tokenizer.h"

namespace mtnlp {

/// What a tokenizer is made of besides its model.
struct Pipeline {
  std::vector<AddedToken> added;
  Normalizer normalizer;
  int32_t first_id = Tokenizer::kNoId;
  int32_t last_id = Tokenizer::kNoId;
  std::optional<PairForm> pair = {};
};

class PipelineTokenizer : public Tokenizer {
 public:
  void append_pieces(std::string_view text, std::vector<int32_t>& ids) const final;
  void append_first_pieces(std::string_view text, size_t count, std::vector<int32_t>& ids) const final;

  size_t vocabulary_size() const final { return pieces_.size(); }
  std::string piece(int32_t id) const final;
  int32_t unknown_id() const final { return unknown_id_; }
  int32_t first_id() const final { return first_id_; }
  int32_t last_id() const final { return last_id_; }
  std::optional<PairForm> pair_form() const final { return pair_; }

 protected:
  /// Takes `pieces` by id; added tokens that are not among them are put behind.
  PipelineTokenizer(Pipeline pipeline, std::vector<std::string> pieces, int32_t unknown_id);

 private:
  /// Appends the ids of a normalised section; may stop once `ids` holds `enough`.
  virtual void append_section(std::string_view section, size_t enough, std::vector<int32_t>& ids) const = 0;

  AddedTokens raw_, normalized_;
  Normalizer normalizer_;
  std::vector<std::string> pieces_;
  int32_t unknown_id_, first_id_, last_id_;
  std::optional<PairForm> pair_;
};

}  // namespace mtnlp
