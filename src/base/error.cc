#include "mtnlp/base/error.h"

#include <array>
#include <cstdio>
#include <new>

namespace mtnlp {
namespace {

std::string on_one_line(const std::string& message) {
  std::string line;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      line += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      line += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else {
      std::array<char, 5> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
      line += escape.data();
    }
  }
  return line;
}

}  // namespace

Error::Error(const std::string& message, ExitCode code)
    : std::runtime_error(on_one_line(message)), code_(code) {}

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const std::string message = error.what();
  for (const char* sign : {"can't allocate memory", "not enough memory", "out of memory"})
    if (message.find(sign) != std::string::npos) return true;
  return false;
}

}  // namespace mtnlp
