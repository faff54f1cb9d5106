// What the fuzz targets share. A target is a function of bytes: it may refuse them with an Error of one line,
// and aborts when a promise of the header it tests is broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "temp_folder.h"

/// The entry that libFuzzer and replay.cc call.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace mtnlp::fuzz {

using testing::TempFolder;

inline void require(bool promise, const char* text) {
  if (promise) return;
  std::fprintf(stderr, "broken promise: %s\n", text);
  std::abort();
}

/// The bytes after the first, which chooses among `choices` ways to read them.
struct Input {
  Input(const uint8_t* data, size_t size, size_t choices)
      : choice(size == 0 ? 0 : data[0] % choices),
        bytes(reinterpret_cast<const char*>(data) + (size == 0 ? 0 : 1), size == 0 ? 0 : size - 1) {}
  size_t choice;
  std::string_view bytes;
};

/// Runs `action`, which may throw an Error of one line; any other exception ends the process. False when it
/// threw.
template <typename Action>
bool accepts(Action action) {
  try {
    action();
    return true;
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::kInput, "bad input is an error of that kind");
    require(std::string_view(error.what()).find('\n') == std::string_view::npos, "an Error has one line");
    return false;
  }
}

}  // namespace mtnlp::fuzz
