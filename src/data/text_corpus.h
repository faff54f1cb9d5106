// Texts without labels, tokenised once into files that are mapped: memory stays flat however many there are,
// any sequence can be had at any time, so that a run goes on exactly where it was, and all of them are shuffled.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "data/row_reader.h"
#include "text/masked_vocabulary.h"
#include "text/tokenizer.h"

namespace mtnlp {

/// Sequences of token ids, enclosed by the special ones, in two files.
class Sequences {
 public:
  /// Opens FOLDER/NAME.ids and FOLDER/NAME.ends, which write_corpus wrote. Throws Error naming the file.
  Sequences(const fs::path& folder, const std::string& name);

  uint64_t size() const { return ends_.size(); }
  uint64_t tokens() const { return ids_.size(); }
  std::span<const int32_t> operator[](uint64_t index) const;

 private:
  MappedFile ids_file_, ends_file_;
  std::span<const int32_t> ids_;
  std::span<const uint64_t> ends_;  ///< [size] ids up to the end of each
};

struct CorpusOptions {
  std::vector<std::string> files = {};
  std::vector<std::string> validation = {};  ///< files to validate on; none: texts of `files` are held out
  RowOptions rows = {};
  TextColumns text = {};
  bool keep_going = false;  ///< leave out rows that cannot be read, and count them
  size_t max_length = 128;  ///< of a sequence, special tokens included; what is longer is cut into several
  bool join = true;         ///< several short texts in a sequence, between special tokens; else one, cut
  int threads = 1;          ///< for tokenising; the result does not depend on it
  bool quiet = false;       ///< no progress
};

/// What write_corpus found.
struct CorpusCounts {
  uint64_t texts = 0;                      ///< that hold something to learn
  uint64_t held_out = 0;                   ///< different ones among them that are held out
  uint64_t unknown = 0;                    ///< texts without a token that is not special, which are left out
  std::vector<std::string> warnings = {};  ///< a line each
};

/// Part of different texts that are held out, the ones with the smallest hashes: 1 %, at least one and at most
/// 2,000. A text is held out with all its copies; which ones depends on the texts alone.
inline constexpr double kHeldOutShare = 0.01;
inline constexpr size_t kMostHeldOut = 2000;

/// Writes the sequences "training" and "validation" into `folder`, which exists. Throws Error when a file
/// cannot be read, and when there is not something to learn from and something to validate on.
CorpusCounts write_corpus(const fs::path& folder, const Tokenizer& tokenizer,
                          const MaskedVocabulary& vocabulary, const CorpusOptions& options);

}  // namespace mtnlp
