#include "data/text_rows.h"

#include "base/error.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/threads.h"
#include "base/words.h"
#include "data/encoded_rows.h"
#include "text/segments.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr size_t kMostProblem = 300;  // bytes of a problem in a warning

}  // namespace

struct TextRows::Oddities {
  bool blank = false, not_utf8 = false, truncated = false;
};

TextRows::TextRows(RowReader& reader, const Tokenizer& tokenizer, const TextRowsOptions& options)
    : TextRows(reader, options) {
  tokenizer_ = &tokenizer;
}

TextRows::TextRows(RowReader& reader, const TextRowsOptions& options)
    : reader_(reader), options_(options), text_(reader, options.columns) {}

std::vector<TextRow> TextRows::next(size_t count) {
  std::vector<TextRow> rows;
  for (TextRow row; rows.size() < count && read(row); row = {}) rows.push_back(std::move(row));
  std::vector<Oddities> oddities(rows.size());
  parallel_for(rows.size(), 64, options_.threads, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      if (rows[i].sound()) oddities[i] = encode(rows[i]);
  });
  rows_ += rows.size();
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i].row;
    const auto note = [&](bool found, RowCount& place) {
      if (found) place.add(row.line, row.number);
    };
    if (!rows[i].sound() && unreadable_.count == 0) first_problem_ = rows[i].problem;
    note(!rows[i].sound(), unreadable_);
    rows[i].blank = oddities[i].blank;
    note(rows[i].blank, blank_);
    note(oddities[i].not_utf8, not_utf8_);
    note(oddities[i].truncated, truncated_);
    note(row.repaired, repaired_);
  }
  return rows;
}

/// Reads one row, its text looked at but not tokenised; false at the end.
bool TextRows::read(TextRow& row) {
  bool whole = false;
  try {
    if (!reader_.next(row.row)) return false;
    whole = true;
    text_(row.row, buffer_);
    if (options_.check) options_.check(row.row);
  } catch (const RowError& error) {
    if (!options_.keep_going) throw;
    row.problem = one_line(error.whole());
    if (!whole) {
      const auto [line, number] = std::pair{row.row.line, row.row.number};
      row.row = {};
      row.row.line = line;
      row.row.number = number;
    }
  }
  return true;
}

TextRows::Oddities TextRows::encode(TextRow& row) const {
  std::string buffer;
  const std::string_view text = text_(row.row, buffer);
  size_t full_length = 0;
  if (tokenizer_ != nullptr) row.tokens = tokenizer_->encode(segments_of(text), options_.cut, &full_length);
  return {has_blank_segment(text), !is_valid_utf8(text), full_length > options_.cut.longest()};
}

std::string TextRows::text(const TextRow& row) const {
  std::string buffer;
  return std::string(text_(row.row, buffer));
}

void TextRows::fail(const TextRow& row, const std::string& what) const {
  reader_.fail(row.row, what);
}

std::string TextRows::counted(const RowCount& rows, const std::string& what) const {
  std::vector<std::string> places;
  for (size_t i = 0; i < rows.lines.size(); ++i) {
    Row row;
    row.line = rows.lines[i];
    row.number = rows.numbers[i];
    places.push_back(row.line == 0 ? reader_.name() : str(reader_.name(), ':', row.place()));
  }
  return str(rows.count, rows.count == 1 ? " row " : " rows ", what, ": ", join(places),
             rows.count > places.size() ? ", ..." : "");
}

std::vector<std::string> TextRows::warnings() const {
  std::vector<std::string> warnings;
  if (rows_ == 0) warnings.push_back(str(reader_.name(), ": holds no rows"));
  const auto count = [&](const RowCount& rows, const std::string& what) {
    if (rows.count > 0) warnings.push_back(counted(rows, what));
  };
  count(blank_, "with blank text" + (options_.blank_are.empty() ? "" : ", " + options_.blank_are));
  count(not_utf8_, "with bytes that are not UTF-8, each read as U+FFFD");
  count(repaired_, "with lone surrogates, read as U+FFFD");
  count(unreadable_, "that cannot be read, " + options_.unreadable_are);
  if (unreadable_.count > 0) warnings.back() += str("; the first: ", shortened(first_problem_, kMostProblem));
  return warnings;
}

std::string read_texts(const std::string& file, const Tokenizer* tokenizer, const TextFileOptions& options,
                       std::vector<std::string>& warnings,
                       const std::function<void(TextRow& row, const RowText& text_of)>& take) {
  const auto reader = open_rows(file, options.rows);
  read_texts(*reader, tokenizer, options, warnings, take);
  return reader->name();
}

void read_texts(RowReader& reader, const Tokenizer* tokenizer, TextFileOptions options,
                std::vector<std::string>& warnings,
                const std::function<void(TextRow& row, const RowText& text_of)>& take) {
  constexpr size_t kChunkRows = 8192;
  const auto note = [&](const std::vector<std::string>& more) {
    warnings.insert(warnings.end(), more.begin(), more.end());
  };
  note(reader.warnings());
  note(doubts_about_lines(reader, options.reading.columns));
  const RowText text_of(reader, options.reading.columns);
  options.reading.unreadable_are = options.reading.blank_are = "left out";
  TextRows rows = tokenizer != nullptr ? TextRows(reader, *tokenizer, options.reading)
                                       : TextRows(reader, options.reading);
  Progress progress("reading " + reader.name(), 0, "rows", {.quiet = options.quiet});
  for (std::vector<TextRow> chunk; !(chunk = rows.next(kChunkRows)).empty();) {
    throw_if_stopped();
    for (TextRow& row : chunk)
      if (row.sound() && !row.blank) take(row, text_of);
    progress.add(chunk.size());
  }
  note(rows.warnings());
  if (many_truncated(rows.truncated().count, rows.rows()))
    note(
        {str(reader.name(), ": ", truncated_text(rows.truncated().count, rows.rows(), options.reading.cut))});
}

}  // namespace mtnlp
