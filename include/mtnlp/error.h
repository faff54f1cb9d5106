// What the functions of this API throw on purpose.
#pragma once

#include <stdexcept>
#include <string>

namespace mtnlp::api {

enum class ErrorKind {
  kInput,   ///< the model, a data file, an option or a text is wrong
  kSystem,  ///< the machine failed: disk full, no permission, no more threads
};

/// The message is one line of at most 500 bytes that names the file, the value found and what is valid.
/// Besides it only std::bad_alloc and, for a fault of mtnlp, another std::exception is thrown.
class [[gnu::visibility("default")]] Error : public std::runtime_error {
 public:
  Error(const std::string& message, ErrorKind kind) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept {
    return kind_;
  }

 private:
  ErrorKind kind_;
};

}  // namespace mtnlp::api
