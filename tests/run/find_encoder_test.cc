#include "run/find_encoder.h"

#include <unistd.h>

#include <cstdlib>

#include "run/run_folder.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using ::testing::HasSubstr;
using testing::TempFolder;

constexpr const char* kCommit = "c0ffee0000000000000000000000000000000000";

/// A working folder and a hub's cache of its own.
class FindEncoder : public ::testing::Test {
 protected:
  FindEncoder() : before_(fs::current_path()) {
    fs::create_directories(folder_.path() / "work");
    fs::current_path(folder_.path() / "work");
    setenv("HF_HUB_CACHE", (folder_.path() / "cache").c_str(), 1);
  }
  ~FindEncoder() override {
    fs::current_path(before_);
    unsetenv("HF_HUB_CACHE");
    unsetenv("HF_HOME");
  }

  void write(const std::string& file, const std::string& text = "") {
    fs::create_directories((folder_.path() / file).parent_path());
    folder_.write(file, text);
  }
  void fill_cache(const std::string& cache, const std::string& weights = "model.safetensors") {
    const std::string root = cache + "/models--owner--tiny/";
    write(root + "refs/main", kCommit);
    write(root + "snapshots/" + kCommit + "/" + weights);
  }
  fs::path snapshot(const std::string& cache) const {
    return folder_.path() / cache / "models--owner--tiny/snapshots" / kCommit;
  }

  TempFolder folder_;
  fs::path before_;
};

TEST_F(FindEncoder, AFolderOfThatNameCountsFirst) {
  fill_cache("cache");
  fs::create_directories("owner/tiny");
  EXPECT_EQ(find_encoder("owner/tiny"), "owner/tiny");
}

TEST_F(FindEncoder, WhatWasFetchedCountsBeforeTheCache) {
  fill_cache("cache");
  write("work/models/tiny/model.safetensors");
  write("work/models/tiny/origin.txt", "repository owner/tiny\nhub https://hub\ncommit unknown\n");
  EXPECT_EQ(find_encoder("owner/tiny"), "models/tiny");
  EXPECT_EQ(resolve_model("owner/tiny").path(), "models/tiny");
}

TEST_F(FindEncoder, TheNameOnTheHubIsWhatWasNotedOrWhatTheCacheSays) {
  write("work/models/tiny/origin.txt", "repository owner/tiny\n");
  EXPECT_EQ(hub_name("models/tiny"), "owner/tiny");
  EXPECT_EQ(hub_name("models/other"), "");
  EXPECT_EQ(hub_name("x/models--owner--tiny-a--b/snapshots/c0ffee/"), "owner/tiny-a--b");
  EXPECT_EQ(hub_name("x/models--gpt2/snapshots/c0ffee"), "");
  EXPECT_EQ(hub_name("x/y/snapshots/c0ffee"), "");
}

TEST_F(FindEncoder, AFolderFromAnotherOwnerOrWithoutWeightsIsNotIt) {
  write("work/models/tiny/model.safetensors");
  write("work/models/tiny/origin.txt", "repository other/tiny\n");
  EXPECT_FALSE(find_hub_encoder("owner/tiny"));
  write("work/models/tiny/origin.txt", "repository owner/tiny\n");
  fs::remove("models/tiny/model.safetensors");
  EXPECT_FALSE(find_hub_encoder("owner/tiny"));
}

TEST_F(FindEncoder, TheSnapshotOfMainIsFoundWhereTheHubsLibrariesLook) {
  fill_cache("cache", "0_Transformer/model.safetensors.index.json");
  EXPECT_EQ(find_encoder("owner/tiny"), snapshot("cache"));
  EXPECT_EQ(resolve_model("owner/tiny").path(), snapshot("cache"));
  unsetenv("HF_HUB_CACHE");
  setenv("HF_HOME", (folder_.path() / "home").c_str(), 1);
  EXPECT_FALSE(find_hub_encoder("owner/tiny"));
  fill_cache("home/hub");
  EXPECT_EQ(find_encoder("owner/tiny"), snapshot("home/hub"));
}

TEST_F(FindEncoder, ABadReferenceLeadsNowhere) {
  fill_cache("cache");
  for (const char* main : {"", "\n", "../../..", "/etc", "none"}) {
    write("cache/models--owner--tiny/refs/main", main);
    EXPECT_FALSE(find_hub_encoder("owner/tiny")) << main;
  }
}

TEST_F(FindEncoder, OneThatIsNowhereIsRefusedWithTheCommandThatFetchesIt) {
  for (const auto& find : {std::function([] { find_encoder("owner/tiny"); }),
                           std::function([] { resolve_model("owner/tiny"); })})
    expect_error(find, {"owner/tiny: no such folder, nor", "fetch owner/tiny"});
}

TEST_F(FindEncoder, PathsGetNoSuchAdvice) {
  fs::create_directories("there");
  for (const char* name : {"models/tiny", "runs/demo", "there/tiny", "tiny", "a/b/c", "/a/b", "../b",
                           "a/../b", "a/-b", "a b/c"}) {
    EXPECT_EQ(fetch_advice(name), "") << name;
    EXPECT_EQ(find_encoder(name), name);
  }
}

TEST(EncoderName, OfASnapshotIsThatOfItsRepository) {
  EXPECT_EQ(encoder_name("models/tiny/"), "tiny");
  EXPECT_EQ(encoder_name("x/models--owner--tiny-a--b/snapshots/c0ffee"), "tiny-a--b");
  EXPECT_EQ(encoder_name("x/models--gpt2/snapshots/c0ffee"), "gpt2");
  EXPECT_EQ(encoder_name("x/y/snapshots/c0ffee"), "c0ffee");
}

}  // namespace
}  // namespace mtnlp
