// What is done to a text before it is cut: the "normalizer" of tokenizer.json.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/charsmap.h"
#include "text/unicode.h"

namespace mtnlp {

/// A chain of steps; an empty chain leaves the text as it is.
class Normalizer {
 public:
  /// Appends what becomes of `text` to `out`.
  using Step = std::function<void(std::string_view text, std::string& out)>;

  Normalizer() = default;
  /// Reads `json`, the value of "normalizer" in `file`: BertNormalizer, Lowercase, NFD, NFKD, StripAccents,
  /// Strip, Replace, Precompiled, or a Sequence of them. Any other is refused by name.
  Normalizer(const Json& json, const fs::path& file);

  void append(Step step) { steps_.push_back(std::move(step)); }
  void prepend(Step step) { steps_.insert(steps_.begin(), std::move(step)); }

  /// Returns `text` after all steps: a view of itself or of `buffer`.
  std::string_view apply(std::string_view text, std::string& buffer) const;

 private:
  void append_json(const Json& json, const fs::path& file, int depth);

  std::vector<Step> steps_;
};

/// Returns the step that replaces every `from` (not empty), left to right.
Normalizer::Step replace_step(std::string from, std::string to);

/// Returns the settings of a BertNormalizer in `file`.
BertCleanUp bert_clean_up(const Json& json, const fs::path& file);
Normalizer::Step clean_up_step(const BertCleanUp& options);

/// Returns the step that applies the rules of `map`.
Normalizer::Step charsmap_step(Charsmap map);

}  // namespace mtnlp
