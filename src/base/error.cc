#include "mtnlp/base/error.h"

#include <new>

namespace mtnlp {

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  const std::string message = error.what();
  for (const char* sign : {"can't allocate memory", "not enough memory", "out of memory"})
    if (message.find(sign) != std::string::npos) return true;
  return false;
}

}  // namespace mtnlp
