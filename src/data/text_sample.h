// A sample of the texts of any number of files, in memory that does not grow with them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/row_reader.h"

namespace mtnlp {

/// Longest line of a sample in bytes: a longer text counts as several lines, cut at white space where it can.
inline constexpr size_t kLongestLine = 4096;

struct TextSampleOptions {
  std::vector<std::string> files = {};
  RowOptions rows = {};
  TextColumns text = {};
  bool keep_going = false;   ///< leave out rows that cannot be read, and count them
  size_t lines = 1'000'000;  ///< most lines of the sample
  uint64_t seed = 42;
  bool quiet = false;  ///< no progress
};

struct TextSample {
  std::vector<std::string> lines = {};     ///< none is blank
  uint64_t all = 0;                        ///< lines that the files hold
  std::vector<std::string> warnings = {};  ///< a line each
};

/// Returns lines of the files, each with the same chance (algorithm R of Vitter 1985): all in their order where
/// there are no more than options.lines, else a choice that depends on the lines and the seed alone. Throws
/// Error when a file cannot be read, and when they hold no text.
TextSample sample_texts(const TextSampleOptions& options);

}  // namespace mtnlp
