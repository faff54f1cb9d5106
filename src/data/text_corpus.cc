#include "data/text_corpus.h"

#include <algorithm>

#include "base/field.h"
#include "base/output.h"
#include "base/printable.h"
#include "data/held_out.h"
#include "data/text_rows.h"

namespace mtnlp {
namespace {

constexpr size_t kWholeText = size_t{1} << 40;  // tokens: no text is cut

using Ids = std::vector<int32_t>;

fs::path ids_file(const fs::path& folder, const std::string& name) {
  return folder / (name + ".ids");
}
fs::path ends_file(const fs::path& folder, const std::string& name) {
  return folder / (name + ".ends");
}

/// Returns the numbers in a file that write_corpus wrote.
template <typename Number>
std::span<const Number> numbers_of(const MappedFile& file) {
  const std::span<const std::byte> bytes = file.bytes();
  if (bytes.size() % sizeof(Number) != 0)
    fail_input(file.path().string(), ": is cut off; remove the run, and start it anew");
  return {reinterpret_cast<const Number*>(bytes.data()), bytes.size() / sizeof(Number)};
}

/// Writes Sequences out of texts.
class SequenceWriter {
 public:
  SequenceWriter(const fs::path& folder, const std::string& name, const Tokenizer& tokenizer,
                 const MaskedVocabulary& vocabulary, const CorpusOptions& options)
      : vocabulary_(vocabulary),
        ids_(ids_file(folder, name).string()),
        ends_(ends_file(folder, name).string()),
        first_(tokenizer.first_id()),
        last_(tokenizer.last_id()),
        room_(options.max_length - (first_ != Tokenizer::kNoId) - (last_ != Tokenizer::kNoId)),
        join_(options.join) {}

  /// Adds a text without special tokens around it, of at least one token.
  void add(std::span<const int32_t> text) {
    if (!join_) text = text.first(std::min(text.size(), room_));
    const size_t between = last_ != Tokenizer::kNoId ? 1 : 0;
    if (!open_.empty() && open_.size() + between + text.size() > room_) close();
    if (!open_.empty() && between > 0) open_.push_back(last_);
    while (!text.empty()) {
      const size_t count = std::min(text.size(), room_ - open_.size());
      open_.insert(open_.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count));
      text = text.subspan(count);
      if (!join_ || open_.size() == room_) close();
    }
  }

  /// Ends the files; returns the number of sequences.
  uint64_t finish() {
    close();
    ids_.commit();
    ends_.commit();
    return sequences_;
  }

 private:
  /// Writes the open sequence, unless there is nothing in it to learn from: a part of a long text may lack words.
  void close() {
    if (!vocabulary_.knows_any_of(open_)) return open_.clear();
    if (first_ != Tokenizer::kNoId) open_.insert(open_.begin(), first_);
    if (last_ != Tokenizer::kNoId) open_.push_back(last_);
    end_ += open_.size();
    ++sequences_;
    ids_.stream().write(reinterpret_cast<const char*>(open_.data()),
                        static_cast<std::streamsize>(open_.size() * sizeof(int32_t)));
    ends_.stream().write(reinterpret_cast<const char*>(&end_), sizeof end_);
    open_.clear();
  }

  const MaskedVocabulary& vocabulary_;
  OutputFile ids_, ends_;
  int32_t first_, last_;
  size_t room_;  ///< tokens of a sequence without the enclosing ones
  bool join_;
  Ids open_;  ///< the sequence that is being filled, without the enclosing tokens
  uint64_t end_ = 0, sequences_ = 0;
};

/// Reads texts of files one after another.
class CorpusReader {
 public:
  CorpusReader(const Tokenizer& tokenizer, const MaskedVocabulary& vocabulary, const CorpusOptions& options)
      : tokenizer_(tokenizer), vocabulary_(vocabulary), options_(options) {}

  /// Gives each text of `files` that can be learned from to `take`, with its hash. Returns how many there were.
  template <typename Take>
  uint64_t read(const std::vector<std::string>& files, Take take) {
    uint64_t texts = 0;
    const TextFileOptions reading{options_.rows,
                                  {.columns = options_.text,
                                   .cut = {kWholeText},
                                   .threads = options_.threads,
                                   .keep_going = options_.keep_going},
                                  options_.quiet};
    for (const std::string& file : files)
      read_texts(file, &tokenizer_, reading, counts.warnings,
                 [&](TextRow& row, const RowText& text_of) { texts += take_row(row, text_of, take); });
    return texts;
  }

  CorpusCounts counts = {};

 private:
  template <typename Take>
  bool take_row(TextRow& row, const RowText& text, Take take) {
    Ids& ids = row.tokens.ids;
    if (tokenizer_.first_id() != Tokenizer::kNoId) ids.erase(ids.begin());
    if (tokenizer_.last_id() != Tokenizer::kNoId) ids.pop_back();
    if (!vocabulary_.knows_any_of(ids)) {
      counts.unknown += !ids.empty();
      return false;
    }
    std::string buffer;
    take(content_hash(text(row.row, buffer)), std::move(ids));
    return true;
  }

  const Tokenizer& tokenizer_;
  const MaskedVocabulary& vocabulary_;
  const CorpusOptions& options_;
};

}  // namespace

Sequences::Sequences(const fs::path& folder, const std::string& name)
    : ids_file_(ids_file(folder, name)),
      ends_file_(ends_file(folder, name)),
      ids_(numbers_of<int32_t>(ids_file_)),
      ends_(numbers_of<uint64_t>(ends_file_)) {
  if (ends_.empty() || ends_.back() != ids_.size())
    fail_input(ends_file_.path().string(), ": does not fit ", ids_file_.path().string(),
               "; remove the run, and start it anew");
}

std::span<const int32_t> Sequences::operator[](uint64_t index) const {
  const uint64_t begin = index == 0 ? 0 : ends_[index - 1];
  return ids_.subspan(begin, ends_[index] - begin);
}

CorpusCounts write_corpus(const fs::path& folder, const Tokenizer& tokenizer,
                          const MaskedVocabulary& vocabulary, const CorpusOptions& options) {
  CorpusReader reader(tokenizer, vocabulary, options);
  SequenceWriter training(folder, "training", tokenizer, vocabulary, options),
      validation(folder, "validation", tokenizer, vocabulary, options);
  const auto train = [&](const Ids& ids) { training.add(ids); };
  CorpusCounts& counts = reader.counts;
  if (options.validation.empty()) {
    HeldOut held_out(kHeldOutShare, kMostHeldOut);
    counts.texts = reader.read(options.files,
                               [&](uint64_t hash, Ids ids) { held_out.take(hash, std::move(ids), train); });
    counts.held_out = held_out.texts().size();
    for (const auto& [hash, text] : held_out.texts()) validation.add(text.ids);
  } else {
    counts.texts = reader.read(options.files, [&](uint64_t, const Ids& ids) { train(ids); });
    const uint64_t others =
        reader.read(options.validation, [&](uint64_t, const Ids& ids) { validation.add(ids); });
    if (others == 0) fail_input(few_of(options.validation), ": holds no text to validate on");
  }
  if (counts.texts == 0)
    fail_input(few_of(options.files), ": holds no text to learn from",
               counts.unknown > 0 ? "; the vocabulary does not know a single word of it" : "");
  if (training.finish() == 0)
    fail_input(few_of(options.files),
               ": holds only one text, and one is held out to validate on; give more, or ",
               field("validation"));
  validation.finish();
  return std::move(counts);
}

}  // namespace mtnlp
