#include "mtnlp/base/error.h"

#include <array>
#include <cstdio>
#include <new>

namespace mtnlp {
namespace {

std::string on_one_line(const std::string& message) {
  std::string line;
  for (const char c : message) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7F) {
      std::array<char, 5> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
      line += escape.data();
    } else {
      line += c;
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
