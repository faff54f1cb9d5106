#include "base/numbers.h"

#include <cmath>
#include <cstdio>

namespace mtnlp {

std::string fixed_text(double value, int digits) {
  if (std::isnan(value)) return "nan";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

namespace {

template <typename Number>
std::string shortest_text(Number value) {
  if (std::isnan(value)) return "nan";
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

}  // namespace

std::string number_text(double value) {
  return shortest_text(value);
}

std::string float_text(float value) {
  return shortest_text(value);
}

}  // namespace mtnlp
