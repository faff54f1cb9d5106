// From text to the ids an encoder was trained with. One interface over WordPiece and SentencePiece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "text/segments.h"
#include "text/text_cut.h"
#include "text/token_ids.h"

namespace mtnlp {

/// How the two texts of a pair become one sequence.
struct PairForm {
  size_t separators = 1;     ///< how often last_id stands between the texts
  bool second_type = false;  ///< the ids behind it are of the second token type, as in BERT
  bool operator==(const PairForm&) const = default;
};

/// The ids of one text.
struct Encoding {
  std::vector<int32_t> ids;
  size_t second_type = TokenIds::kNone;  ///< see TokenIds
  size_t window = TokenIds::kNone;       ///< see TokenIds

  operator TokenIds() const { return {ids, second_type, window}; }
  bool operator==(const Encoding&) const = default;
};

/// Thread-safe once it is loaded: all other methods are const and keep no state between calls.
class Tokenizer {
 public:
  static constexpr int32_t kNoId = -1;

  virtual ~Tokenizer() = default;

  /// Appends the ids of `text` without the enclosing special tokens, of any length. Special tokens written in
  /// the text become their ids. Bytes that are not UTF-8 each count as U+FFFD.
  virtual void append_pieces(std::string_view text, std::vector<int32_t>& ids) const = 0;

  /// Does the same as append_pieces, but may stop once `count` ids are appended.
  virtual void append_first_pieces(std::string_view text, size_t count, std::vector<int32_t>& ids) const;

  virtual const char* kind() const = 0;  ///< "WordPiece", "SentencePiece unigram"
  /// Returns the number of ids; every id is below it.
  virtual size_t vocabulary_size() const = 0;
  /// Returns the text of one id, for people; "" when out of range.
  virtual std::string piece(int32_t id) const = 0;
  virtual int32_t unknown_id() const = 0;
  virtual int32_t first_id() const = 0;  ///< opens every sequence: [CLS], <s>; kNoId when nothing does (T5)
  virtual int32_t last_id() const = 0;   ///< closes every sequence: [SEP], </s>; kNoId when nothing does

  /// Returns the form of pairs; none where the tokenizer's files have none that is supported.
  virtual std::optional<PairForm> pair_form() const { return std::nullopt; }

  /// Returns first_id, the pieces of `text`, and last_id, fitted as `cut` says; several windows stand one after
  /// another, each with the special ids. The prompt goes before the text, in each window, and is never cut off.
  /// `full_length`, when given, gets the length of the whole text as one sequence. Throws Error where there is no room
  /// for a text, and where tokens would lie between two windows.
  std::vector<int32_t> encode(std::string_view text, const TextCut& cut, size_t* full_length = nullptr) const;

  /// Does the same for a text or a pair, which has no windows. Of a pair that is too long the longer text is cut first,
  /// token by token, each text at the end that is not kept; the prompt goes before the first. Throws Error where there
  /// is no pair_form, or no room for its special ids.
  Encoding encode(const Segments& segments, const TextCut& cut, size_t* full_length = nullptr) const;

  /// Puts `prompt` ("query: ") before every text that encode gets from now on. For whoever loads the
  /// tokenizer.
  void use_prompt(const std::string& prompt);
  const std::string& prompt() const { return prompt_; }
  size_t prompt_pieces() const { return prompt_pieces_; }  ///< pieces of the prompt by itself

  /// Notes which end its own files keep of a long text; encode does as it is told. For whoever loads it.
  void use_truncation(Truncation truncation) { truncation_ = truncation; }
  Truncation truncation() const { return truncation_; }

 private:
  size_t checked_room(size_t max_length, size_t special) const;
  std::vector<int32_t> windows_of(std::span<const int32_t> ids, const TextCut& cut) const;

  std::string prompt_;
  size_t prompt_pieces_ = 0;
  Truncation truncation_ = Truncation::kHead;
};

/// Returns the tokenizer of an encoder folder: tokenizer.json / vocab.txt (WordPiece), or
/// sentencepiece.bpe.model / spiece.model / tokenizer.model (SentencePiece). Throws Error naming the file and
/// what is unsupported.
std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder);

/// Returns the files of `folder` that load_tokenizer or Python's AutoTokenizer reads, relative, as far as
/// they exist: what a checkpoint must carry along.
std::vector<std::string> tokenizer_files(const fs::path& folder);

}  // namespace mtnlp
