// What each word of a text adds to the answer: the probability that is lost where the word is hidden (occlusion, Zeiler and
// Fergus 2014).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/matrix.h"
#include "infer/predictor.h"

namespace mtnlp {

/// Returns the words of `text`: what stands between white space and punctuation, with the apostrophes in it ("don't");
/// each CJK ideograph is a word.
std::vector<std::string_view> words_in(std::string_view text);

/// What a word adds to the probability of an answer.
struct WordWeight {
  std::string word;
  double weight = 0;
};

using Explanation = std::vector<WordWeight>;  ///< of one answer, the words in the order of the text

/// Returns a list of JSON, [{"word", "weight"}].
std::string explanation_text(const Explanation& explanation);

class Explainer {
 public:
  /// Says whether the vocabulary of the model in `folder`, whose tokenizer this is, has the mask token that hides words.
  static bool can_hide(const Tokenizer& tokenizer, const fs::path& folder);

  /// `predictor`, of the model in `folder`, is borrowed. Throws Error when words cannot be hidden.
  Explainer(const Predictor& predictor, const fs::path& folder);

  /// Says whether the answers to `task` have an explanation: those of one label of several.
  static bool explains(const Task& task);
  /// Returns for each of `texts` (of a pair both, see segments_of) and each task, by its place, by how much the probability
  /// of the answer falls when each token of a word is the mask token; nothing for a task that `explains` refuses. `outputs`
  /// are those of the heads for `texts`, by task. A word that is cut off has the weight 0, or is left out.
  std::vector<std::vector<Explanation>> explain(std::span<const std::string> texts,
                                                std::span<const Matrix> outputs) const;

 private:
  Encoding hide(const std::string& text, std::string_view word) const;
  std::string within_cut(std::string_view text) const;

  const Predictor& predictor_;
  std::string mask_;  ///< how the tokenizer reads a mask token in a text
};

}  // namespace mtnlp
