#include "data/text_sample.h"

#include "base/printable.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/signals.h"
#include "data/text_rows.h"
#include "text/fold_text.h"

namespace mtnlp {
namespace {

constexpr size_t kChunkRows = 8192;

/// Returns how many bytes of `text` make its first line.
size_t first_line(std::string_view text) {
  if (text.size() <= kLongestLine) return text.size();
  if (const size_t space = text.find_last_of(" \t\n", kLongestLine - 1); space != std::string_view::npos)
    return space + 1;
  size_t end = kLongestLine;
  while (end > kLongestLine - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return end;
}

/// Adds `line` to the sample, or puts it in the place of another, or leaves it out.
void take(std::string_view line, const TextSampleOptions& options, TextSample& sample) {
  const uint64_t number = sample.all++;
  if (sample.lines.size() < options.lines) {
    sample.lines.emplace_back(line);
    return;
  }
  const uint64_t place = KeyedRandom(hash_key(options.seed, number)).below(sample.all);
  if (place < sample.lines.size()) sample.lines[place] = line;
}

/// Adds the lines of `file`. Returns its name for messages.
std::string read_file(const std::string& file, const TextSampleOptions& options, TextSample& sample) {
  const auto note = [&](const std::vector<std::string>& warnings) {
    sample.warnings.insert(sample.warnings.end(), warnings.begin(), warnings.end());
  };
  const auto reader = open_rows(file, options.rows);
  note(reader->warnings());
  note(doubts_about_lines(*reader, options.text));
  const RowText text_of(*reader, options.text);
  TextRows rows(
      *reader,
      {.columns = options.text, .keep_going = options.keep_going, .in_place_of_unreadable = "nothing"});
  Progress progress("reading " + reader->name(), 0, "rows", {.quiet = options.quiet});
  std::string buffer;
  for (std::vector<TextRow> chunk; !(chunk = rows.next(kChunkRows)).empty();) {
    throw_if_stopped();
    for (const TextRow& row : chunk) {
      if (!row.sound()) continue;
      for (std::string_view text = text_of(row.row, buffer); !text.empty();) {
        const std::string_view line = text.substr(0, first_line(text));
        if (!without_invisible(line).empty()) take(line, options, sample);
        text.remove_prefix(line.size());
      }
    }
    progress.add(chunk.size());
  }
  note(rows.warnings());
  return reader->name();
}

}  // namespace

TextSample sample_texts(const TextSampleOptions& options) {
  TextSample sample;
  std::vector<std::string> names;
  for (const std::string& file : options.files) names.push_back(read_file(file, options, sample));
  if (sample.lines.empty()) fail_input(few_of(names), ": holds no text to learn from");
  return sample;
}

}  // namespace mtnlp
