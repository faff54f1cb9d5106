#include "hub/weights.h"

#include "base/json.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

void write_part(const fs::path& file, const std::vector<std::string>& names) {
  static const float value = 1;
  std::vector<TensorToWrite> tensors;
  for (const std::string& name : names)
    tensors.push_back({name, "F32", {1}, std::as_bytes(std::span(&value, 1))});
  write_safetensors(file, tensors);
}

/// A folder with tensors a and b in one part, c in another.
class Parts : public ::testing::Test {
 protected:
  Parts() {
    write_part(folder.path() / "1.safetensors", {"a", "b"});
    write_part(folder.path() / "2.safetensors", {"c"});
    write_index({{"a", "1.safetensors"}, {"b", "1.safetensors"}, {"c", "2.safetensors"}});
  }
  void write_index(const Json& map) const {
    folder.write(kWeightsIndex, Json{{"metadata", {{"total_size", 12}}}, {"weight_map", map}}.dump());
  }
  void expect_refused(std::initializer_list<std::string> parts) const {
    expect_error([&] { const Weights weights(weights_file(folder.path())); }, parts);
  }
  TempFolder folder;
};

TEST_F(Parts, AreReadAsOne) {
  const Weights weights(weights_file(folder.path()));
  EXPECT_EQ(weights.files().size(), 2u);
  for (const std::string name : {"a", "b", "c"}) {
    EXPECT_TRUE(weights.contains(name));
    EXPECT_TRUE(weights.file_of(name).tensors().contains(name));
  }
  EXPECT_FALSE(weights.contains("d"));
  EXPECT_EQ(weights_names(folder.path()),
            (std::vector<std::string>{kWeightsIndex, "1.safetensors", "2.safetensors"}));
}

TEST_F(Parts, OneFileCountsBeforeThem) {
  write_part(folder.path() / kWeightsFile, {"x"});
  EXPECT_TRUE(Weights(weights_file(folder.path())).contains("x"));
  EXPECT_EQ(weights_names(folder.path()), std::vector<std::string>{kWeightsFile});
}

TEST_F(Parts, ThatAreMissingAreRefused) {
  fs::remove(folder.path() / "2.safetensors");
  expect_refused({"2.safetensors: is missing", "download"});
}

TEST_F(Parts, ThatArePlaceholdersAreRefused) {
  folder.write("2.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  expect_refused({"2.safetensors", "git-lfs"});
  folder.write("2.safetensors", "");
  expect_refused({"2.safetensors", "is empty"});
}

TEST_F(Parts, ThatAreCutOffAreRefused) {
  const std::string whole = read_file(folder.path() / "2.safetensors");
  for (size_t size = 1; size < whole.size(); ++size) {
    folder.write("2.safetensors", whole.substr(0, size));
    expect_refused({"2.safetensors", "download it again"});
  }
}

TEST_F(Parts, OutsideOfTheFolderAreRefused) {
  for (const char* name : {"../1.safetensors", "/etc/passwd", "", "x/../../1.safetensors"}) {
    write_index({{"a", name}});
    expect_refused({kWeightsIndex, "\"a\"", "is not a file of the folder"});
  }
}

TEST_F(Parts, ATensorIsInOneOfThem) {
  write_part(folder.path() / "2.safetensors", {"c", "a"});
  expect_refused({"2.safetensors", "\"a\"", "1.safetensors, too"});
}

TEST_F(Parts, ATensorIsWhereTheIndexSays) {
  write_index({{"a", "1.safetensors"}, {"c", "1.safetensors"}, {"b", "2.safetensors"}});
  expect_refused({"2.safetensors: tensor \"b\" is missing"});
  write_index({{"a", "1.safetensors"}, {"d", "2.safetensors"}});
  expect_refused({"2.safetensors: tensor \"d\" is missing"});
}

TEST_F(Parts, AnIndexThatIsNoneIsRefused) {
  for (const char* json : {"{}", "[]", "{", R"({"weight_map": []})", R"({"weight_map": {}})",
                           R"({"weight_map": {"a": 3}})", R"({"weight_map": "x"})"}) {
    folder.write(kWeightsIndex, json);
    expect_refused({kWeightsIndex});
  }
}

TEST(AbsentWeights, NameWhatIsThereInstead) {
  for (const std::string name :
       {"tf_model.h5", "flax_model.msgpack", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "model.onnx", "onnx/model.onnx", "openvino/openvino_model.xml", "adapter_model.safetensors",
        "rust_model.ot"}) {
    const TempFolder folder;
    fs::create_directories((folder.path() / name).parent_path());
    folder.write(name, "x");
    EXPECT_TRUE(weights_names(folder.path()).empty());
    expect_error([&] { const Weights weights(weights_file(folder.path())); },
                 {folder.path().string(), "has " + name, "save_pretrained"});
  }
  const TempFolder folder;
  expect_error([&] { const Weights weights(weights_file(folder.path())); }, {"has no model.safetensors"});
  folder.write("model-00001-of-00002.safetensors", "x");
  expect_error([&] { const Weights weights(weights_file(folder.path())); },
               {"model-00001-of-00002.safetensors", "model.safetensors.index.json"});
}

}  // namespace
}  // namespace mtnlp
