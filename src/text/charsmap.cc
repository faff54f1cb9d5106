#include "text/charsmap.h"

#include <algorithm>
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

constexpr size_t kLongestRule = 1024, kMostNestedRules = 32;
constexpr uint32_t kByteValues = 256;

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
  std::vector<uint8_t> known(units_.size());
  check_below(0, 0, known, where);
}

size_t Charsmap::check_below(size_t node, size_t depth, std::vector<uint8_t>& known,
                             const std::string& where) const {
  const auto fail = [&](const char* fault) { fail_input(where, ": the precompiled charsmap ", fault); };
  if (known[node] > 0) return known[node] - 1u;
  if (depth > kLongestRule) fail("has a rule of more than 1,024 bytes, or links in a circle");
  const size_t children = node ^ offset(units_[node]);
  if ((children | (kByteValues - 1)) >= units_.size()) fail("links out of its trie");
  size_t most = 0;
  for (uint32_t byte = 0; byte < kByteValues; ++byte)
    if (const size_t child = children ^ byte; label(units_[child]) == byte)
      most = std::max(most, check_below(child, depth + 1, known, where));
  if (node > 0 && has_leaf(units_[node])) {
    const size_t begin = value(units_[children]);
    if (begin >= strings_.size() || (static_cast<unsigned char>(strings_[begin]) & 0xC0) == 0x80)
      fail("has a rule without a text");
    ++most;
  }
  if (most > kMostNestedRules) fail("has more than 32 rules that begin with one another");
  known[node] = static_cast<uint8_t>(most + 1);
  return most;
}

std::optional<std::string_view> Charsmap::replacement(std::string_view chunk) const {
  size_t node = offset(units_[0]);
  for (const char c : chunk) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    if (byte == 0 || label(units_[node]) != byte) return std::nullopt;
    const uint32_t unit = units_[node];
    node ^= offset(unit);
    if (!has_leaf(unit)) continue;
    const size_t begin = value(units_[node]);
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
