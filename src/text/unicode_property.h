// What utf8proc knows about a character, and where the reference knows better.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <utf8proc.h>

#include "text/unicode_differences.h"

namespace mtnlp {

namespace unicode_differences {

template <size_t N>
bool within(const Range (&ranges)[N], char32_t c) {
  const auto* range = std::lower_bound(std::begin(ranges), std::end(ranges), c,
                                       [](const Range& r, char32_t x) { return r.last < x; });
  return range != std::end(ranges) && range->first <= c;
}

}  // namespace unicode_differences

inline const utf8proc_property_t& unicode_property(char32_t c) {
  return *utf8proc_get_property(static_cast<int32_t>(c));
}

}  // namespace mtnlp
