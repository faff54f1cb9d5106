#include "text/charsmap.h"

#include <cstring>

#include "base/error.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

// A unit of Darts-clone.
bool has_leaf(uint32_t unit) {
  return (unit >> 8 & 1) != 0;
}
uint32_t value(uint32_t unit) {
  return unit & 0x7FFFFFFF;
}
uint32_t label(uint32_t unit) {
  return unit & 0x800000FF;
}
uint32_t offset(uint32_t unit) {
  return unit >> 10 << ((unit & 0x200) >> 6);
}

}  // namespace

Charsmap::Charsmap(std::string_view blob, const std::string& where) {
  uint32_t size = 0;
  if (blob.size() >= sizeof size) std::memcpy(&size, blob.data(), sizeof size);
  if (blob.size() < sizeof size || size > blob.size() - sizeof size || size % sizeof(uint32_t) != 0 ||
      size == 0)
    fail_input(where, ": the precompiled charsmap has ", blob.size(), " bytes and says that ", size,
               " of them are its trie");
  units_.resize(size / sizeof(uint32_t));
  std::memcpy(units_.data(), blob.data() + sizeof size, size);
  strings_ = blob.substr(sizeof size + size);
  if (!strings_.empty() && strings_.back() != '\0')
    fail_input(where, ": the precompiled charsmap is cut off");
  if (!is_valid_utf8(strings_)) fail_input(where, ": the precompiled charsmap holds text that is not UTF-8");
}

std::optional<std::string_view> Charsmap::replacement(std::string_view chunk) const {
  size_t node = offset(units_[0]);
  for (const char c : chunk) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label(units_[node]) != byte) return std::nullopt;
    const uint32_t unit = units_[node];
    node ^= offset(unit);
    if (!has_leaf(unit)) continue;
    const size_t begin = node < units_.size() ? value(units_[node]) : strings_.size();
    if (begin >= strings_.size()) return std::nullopt;
    return std::string_view(strings_).substr(begin, strings_.find('\0', begin) - begin);
  }
  return std::nullopt;
}

void Charsmap::append_normalized(std::string_view text, std::string& out) const {
  constexpr size_t kShortCluster = 6;
  while (!text.empty()) {
    const size_t length = grapheme_length(text);
    const std::string_view cluster = text.substr(0, length);
    text.remove_prefix(length);
    if (length < kShortCluster) {
      if (const auto rule = replacement(cluster)) {
        out += *rule;
        continue;
      }
    }
    for (size_t at = 0; at < length;) {
      const size_t begin = at;
      decode_utf8(cluster, at);
      const std::string_view character = cluster.substr(begin, at - begin);
      out += replacement(character).value_or(character);
    }
  }
}

}  // namespace mtnlp
