#include "base/field.h"

#include <algorithm>

namespace mtnlp {
namespace {

/// U+FDD0, one of the code points that Unicode keeps for uses inside a program: no text of a user has it.
constexpr std::string_view kMark = "\uFDD0";

bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

}  // namespace

std::string field(std::string_view name) {
  return std::string(kMark).append(name);
}

std::string spelled(std::string_view message, Spelling spelling) {
  std::string text;
  for (;;) {
    const size_t mark = std::min(message.find(kMark), message.size());
    text += message.substr(0, mark);
    if (mark == message.size()) return text;
    message.remove_prefix(mark + kMark.size());
    const auto end = std::ranges::find_if_not(message, is_of_name);
    std::string name(message.begin(), end);
    message.remove_prefix(name.size());
    if (spelling == Spelling::kOption) {
      std::ranges::replace(name, '_', '-');
      text += "--";
    }
    text += name;
  }
}

}  // namespace mtnlp
