#include "base/lock.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::TempFolder;

TEST(LockTest, OneIsAloneOrSeveralShare) {
  const TempFolder folder;
  {
    const Lock alone(folder.path(), Lock::Kind::kAlone);
    EXPECT_TRUE(alone.is_open());
    EXPECT_TRUE(alone.is_granted());
    EXPECT_FALSE(Lock(folder.path(), Lock::Kind::kAlone).is_granted());
    EXPECT_FALSE(Lock(folder.path(), Lock::Kind::kShared).is_granted());
  }
  const Lock shared(folder.path(), Lock::Kind::kShared);
  EXPECT_TRUE(shared.is_granted());
  EXPECT_TRUE(Lock(folder.path(), Lock::Kind::kShared).is_granted());
  EXPECT_FALSE(Lock(folder.path(), Lock::Kind::kAlone).is_granted());
}

TEST(LockTest, WhatIsNotThereIsNotOpen) {
  const TempFolder folder;
  const Lock none(folder.path() / "none", Lock::Kind::kAlone);
  EXPECT_FALSE(none.is_open());
  EXPECT_TRUE(none.is_granted());
}

TEST(LockTest, KnowsWhetherItsFolderWasReplaced) {
  const TempFolder folder;
  const fs::path place = folder.path() / "place";
  fs::create_directory(place);
  const Lock lock(place, Lock::Kind::kShared);
  EXPECT_TRUE(lock.is_still(place));
  fs::rename(place, folder.path() / "elsewhere");
  EXPECT_FALSE(lock.is_still(place));
  fs::create_directory(place);
  EXPECT_FALSE(lock.is_still(place));
}

}  // namespace
}  // namespace mtnlp
