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

class Explainer {
 public:
  /// `predictor`, of the model in `folder`, is borrowed. Throws Error when its vocabulary has no mask token.
  Explainer(const Predictor& predictor, const fs::path& folder);

  /// Says whether the answers to `task` have an explanation: those of one label of several.
  static bool explains(const Task& task);
  /// Returns for each of `texts` and each task that `explains` takes a list of JSON, [{"word", "weight"}], of its words in
  /// their order, of a pair (see segments_of) those of both texts: by how much the probability of the answer falls when each token of the word is the mask token. `outputs`
  /// are those of the heads for `texts`, by task. A word that is cut off has the weight 0, or is left out.
  std::vector<std::vector<std::string>> explain(std::span<const std::string> texts,
                                                std::span<const Matrix> outputs) const;

 private:
  Encoding hide(const std::string& text, std::string_view word) const;
  std::string within_cut(std::string_view text) const;

  const Predictor& predictor_;
  std::string mask_;  ///< how the tokenizer reads a mask token in a text
};

}  // namespace mtnlp
