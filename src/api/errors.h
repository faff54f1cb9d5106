// From the errors of the floors below to those of the API.
#pragma once

#include <new>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "mtnlp/error.h"

namespace mtnlp::api {

/// Returns what `body` returns; what it throws for its caller becomes an Error, memory that ran out
/// std::bad_alloc.
template <typename Body>
auto with_api_errors(const Body& body) {
  try {
    return body();
  } catch (const mtnlp::Error& error) {
    throw Error(error.what(),
                error.kind() == mtnlp::ErrorKind::kInput ? ErrorKind::kInput : ErrorKind::kSystem);
  } catch (const fs::filesystem_error& error) {
    throw Error(one_line(error.path1().string() + ": " + error.code().message()), ErrorKind::kSystem);
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) throw std::bad_alloc();
    throw;
  }
}

}  // namespace mtnlp::api
