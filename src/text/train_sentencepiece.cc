// Invariants: the trainer gets what it neither skips nor dies of; nothing of its log is shown, and its errors
// become ours.
#include "text/train_sentencepiece.h"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <unordered_map>
#include <utility>

#include <sentencepiece_trainer.h>

#include "base/error.h"
#include "base/field.h"
#include "base/log.h"
#include "base/numbers.h"
#include "base/threads.h"
#include "text/fold_text.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

// Each thread sums the texts of its own, so that their number shows in the last digits of the scores.
constexpr int kThreads = 16;
constexpr int kLongestText = 1 << 30;           // bytes, the most that the trainer takes
constexpr size_t kManyBytes = size_t{1} << 30;  // characters beyond which the trainer counts in 64 bits

/// Hands over texts, each of which is freed when it is done with.
class HandedTexts final : public sentencepiece::SentenceIterator {
 public:
  explicit HandedTexts(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  bool done() const override { return at_ == texts_.size(); }
  void Next() override { std::string().swap(texts_[at_++]); }
  const std::string& value() const override { return texts_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::vector<std::string> texts_;
  size_t at_ = 0;
};

/// Returns `text` with a space for what is one to the normaliser, and for the character that the trainer skips
/// a text for.
std::string for_trainer(std::string_view text) {
  constexpr char32_t kWordMark = 0x2581, kUnknownMark = 0x2585;
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = decode_utf8(text, at);
    if (c == kWordMark || c == kUnknownMark || c == kReplacementCharacter)
      out += ' ';
    else
      out += text.substr(begin, at - begin);
  }
  return out;
}

/// Returns the number that stands behind `mark` in a message of the library.
std::optional<size_t> number_behind(std::string_view message, std::string_view mark) {
  const size_t found = message.find(mark);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view rest = message.substr(found + mark.size());
  return parse_number<size_t>(rest.substr(0, rest.find_first_not_of("0123456789")));
}

[[noreturn]] void refuse(std::string_view message, size_t pieces) {
  log_debug(str("libsentencepiece: ", message));
  if (const auto most = number_behind(message, "Please set it to a value <= "))
    fail_input(field("pieces"), " is ", pieces, ", more than the texts make; valid is at most ", *most);
  if (const auto least = number_behind(message, " vs "))
    fail_input(field("pieces"), " is ", pieces,
               ", but each character of the texts is a piece, too; valid is ", "at least ", *least,
               ", or a smaller ", field("coverage"));
  fail_input("libsentencepiece cannot make a model of ", pieces, " pieces out of these texts");
}

std::unordered_map<std::string, std::string> settings(const UnigramTraining& training, size_t bytes) {
  return {{"model_type", "unigram"},
          {"vocab_size", str(training.pieces)},
          {"character_coverage", number_text(training.coverage)},
          {"shuffle_input_sentence", "false"},
          {"max_sentence_length", str(kLongestText)},
          {"train_extremely_large_corpus", bytes > kManyBytes ? "true" : "false"},
          {"num_threads", str(kThreads)},
          {"minloglevel", "4"}};
}

}  // namespace

std::string train_sentencepiece(std::vector<std::string> texts, const UnigramTraining& training) {
  size_t bytes = 0;
  for (std::string& text : texts) {
    text = for_trainer(text);
    bytes += text.size();
  }
  if (std::ranges::all_of(texts, [](const std::string& text) { return without_invisible(text).empty(); }))
    fail_input("the texts hold nothing that can be seen, and so no pieces to learn");
  require_threads(kThreads);
  HandedTexts iterator(std::move(texts));
  std::string model;
  try {
    const auto status =
        sentencepiece::SentencePieceTrainer::Train(settings(training, bytes), &iterator, &model);
    if (!status.ok()) refuse(status.error_message(), training.pieces);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    refuse(error.what(), training.pieces);
  }
  return model;
}

}  // namespace mtnlp
