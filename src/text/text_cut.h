// How a text that is longer than a sequence may be is fitted.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace mtnlp {

/// Which end of a long text is kept (Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?").
enum class Truncation {
  kHead,      ///< the first ids, as the reference libraries do
  kTail,      ///< the last ids
  kHeadTail,  ///< the first quarter and the rest from the end (128 + 382 of 510 in the paper)
};

Truncation parse_truncation(const std::string& name);  ///< "head", "tail", "head+tail"; throws Error
const char* truncation_name(Truncation truncation);
const std::vector<std::string>& truncation_names();

/// Largest TextCut::max_windows.
inline constexpr size_t kMostWindows = 1000;

/// Either one sequence of the end that is kept, or overlapping windows, each a sequence of its own, whose embeddings are
/// averaged: as heads are linear, so are their logits.
struct TextCut {
  /// Most tokens of a sequence, special ones included; 2 to the encoder's positions.
  size_t max_length = 128;
  Truncation truncation = Truncation::kHead;  ///< end that is kept of what is still too long
  size_t stride = 0;        ///< tokens from the start of a window to that of the next; 0: no windows
  size_t max_windows = 16;  ///< most windows of a text, at least 1; memory grows with it

  bool has_windows() const { return stride > 0; }
  /// Returns the tokens of the longest text that is whole in what is read of it, special ones included.
  size_t longest() const { return max_length + (has_windows() ? (max_windows - 1) * stride : 0); }
  bool operator==(const TextCut&) const = default;
};

/// What is said of a cut; none: it stays as it is.
struct CutChoice {
  std::optional<size_t> max_length;
  std::optional<Truncation> truncation;
  std::optional<size_t> stride, max_windows;

  /// Returns `cut` with what is said in its place.
  TextCut over(TextCut cut) const;
};

/// Returns the words "cut to 128 tokens", with those about windows, for people.
std::string cut_text(const TextCut& cut);

}  // namespace mtnlp
