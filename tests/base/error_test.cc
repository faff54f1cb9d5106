#include "base/error.h"

#include <new>
#include <string>

#include <gtest/gtest.h>

namespace mtnlp {
namespace {

TEST(Error, HasOneLine) {
  EXPECT_STREQ(Error("a.csv: no column \"x\ny\"").what(), "a.csv: no column \"x\\ny\"");
  EXPECT_STREQ(Error("\r\t\x1b[31m caf\u00E9\x7f").what(), "\\r\\t\\x1b[31m caf\u00E9\\x7f");
}

TEST(Error, HasFewBytes) {
  const std::string text = "start " + std::string(5000, 'x') + " end";
  const std::string line = Error(text).what();
  EXPECT_LE(line.size(), kMaxMessage);
  EXPECT_TRUE(line.starts_with("start ") && line.ends_with(" end"));
  EXPECT_EQ(Error(text).whole(), text);
}

TEST(Error, KindSaysWhoseFaultItIs) {
  EXPECT_EQ(Error("").kind(), ErrorKind::kInput);
  EXPECT_THROW(
      try { fail_system("disk ", 1); } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "disk 1");
        EXPECT_EQ(error.kind(), ErrorKind::kSystem);
        throw;
      },
      Error);
}

TEST(Error, MemoryThatRanOutIsKnown) {
  EXPECT_TRUE(is_out_of_memory(std::bad_alloc()));
  EXPECT_TRUE(is_out_of_memory(std::runtime_error("DefaultCPUAllocator: can't allocate memory")));
  EXPECT_FALSE(is_out_of_memory(Error("no memory of this")));
}

}  // namespace
}  // namespace mtnlp
