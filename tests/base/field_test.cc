#include "base/field.h"

#include "base/log.h"
#include "testing.h"

namespace mtnlp {
namespace {

TEST(Field, IsSpelledAsWhoeverShowsTheMessageNamesIt) {
  const std::string message =
      str(field("max_length"), " is 1; ", field("no_header"), ", ", field("lr"), "=2");
  EXPECT_EQ(spelled(message), "max_length is 1; no_header, lr=2");
  EXPECT_EQ(spelled(message, Spelling::kOption), "--max-length is 1; --no-header, --lr=2");
}

TEST(Field, OtherTextStaysAsItIs) {
  for (const char* text : {"", "a_b --c", "max_length", "\xEF\xB7", "\xEF\xBF\xBD"}) {
    EXPECT_EQ(spelled(text), text);
    EXPECT_EQ(spelled(text, Spelling::kOption), text);
  }
}

TEST(Field, AnErrorNamesItPlainlyAndKeepsTheMark) {
  const Error error(str(field("max_length"), " is 1"));
  EXPECT_STREQ(error.what(), "max_length is 1");
  EXPECT_EQ(spelled(error.whole(), Spelling::kOption), "--max-length is 1");
}

TEST(Field, ALogLineNamesItAsTheLogIsToldTo) {
  for (const auto& [spelling, expected] : {std::pair{Spelling::kOption, "warning: --cache-mb is 3\n"},
                                           {Spelling::kField, "warning: cache_mb is 3\n"}}) {
    ::testing::internal::CaptureStderr();
    init_logging({.spelling = spelling});
    log_warning(field("cache_mb") + " is 3");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), expected);
  }
}

}  // namespace
}  // namespace mtnlp
