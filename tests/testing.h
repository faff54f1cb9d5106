// Small helpers that all tests share.
#pragma once

#include <grp.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "temp_folder.h"

namespace mtnlp::testing {

/// tests/NAME of the source tree.
inline std::filesystem::path test_path(const std::string& name) {
  return std::filesystem::path(MTNLP_SOURCE_DIR) / "tests" / name;
}

inline size_t count_entries(const std::filesystem::path& folder) {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

/// Expects `action` to throw Error with every one of `parts` in its message, on one line.
template <typename Action>
void expect_error(Action action, std::initializer_list<std::string> parts) {
  try {
    action();
    FAIL() << "no Error was thrown";
  } catch (const Error& error) {
    const std::string message = error.what();
    for (const std::string& part : parts) EXPECT_THAT(message, ::testing::HasSubstr(part));
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

/// Runs `action`, which holds expectations and makes its own files, in a process of a user who is not root.
template <typename Action>
void as_a_user(Action action) {
  constexpr int kNobody = 65534;
  EXPECT_EXIT(
      {
        if (::geteuid() == 0 &&
            (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0))
          std::_Exit(9);
        action();
        std::_Exit(::testing::Test::HasFailure() ? 1 : 0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace mtnlp::testing
