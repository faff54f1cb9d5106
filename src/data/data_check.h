// What an owner should know about a data set before training on it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "text/tokenizer.h"

namespace mtnlp {

/// At most so many examples are kept of each finding.
inline constexpr size_t kCheckExamples = 5;

/// Equal texts (see fold_text) that do not have one target.
struct Conflict {
  std::string text;                                    ///< as in its first row
  std::vector<std::pair<std::string, size_t>> labels;  ///< label, rows; the 20 most frequent
};

/// Texts of the task's rows of `second` that also occur in `first`, in rows of any task: all tasks train one
/// encoder.
struct SharedTexts {
  Part first, second;
  size_t texts = 0;
  size_t rows = 0;  ///< of the task in `second`, with such a text
  std::vector<std::string> examples;
};

struct TaskCheck {
  std::string name;
  std::vector<std::string> strata;          ///< names: the labels, where there are labels
  std::array<std::vector<size_t>, 3> rows;  ///< [part][stratum] rows
  std::array<size_t, 3> labelled{};         ///< [part] rows
  size_t duplicates = 0;                    ///< rows whose text an earlier row of the task has
  size_t conflicting_texts = 0, conflicting_rows = 0;
  std::vector<Conflict> conflicts;
  std::vector<SharedTexts> shared;  ///< pairs of parts that share a text

  size_t total(Part part) const { return labelled[static_cast<size_t>(part)]; }
};

struct SourceCheck {
  std::string file;
  std::optional<Part> part;
  size_t rows = 0;                         ///< in the data set
  RowCount blank, unlabelled, unreadable;  ///< skipped
};

/// Rows with something odd, and some of their texts.
struct OddRows {
  size_t rows = 0;
  std::vector<std::string> examples;
};

struct EncodingCheck {
  OddRows not_utf8;     ///< bytes that are not UTF-8
  OddRows replacement;  ///< U+FFFD: a converter before us lost something
  /// Control characters other than ASCII white space; U+0080 to U+009F (U+0085 too) are mostly Windows-1252
  /// that was read as Latin-1.
  OddRows control;
  /// UTF-8 that was read as Windows-1252 or Latin-1 ("Ã©", "â€™", "ÐŸÑ€"). A pair that sound text may hold
  /// does not count alone ("É”", "ß“"), so that a lone letter beyond Latin-1 is missed.
  OddRows mojibake;
};

/// Lengths in ids, the special ones included, before any cut.
struct LengthCheck {
  struct Bucket {
    size_t up_to;  ///< lengths above the bucket before, up to this one
    size_t rows;
  };
  std::vector<Bucket> histogram;  ///< 8, 16, 32, ... as far as needed
  double mean = 0;
  size_t median = 0, longest = 0;
  TextCut fit = {};    ///< how long texts are fitted
  size_t cut = 0;      ///< rows that are cut
  size_t ids = 0;      ///< of all rows, without the special ones
  size_t unknown = 0;  ///< of these, [UNK]
  size_t rows_with_unknown = 0;
  std::vector<std::string> unknown_examples;
};

struct DataCheck {
  std::vector<SourceCheck> sources;
  std::vector<TaskCheck> tasks;
  size_t rows = 0;
  EncodingCheck encoding;
  std::optional<LengthCheck> lengths;  ///< when a tokenizer was given
  /// One line each, for `train` too: those of the data set (skipped rows, small classes) and what was found.
  std::vector<std::string> warnings;
};

/// Checks the rows of `dataset`, whose parts by row id are `parts` (split_rows). Tokenises every row with
/// `threads` threads when `tokenizer` is given; the result does not depend on their number. Read the data set
/// with keep_going to count unreadable rows.
DataCheck check_data(const Dataset& dataset, const std::vector<Part>& parts,
                     const Tokenizer* tokenizer = nullptr, const TextCut& cut = {}, int threads = 1);

}  // namespace mtnlp
