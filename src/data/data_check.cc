// Counts what an owner should know, each finding over all rows in one pass, with few examples of it. Texts
// are compared with case and white space folded. Nothing here changes the data set.
#include "data/data_check.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/field.h"
#include "base/printable.h"
#include "base/threads.h"
#include "data/encoded_rows.h"
#include "tasks/task_kind.h"
#include "text/fold_text.h"
#include "text/segments.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr size_t kConflictLabels = 20;  ///< kept of an example: the most frequent ones

/// Returns the beginning of a text on one line, for a person to recognise it.
std::string excerpt(std::string_view of_row) {
  constexpr size_t kLength = 60;
  const std::string text = shown_segments(of_row);
  std::string line;
  for (size_t at = 0; at < text.size() && line.size() < kLength;) {
    const char32_t c = decode_utf8(text, at);
    append_utf8(c < 0x20 || (c >= 0x7f && c < 0xa0) ? U' ' : c, line);
    if (line.size() >= kLength && at < text.size()) line += "...";
  }
  return line;
}

void keep_example(std::vector<std::string>& examples, std::string_view text) {
  if (examples.size() < kCheckExamples) examples.push_back(excerpt(text));
}

std::string percent(size_t part, size_t whole) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

/// The different texts, case and white space folded. (With a group column the group is not the text.)
struct Texts {
  std::vector<size_t> of_row;
  std::vector<std::array<bool, 3>> in_part;  ///< [text][part] rows of any task
};

Texts find_texts(const Dataset& dataset, const std::vector<Part>& parts) {
  Texts texts;
  std::unordered_map<std::string, size_t> index;
  for (size_t id = 0; id < dataset.rows.size(); ++id) {
    const auto [found, is_new] = index.emplace(fold_text(dataset.rows[id].text), texts.in_part.size());
    if (is_new) texts.in_part.emplace_back();
    texts.of_row.push_back(found->second);
    texts.in_part[found->second][static_cast<size_t>(parts[id])] = true;
  }
  return texts;
}

class TaskChecker {
 public:
  TaskChecker(const Dataset& dataset, const std::vector<Part>& parts, const Texts& texts, size_t task)
      : dataset_(dataset), parts_(parts), texts_(texts), task_(task), rows_(texts.in_part.size()) {
    check_.name = dataset.tasks[task].name;
    const Strata strata = dataset.tasks[task].kind->strata(dataset.tasks[task], targets_of(dataset, task));
    check_.strata = strata.names;
    for (auto& rows : check_.rows) rows.resize(check_.strata.size());
    for (uint32_t id = 0; id < dataset.rows.size(); ++id) {
      const Target target = dataset.rows[id].targets[task];
      if (target.is_none()) continue;
      const auto part = static_cast<size_t>(parts[id]);
      ++check_.labelled[part];
      for (const size_t stratum : strata.of(target)) ++check_.rows[part][stratum];
      rows_[texts.of_row[id]].push_back(id);
    }
  }

  TaskCheck check() {
    for (const auto& rows : rows_) {
      if (rows.size() < 2) continue;
      check_.duplicates += rows.size() - 1;
      check_targets(rows);
    }
    for (const auto& [first, second] : {std::pair{Part::kTrain, Part::kValidation},
                                        {Part::kTrain, Part::kTest},
                                        {Part::kValidation, Part::kTest}})
      check_shared(first, second);
    return std::move(check_);
  }

 private:
  void check_targets(const std::vector<uint32_t>& rows) {
    std::map<Target, size_t> counts;
    for (const uint32_t id : rows) ++counts[dataset_.rows[id].targets[task_]];
    if (counts.size() == 1) return;
    ++check_.conflicting_texts;
    check_.conflicting_rows += rows.size();
    if (check_.conflicts.size() == kCheckExamples) return;
    Conflict conflict{excerpt(dataset_.rows[rows[0]].text), {}};
    const Task& task = dataset_.tasks[task_];
    for (const auto& [value, count] : counts)
      conflict.labels.emplace_back(task.kind->text(task, value), count);
    std::ranges::stable_sort(conflict.labels, std::ranges::greater(),
                             &std::pair<std::string, size_t>::second);
    if (conflict.labels.size() > kConflictLabels) conflict.labels.resize(kConflictLabels);
    check_.conflicts.push_back(std::move(conflict));
  }

  void check_shared(Part first, Part second) {
    SharedTexts shared{first, second, 0, 0, {}};
    for (size_t text = 0; text < rows_.size(); ++text) {
      if (!texts_.in_part[text][static_cast<size_t>(first)]) continue;
      const auto in_second = [&](uint32_t id) { return parts_[id] == second; };
      const auto rows = static_cast<size_t>(std::ranges::count_if(rows_[text], in_second));
      if (rows == 0) continue;
      ++shared.texts;
      shared.rows += rows;
      keep_example(shared.examples, dataset_.rows[rows_[text][0]].text);
    }
    if (shared.texts > 0) check_.shared.push_back(std::move(shared));
  }

  const Dataset& dataset_;
  const std::vector<Part>& parts_;
  const Texts& texts_;
  size_t task_;
  std::vector<std::vector<uint32_t>> rows_;  ///< of the task, by text
  TaskCheck check_;
};

bool has_control(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const char32_t c = decode_utf8(text, at);
    if ((c < 0x20 && !(c >= '\t' && c <= '\r') && c != kSegmentMark) || (c >= 0x7f && c < 0xa0)) return true;
  }
  return false;
}

/// Returns `text` in Windows-1252, where C1 controls stay (so that it is Latin-1 too) and a character that it
/// lacks is NUL.
std::string windows_1252(std::string_view text) {
  constexpr char32_t kFrom80[] = {0x20ac, 0,      0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021,
                                  0x2c6,  0x2030, 0x160,  0x2039, 0x152,  0,      0x17d,  0,
                                  0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                  0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0,      0x17e,  0x178};
  std::string bytes;
  for (size_t at = 0; at < text.size();) {
    char32_t c = decode_utf8(text, at);
    if (c > 0xff) {
      const auto found = std::ranges::find(kFrom80, c);
      c = found == std::end(kFrom80) ? 0 : 0x80 + static_cast<char32_t>(found - kFrom80);
    }
    bytes.push_back(static_cast<char>(c));
  }
  return bytes;
}

/// Says whether `text` was UTF-8 before it was read as Windows-1252 or Latin-1. A letter and a sign of a
/// sound text may happen to be one UTF-8 character («PERÚ», „Fuß“), so one alone counts only where no
/// language has that pair; two in a row always do.
bool has_mojibake(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; })) return false;
  const std::string bytes = windows_1252(text);
  size_t end_of_last = bytes.size();
  for (size_t at = 0; at < bytes.size();) {
    const size_t begin = at;
    const char32_t c = decode_utf8(bytes, at);
    if (at == begin + 1) continue;
    // Ã” and the like also close a word in capitals (“AMANHÔ); within a word they do not.
    const bool closing = std::string_view("\x85\x92\x94\x96").find(bytes[at - 1]) != std::string_view::npos;
    const bool within_word = at < bytes.size() && std::isalpha(static_cast<unsigned char>(bytes[at]));
    const bool latin = c < 0x100 && (!closing || within_word);
    const bool sign = c >= 0x2000 && c < 0x2140;
    const bool emoji = c >= 0x1f000 && c < 0x20000;
    if (latin || sign || emoji || begin == end_of_last) return true;
    end_of_last = at;
  }
  return false;
}

EncodingCheck check_encoding(const Dataset& dataset) {
  EncodingCheck check;
  const auto note = [](OddRows& odd, const std::string& text, bool found) {
    if (!found) return;
    ++odd.rows;
    keep_example(odd.examples, text);
  };
  for (const DatasetRow& row : dataset.rows) {
    note(check.not_utf8, row.text, !is_valid_utf8(row.text));
    note(check.replacement, row.text, row.text.find("\xef\xbf\xbd") != std::string::npos);
    note(check.control, row.text, has_control(row.text));
    note(check.mojibake, row.text, has_mojibake(row.text));
  }
  return check;
}

LengthCheck check_lengths(const Dataset& dataset, const Tokenizer& tokenizer, const TextCut& cut,
                          int threads) {
  const size_t around = tokenizer.prompt_pieces() +
                        static_cast<size_t>(tokenizer.first_id() != Tokenizer::kNoId) +
                        static_cast<size_t>(tokenizer.last_id() != Tokenizer::kNoId);
  const size_t between = tokenizer.pair_form().value_or(PairForm()).separators;
  std::vector<size_t> lengths(dataset.rows.size()), pieces(lengths.size()), unknown(lengths.size());
  parallel_for(dataset.rows.size(), 256, threads, [&](size_t begin, size_t end) {
    std::vector<int32_t> ids;
    for (size_t row = begin; row < end; ++row) {
      ids.clear();
      const auto [first, second] = segments_of(dataset.rows[row].text);
      tokenizer.append_pieces(first, ids);
      if (second) tokenizer.append_pieces(*second, ids);
      pieces[row] = ids.size();
      lengths[row] = ids.size() + around + (second ? between : 0);
      unknown[row] = static_cast<size_t>(std::ranges::count(ids, tokenizer.unknown_id()));
    }
  });

  LengthCheck check;
  check.fit = cut;
  for (size_t row = 0; row < lengths.size(); ++row) {
    check.cut += lengths[row] > cut.longest();
    check.ids += pieces[row];
    check.unknown += unknown[row];
    check.rows_with_unknown += unknown[row] > 0;
    if (unknown[row] > 0) keep_example(check.unknown_examples, dataset.rows[row].text);
  }
  if (lengths.empty()) return check;
  std::ranges::sort(lengths);
  check.longest = lengths.back();
  check.median = lengths[lengths.size() / 2];
  check.mean = static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), size_t{0})) /
               static_cast<double>(lengths.size());
  auto counted = lengths.begin();
  for (size_t up_to = 8; counted != lengths.end(); up_to *= 2) {
    const auto end = std::upper_bound(counted, lengths.end(), up_to);
    check.histogram.push_back({up_to, static_cast<size_t>(end - counted)});
    counted = end;
  }
  return check;
}

/// Says whether U+FFFD is in more texts than those into which the reading put it, of which it warned.
bool lost_before(const DataCheck& check, const std::vector<Source>& sources) {
  size_t repaired = 0;
  for (const Source& source : sources) repaired += source.repaired.count;
  return check.encoding.replacement.rows > repaired;
}

/// Returns the beginning of the sentence about cut texts.
std::string limit_text(const TextCut& fit) {
  if (!fit.has_windows()) return str(field("max_length"), " ", fit.max_length, " cuts ");
  return str(field("max_windows"), " ", fit.max_windows, " of ", fit.max_length, " tokens cut ");
}

std::vector<std::string> warnings_of(const DataCheck& check, const Dataset& dataset) {
  std::vector<std::string> warnings = dataset.warnings;
  const auto such_as = [](const std::string& example) { return ", such as: " + printable(example); };
  for (const TaskCheck& task : check.tasks) {
    if (task.conflicting_texts > 0)
      warnings.push_back(str("task \"", task.name, "\": ", task.conflicting_texts,
                             " texts have different labels (", task.conflicting_rows, " rows)",
                             such_as(task.conflicts[0].text)));
    for (const SharedTexts& shared : task.shared)
      warnings.push_back(str("task \"", task.name, "\": ", shared.rows, " rows of ", part_name(shared.second),
                             " have a text of ", part_name(shared.first), such_as(shared.examples[0])));
  }
  const auto odd = [&](const OddRows& rows, const char* what) {
    if (rows.rows > 0) warnings.push_back(str(rows.rows, " texts ", what, such_as(rows.examples[0])));
  };
  if (lost_before(check, dataset.sources))
    odd(check.encoding.replacement, "hold U+FFFD, which stands for what a conversion lost");
  odd(check.encoding.control, "hold control characters");
  odd(check.encoding.mojibake, "look like UTF-8 that was read as Latin-1");
  if (!check.lengths) return warnings;
  const LengthCheck& lengths = *check.lengths;
  if (many_truncated(lengths.cut, check.rows))
    warnings.push_back(str(limit_text(lengths.fit), lengths.cut, " of ", check.rows, " texts (",
                           percent(lengths.cut, check.rows), "); half of all are longer than ",
                           lengths.median));
  if (50 * lengths.unknown > lengths.ids)
    warnings.push_back(str(percent(lengths.unknown, lengths.ids),
                           " of the pieces are unknown to the encoder's vocabulary, such as in: ",
                           printable(lengths.unknown_examples[0])));
  return warnings;
}

}  // namespace

DataCheck check_data(const Dataset& dataset, const std::vector<Part>& parts, const Tokenizer* tokenizer,
                     const TextCut& cut, int threads) {
  DataCheck check;
  check.rows = dataset.rows.size();
  for (const Source& source : dataset.sources)
    check.sources.push_back(
        {source.file, source.part, 0, source.blank, source.unlabelled, source.unreadable});
  for (const DatasetRow& row : dataset.rows) ++check.sources[row.source].rows;
  const Texts texts = find_texts(dataset, parts);
  for (size_t task = 0; task < dataset.tasks.size(); ++task)
    check.tasks.push_back(TaskChecker(dataset, parts, texts, task).check());
  check.encoding = check_encoding(dataset);
  if (tokenizer != nullptr) check.lengths = check_lengths(dataset, *tokenizer, cut, threads);
  check.warnings = warnings_of(check, dataset);
  return check;
}

}  // namespace mtnlp
