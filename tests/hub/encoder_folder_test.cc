#include "hub/encoder_folder.h"

#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;
using testing::test_path;

TEST(EncoderFolderTest, KeepsTheFilesAroundTheWeightsAsTheyWere) {
  const TempFolder temporary;
  const fs::path from = temporary.path() / "from", own = from / "0_Transformer", to = temporary.path() / "to";
  fs::create_directories(from / "1_Pooling");
  fs::copy(test_path("golden/encoders/tiny-bert"), own, fs::copy_options::recursive);
  write_file(from / "modules.json",
             R"([{"idx": 0, "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
                 {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  write_file(from / "1_Pooling/config.json",
             R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})");
  write_file(from / "config_sentence_transformers.json", R"({"prompts": {}})");
  const EncoderFolder folder = read_encoder_folder(from);
  const EncoderConfig config = read_encoder_config(own / "config.json");
  const std::string vocabulary = read_file(own / "vocab.txt");
  fs::remove(own / "vocab.txt");  // what is written was read before
  fs::create_directory(to);
  write_encoder_folder(to, folder, config, "BertForMaskedLM", "a card",
                       [](const fs::path& at) { write_file(at / "model.safetensors", "weights"); });
  for (const char* name : {"modules.json", "1_Pooling/config.json", "config_sentence_transformers.json",
                           "0_Transformer/tokenizer.json", "0_Transformer/tokenizer_config.json"})
    EXPECT_EQ(read_file(to / name), read_file(from / name)) << name;
  EXPECT_EQ(read_file(to / "0_Transformer/vocab.txt"), vocabulary);
  EXPECT_EQ(read_file(to / "README.md"), "a card");
  EXPECT_EQ(read_file(to / "0_Transformer/model.safetensors"), "weights");
  const Json json = read_json(to / "0_Transformer/config.json");
  EXPECT_EQ(json.at("architectures"), Json::array({"BertForMaskedLM"}));
  EXPECT_EQ(json.at("hidden_size"), 48);
  EXPECT_FALSE(fs::exists(to / "0_Transformer/golden.safetensors"));
}

TEST(EncoderFolderTest, ACheckpointIsNotAnEncoder) {
  const TempFolder folder;
  folder.write("tasks.json", "{}");
  expect_error([&] { read_encoder_folder(folder.path()); }, {"is a checkpoint"});
  expect_error([&] { read_encoder_folder(folder.path() / "gone"); }, {"no such encoder folder"});
}

}  // namespace
}  // namespace mtnlp
