#include "infer/explain.h"

#include <algorithm>

#include "base/error.h"
#include "base/json_text.h"
#include "base/numbers.h"
#include "infer/batches.h"
#include "tasks/prediction.h"
#include "text/masked_vocabulary.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

bool is_apostrophe(std::string_view word) {
  return word == "'" || word == "\u2019";
}

bool is_punctuation(std::string_view word) {
  size_t at = 0;
  return is_bert_punctuation(decode_utf8(word, at));
}

/// Appends `run`, which holds neither white space nor punctuation, each ideograph by itself.
void append_run(std::string_view run, std::vector<std::string_view>& words) {
  size_t begin = 0;
  for (size_t at = 0; at < run.size();) {
    const size_t here = at;
    if (!is_chinese(decode_utf8(run, at))) continue;
    if (here > begin) words.push_back(run.substr(begin, here - begin));
    words.push_back(run.substr(here, at - here));
    begin = at;
  }
  if (begin < run.size()) words.push_back(run.substr(begin));
}

/// A text, its words, and the weight of each for each task.
struct Weighed {
  std::string text;
  std::vector<std::string_view> words = {};
  std::vector<std::vector<double>> weights = {};  ///< [tasks, words]
};

/// A word that is hidden, and what the encoder gets in place of its text.
struct Hidden {
  size_t text, word;
  Encoding ids;
};

/// Returns the words of the text of a row, of a pair those of both texts.
std::vector<std::string_view> words_of_row(std::string_view text) {
  const auto [first, second] = segments_of(text);
  std::vector<std::string_view> words = words_in(first);
  if (!second) return words;
  for (const std::string_view word : words_in(*second)) words.push_back(word);
  return words;
}

/// Weighs the `hidden` words: what the answers by `outputs` lose with them.
void weigh(const Predictor& predictor, std::span<const Matrix> outputs, const std::vector<Hidden>& hidden,
           std::vector<Weighed>& texts) {
  std::vector<TokenIds> ids;
  for (const Hidden& one : hidden) ids.emplace_back(one.ids);
  const std::vector<Matrix> without = predictor.outputs(embed_all(predictor.embedder(), ids));
  const std::vector<Task>& tasks = predictor.settings().tasks;
  for (size_t task = 0; task < tasks.size(); ++task) {
    if (!Explainer::explains(tasks[task])) continue;
    for (size_t i = 0; i < hidden.size(); ++i) {
      const auto& [text, word, _] = hidden[i];
      const Prediction answer = decode(outputs[task].row(text), tasks[task].decision);
      const float left = probabilities(without[task].row(i), tasks[task].decision)[answer.label];
      texts[text].weights[task][word] = double{answer.probability} - left;
    }
  }
}

/// Returns how a text spells the mask token; "" where it cannot.
std::string mask_in_text(const Tokenizer& tokenizer, const fs::path& folder) {
  const int32_t id = find_mask_id(folder, tokenizer);
  if (id == Tokenizer::kNoId) return "";
  std::string mask = tokenizer.piece(id);
  std::vector<int32_t> ids;
  tokenizer.append_pieces(mask, ids);
  return ids == std::vector{id} ? mask : "";
}

}  // namespace

std::string explanation_text(const Explanation& explanation) {
  std::string list;
  for (const auto& [word, weight] : explanation)
    list += str(list.empty() ? "" : ",", R"({"word":)", json_string(word), R"(,"weight":)",
                fixed_text(weight, 6), "}");
  return "[" + list + "]";
}

std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> pieces, words;
  for (size_t at = 0;;) {
    const std::string_view piece = next_bert_word(text, at);
    if (piece.empty()) break;
    pieces.push_back(piece);
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (is_punctuation(pieces[i])) continue;
    std::string_view word = pieces[i];
    const auto joins = [&](size_t next) { return pieces[next].data() == word.data() + word.size(); };
    while (i + 2 < pieces.size() && is_apostrophe(pieces[i + 1]) && joins(i + 1) &&
           !is_punctuation(pieces[i + 2]) &&
           pieces[i + 2].data() == pieces[i + 1].data() + pieces[i + 1].size()) {
      word = std::string_view(word.begin(), pieces[i + 2].end());
      i += 2;
    }
    append_run(word, words);
  }
  return words;
}

Explainer::Explainer(const Predictor& predictor, const fs::path& folder) : predictor_(predictor) {
  mask_ = mask_in_text(*predictor.settings().tokenizer, folder);
  if (mask_.empty())
    fail_input(folder.string(), ": its vocabulary has no mask token, which hides words to explain an answer");
}

bool Explainer::can_hide(const Tokenizer& tokenizer, const fs::path& folder) {
  return !mask_in_text(tokenizer, folder).empty();
}

bool Explainer::explains(const Task& task) {
  return task.kind == &default_task_kind();
}

/// Returns the ids of `text` with as many mask tokens as `word`, a part of it, has tokens, so that it is cut as before.
Encoding Explainer::hide(const std::string& text, std::string_view word) const {
  const ModelSettings& settings = predictor_.settings();
  const auto begin = static_cast<size_t>(word.data() - text.data());
  const auto with_masks = [&](size_t count) {
    std::string hidden = text.substr(0, begin);
    for (size_t i = 0; i < count; ++i) hidden += mask_;
    return hidden.append(text, begin + word.size());
  };
  const auto length = [&](const std::string& whole) {
    const auto [first, second] = segments_of(whole);
    std::vector<int32_t> ids;
    settings.tokenizer->append_pieces(first, ids);
    if (second) settings.tokenizer->append_pieces(*second, ids);
    return ids.size();
  };
  const std::string one = with_masks(1);
  const size_t before = length(text), after = length(one);
  const std::string hidden = before > after ? with_masks(before - after + 1) : one;
  return settings.tokenizer->encode(segments_of(hidden), settings.cut);
}

/// Returns `text` without words that no cut leaves, so that a long one is not read again for each of its words.
std::string Explainer::within_cut(std::string_view text) const {
  const std::vector<std::string_view> words = words_in(text);
  const size_t most = 2 * predictor_.settings().cut.longest();  // each word has a token, but for odd ones
  if (words.size() <= 2 * most) return std::string(text);
  const std::string_view last = words[most - 1], first = words[words.size() - most];
  const auto end = static_cast<size_t>(last.data() + last.size() - text.data()),
             begin = static_cast<size_t>(first.data() - text.data());
  const Truncation truncation = predictor_.settings().cut.truncation;
  if (truncation == Truncation::kHead) return std::string(text.substr(0, end));
  if (truncation == Truncation::kTail) return std::string(text.substr(begin));
  return std::string(text.substr(0, end)).append(" ").append(text.substr(begin));
}

std::vector<std::vector<Explanation>> Explainer::explain(std::span<const std::string> texts,
                                                         std::span<const Matrix> outputs) const {
  constexpr size_t kAtOnce = 4096;
  const ModelSettings& settings = predictor_.settings();
  std::vector<Weighed> weighed;
  for (const std::string& text : texts) {
    const auto [first, second] = segments_of(text);
    const std::string of_first = within_cut(first), of_second = within_cut(second.value_or(""));
    weighed.push_back({second ? row_text({of_first, of_second}) : of_first});
  }
  std::vector<Hidden> hidden;
  for (size_t i = 0; i < weighed.size(); ++i) {
    Weighed& own = weighed[i];
    own.words = words_of_row(own.text);
    own.weights.assign(settings.tasks.size(), std::vector<double>(own.words.size()));
    const Encoding whole = settings.tokenizer->encode(segments_of(own.text), settings.cut);
    for (size_t word = 0; word < own.words.size(); ++word) {
      Encoding ids = hide(own.text, own.words[word]);
      if (ids != whole) hidden.push_back({i, word, std::move(ids)});
      if (hidden.size() < kAtOnce) continue;
      weigh(predictor_, outputs, hidden, weighed);
      hidden.clear();
    }
  }
  if (!hidden.empty()) weigh(predictor_, outputs, hidden, weighed);
  std::vector explained(texts.size(), std::vector<Explanation>(settings.tasks.size()));
  for (size_t i = 0; i < texts.size(); ++i)
    for (size_t task = 0; task < settings.tasks.size(); ++task)
      for (size_t word = 0; word < weighed[i].words.size() && explains(settings.tasks[task]); ++word)
        explained[i][task].push_back({std::string(weighed[i].words[word]), weighed[i].weights[task][word]});
  return explained;
}

}  // namespace mtnlp
