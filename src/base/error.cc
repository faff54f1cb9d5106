#include "base/error.h"

#include <new>

#include "base/field.h"
#include "base/printable.h"

namespace mtnlp {

std::string one_line(const std::string& message) {
  std::string line = printable(message);
  if (line.size() <= kMaxMessage) return line;
  constexpr size_t kHalf = kMaxMessage / 2;
  size_t tail = line.size() - kHalf;
  while ((static_cast<unsigned char>(line[tail]) & 0xC0) == 0x80) ++tail;
  return shortened(line, kHalf) + line.substr(tail);
}

Error::Error(const std::string& message, ErrorKind kind)
    : std::runtime_error(one_line(spelled(message))), whole_(message), kind_(kind) {}

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const std::string message = error.what();
  for (const char* sign : {"can't allocate memory", "not enough memory", "out of memory"})
    if (message.find(sign) != std::string::npos) return true;
  return false;
}

}  // namespace mtnlp
