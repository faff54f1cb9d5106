// How failure is reported: one exception type whose message a user can act on.
#pragma once

#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace mtnlp {

enum class ErrorKind {
  kInput,   ///< the input or the command line is wrong
  kSystem,  ///< the machine failed us: disk full, no permission to write, out of memory
};

/// Returns `message` as it is shown: on one line, without anything that a terminal would obey (printable.h),
/// and of kMaxMessage bytes at most, of a longer one its start and its end.
std::string one_line(const std::string& message);
inline constexpr size_t kMaxMessage = 480;  ///< bytes that a message may have

/// Everything this project throws on purpose. The message is one line that names the file, the line or
/// tensor, the value found and what is valid; it is made fit by one_line.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ErrorKind kind = ErrorKind::kInput);
  ErrorKind kind() const noexcept { return kind_; }
  /// Returns the message as it was made, before one_line.
  const std::string& whole() const noexcept { return whole_; }

 private:
  std::string whole_;
  ErrorKind kind_;
};

/// Says whether `error` means that memory ran out: std::bad_alloc, or what libtorch says for the host and for
/// CUDA.
bool is_out_of_memory(const std::exception& error);

/// Returns all arguments printed one after another: `str("line ", 3, ": ", name)`.
template <typename... Parts>
std::string str(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

/// Throws an Error for input or a command line that is wrong.
template <typename... Parts>
[[noreturn]] void fail_input(const Parts&... parts) {
  throw Error(str(parts...), ErrorKind::kInput);
}

/// Throws an Error for a failure outside of the input.
template <typename... Parts>
[[noreturn]] void fail_system(const Parts&... parts) {
  throw Error(str(parts...), ErrorKind::kSystem);
}

}  // namespace mtnlp
