#include "data/text_sample.h"

#include "base/printable.h"
#include "base/random.h"
#include "data/text_rows.h"
#include "text/fold_text.h"

namespace mtnlp {
namespace {

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

/// Adds the lines of `text`.
void take_lines(std::string_view text, const TextSampleOptions& options, TextSample& sample) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, first_line(text));
    if (!without_invisible(line).empty()) take(line, options, sample);
    text.remove_prefix(line.size());
  }
}

}  // namespace

TextSample sample_texts(const TextSampleOptions& options) {
  TextSample sample;
  std::vector<std::string> names;
  std::string buffer;
  const TextFileOptions reading{
      options.rows, {.columns = options.text, .keep_going = options.keep_going}, options.quiet};
  for (const std::string& file : options.files)
    names.push_back(
        read_texts(file, nullptr, reading, sample.warnings, [&](const TextRow& row, const RowText& text_of) {
          take_lines(text_of(row.row, buffer), options, sample);
        }));
  if (sample.lines.empty()) fail_input(few_of(names), ": holds no text to learn from");
  return sample;
}

}  // namespace mtnlp
