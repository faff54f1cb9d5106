// A tokenizer without files, for the tests of what works on ids.
#pragma once

#include "text/tokenizer.h"

namespace mtnlp::testing {

/// One id for each byte; '?' is unknown.
class ByteTokenizer : public Tokenizer {
 public:
  void append_pieces(std::string_view text, std::vector<int32_t>& ids) const override {
    for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
  }
  const char* kind() const override { return "bytes"; }
  size_t vocabulary_size() const override { return 258; }
  std::string piece(int32_t) const override { return ""; }
  int32_t unknown_id() const override { return '?'; }
  int32_t first_id() const override { return 256; }
  int32_t last_id() const override { return 257; }
};

}  // namespace mtnlp::testing
