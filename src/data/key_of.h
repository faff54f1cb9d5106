// Text as part of a random key.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace mtnlp {

/// Returns a key that is the same on every machine: mixed FNV-1a.
inline uint64_t key_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mix64(hash);
}

}  // namespace mtnlp
