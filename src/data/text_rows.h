// Rows on their way to a model: read, their texts tokenised, and what is odd about them counted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/row_reader.h"
#include "text/tokenizer.h"

namespace mtnlp {

struct TextRow {
  Row row;              ///< without fields where the reader could not split it
  Encoding tokens;      ///< of its text; no ids when it could not be read
  std::string problem;  ///< why it could not be read, `FILE:LINE: what`; empty for a sound row
  bool blank = false;   ///< its text, or one of a pair, shows nothing

  bool sound() const { return problem.empty(); }
};

struct TextRowsOptions {
  TextColumns columns = {};
  TextCut cut = {};
  int threads = 1;          ///< for tokenising; the result does not depend on it
  bool keep_going = false;  ///< a row that cannot be read is given with its problem; else it is an Error
  std::string unreadable_are = "empty in the output";  ///< what becomes of such rows, for the warning
  std::string blank_are = {};                          ///< of rows with blank text; empty: nothing special
  /// Throws RowError for a row that cannot be used for another reason than its text.
  std::function<void(const Row&)> check = {};
};

class TextRows {
 public:
  /// Throws Error when the columns of text are not there. `reader` and `tokenizer` are borrowed.
  TextRows(RowReader& reader, const Tokenizer& tokenizer, const TextRowsOptions& options);
  /// Does the same for rows that get no ids.
  TextRows(RowReader& reader, const TextRowsOptions& options);

  /// Returns the next rows in order, `count` at most; none at the end.
  std::vector<TextRow> next(size_t count);
  /// Returns the text of a sound row, of a pair both texts (see segments_of).
  std::string text(const TextRow& row) const;
  /// Throws Error `FILE:LINE: what` about a row.
  [[noreturn]] void fail(const TextRow& row, const std::string& what) const;

  uint64_t rows() const { return rows_; }  ///< all that were given
  const RowCount& unreadable() const { return unreadable_; }
  const RowCount& truncated() const { return truncated_; }  ///< those that were cut
  /// Returns what was odd about the rows so far, one line for each kind: counted, with the first places.
  std::vector<std::string> warnings() const;

 private:
  struct Oddities;
  bool read(TextRow& row);
  Oddities encode(TextRow& row) const;
  std::string counted(const RowCount& rows, const std::string& what) const;

  RowReader& reader_;
  const Tokenizer* tokenizer_ = nullptr;
  const TextRowsOptions options_;
  const RowText text_;
  std::string buffer_;
  uint64_t rows_ = 0;
  RowCount unreadable_, blank_, not_utf8_, repaired_, truncated_;
  std::string first_problem_;
};

/// How a file of texts without labels is read.
struct TextFileOptions {
  RowOptions rows = {};
  TextRowsOptions reading = {};  ///< a row that cannot be read is left out when `keep_going`
  bool quiet = false;            ///< no progress
};

/// Gives each sound row of `file` whose text is not blank to `take`, with what finds its text; `tokenizer` null: rows get no
/// ids. What was odd goes into `warnings`. Returns the file's name for messages. Throws Error when it cannot be read,
/// Stopped when a stop signal arrives.
std::string read_texts(const std::string& file, const Tokenizer* tokenizer, const TextFileOptions& options,
                       std::vector<std::string>& warnings,
                       const std::function<void(TextRow& row, const RowText& text_of)>& take);

/// Does the same with the rows of `reader`; `options.rows` does not count.
void read_texts(RowReader& reader, const Tokenizer* tokenizer, TextFileOptions options,
                std::vector<std::string>& warnings,
                const std::function<void(TextRow& row, const RowText& text_of)>& take);

}  // namespace mtnlp
