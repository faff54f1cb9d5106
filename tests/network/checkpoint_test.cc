#include "network/checkpoint.h"

#include "network/fixtures.h"

namespace mtnlp {
namespace {

using testing::encoder_path;
using testing::expect_error;
using testing::Golden;
using testing::load_tiny;
using testing::max_difference;
using testing::pack_all;
using testing::TempFolder;

Model tiny_model(const std::string& encoder) {
  Model model;
  model.encoder = load_tiny(encoder);
  model.pooling = PoolingMode::kMax;
  model.tasks = {{"topic", {"Business", "Sport", "日本"}}, {"mood", {"bad", "good"}}};
  for (const Task& task : model.tasks)
    model.heads.push_back(make_head(task, model.encoder->config().dim, 42));
  model.max_length = 21;
  model.truncation = Truncation::kTail;
  model.encoder_folder = encoder_path(encoder).string();
  model.provenance = {{"encoder", encoder}, {"seed", "42"}};
  return model;
}

std::vector<torch::Tensor> predict(const Model& model) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor embeddings = model.embed(pack_all(Golden("tiny-bert").sequences));
  std::vector<torch::Tensor> logits;
  for (const Head& head : model.heads) logits.push_back(head.forward(embeddings));
  return logits;
}

/// A saved checkpoint of a tiny encoder.
class CheckpointTest : public ::testing::Test {
 protected:
  void save(const std::string& encoder) {
    model = tiny_model(encoder);
    fs::create_directory(path);
    save_checkpoint(path, model);
  }
  /// `file` of the checkpoint with other bytes, for the length of `action`.
  template <typename Action>
  void with_content(const std::string& file, const std::string& content, Action action) {
    const std::string before = read_file(path / file);
    write_file_atomic(path / file, content);
    action();
    write_file_atomic(path / file, before);
  }

  TempFolder folder;
  fs::path path = folder.path() / "checkpoint";
  Model model;
};

TEST_F(CheckpointTest, RoundTripGivesEqualPredictions) {
  for (const std::string encoder : {"tiny-distilbert", "tiny-bert"}) {
    SCOPED_TRACE(encoder);
    fs::remove_all(path);
    save(encoder);
    const Model loaded = load_checkpoint(path);
    EXPECT_EQ(loaded.pooling, PoolingMode::kMax);
    EXPECT_EQ(loaded.max_length, 21U);
    EXPECT_EQ(loaded.truncation, Truncation::kTail);
    EXPECT_EQ(loaded.provenance, model.provenance);
    EXPECT_EQ(loaded.encoder_folder, path.string());
    ASSERT_EQ(loaded.tasks.size(), 2U);
    ASSERT_EQ(loaded.heads.size(), 2U);
    for (size_t t = 0; t < 2; ++t) {
      EXPECT_EQ(loaded.tasks[t].name, model.tasks[t].name);
      EXPECT_EQ(loaded.tasks[t].labels, model.tasks[t].labels);
      EXPECT_TRUE(torch::equal(predict(loaded)[t], predict(model)[t]));
    }
    EXPECT_EQ(loaded.tokenizer->encode("good film.", 64),
              load_tokenizer(encoder_path(encoder))->encode("good film.", 64));
  }
}

TEST_F(CheckpointTest, CheckpointOfACheckpointIsTheSame) {
  save("tiny-bert");
  const fs::path second = folder.path() / "second";
  fs::create_directory(second);
  save_checkpoint(second, load_checkpoint(path));
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) {
      const fs::path name = fs::relative(entry.path(), path);
      EXPECT_EQ(read_file(second / name), read_file(path / name)) << name;
    }
}

TEST_F(CheckpointTest, CarriesWhatPythonNeeds) {
  save("tiny-distilbert");
  for (const char* name :
       {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "tokenizer_config.json",
        "modules.json", "1_Pooling/config.json", "sentence_bert_config.json",
        "config_sentence_transformers.json", "README.md", "heads.safetensors", "tasks.json"})
    EXPECT_TRUE(fs::exists(path / name)) << name;
  const Json config = read_json(path / "config.json");
  EXPECT_EQ(config["architectures"], Json::array({"DistilBertModel"}));
  EXPECT_EQ(config["model_type"], "distilbert");
  const SafetensorsFile heads(path / "heads.safetensors");
  EXPECT_EQ(heads.tensors().at("topic.weight").shape, (std::vector<int64_t>{3, 32}));
  EXPECT_EQ(heads.tensors().at("mood.bias").shape, (std::vector<int64_t>{2}));
  const Modules modules = read_modules(path);
  EXPECT_EQ(modules.pooling, PoolingMode::kMax);
  EXPECT_EQ(modules.max_length, 21U);
}

TEST_F(CheckpointTest, FilesThatAreAddedAreCoveredByTheChecksums) {
  model = tiny_model("tiny-bert");
  fs::create_directory(path);
  save_checkpoint(path, model, [](const fs::path& inside) { write_file_atomic(inside / "resume", "state"); });
  EXPECT_NO_THROW(load_checkpoint(path));
  with_content("resume", "other",
               [&] { expect_error([&] { load_checkpoint(path); }, {"resume: the checksum is"}); });
}

TEST_F(CheckpointTest, DamageOfEveryFileIsRefused) {
  save("tiny-bert");
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = fs::relative(entry.path(), path).generic_string();
    SCOPED_TRACE(name);
    const std::string whole = read_file(entry.path());
    const auto refused = [&] { expect_error([&] { load_checkpoint(path); }, {fs::path(name).filename()}); };
    std::string flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
    if (name != "tasks.json") with_content(name, flipped, refused);  // its bytes: model_folder_test.cc
    with_content(name, whole.substr(0, whole.size() / 2), refused);
    with_content(name, "", refused);
    fs::rename(entry.path(), folder.path() / "aside");
    if (name == "tasks.json")
      expect_error([&] { load_checkpoint(path); }, {"is no checkpoint (it has no tasks.json)"});
    else
      refused();
    fs::rename(folder.path() / "aside", entry.path());
  }
  EXPECT_NO_THROW(load_checkpoint(path));
}

TEST_F(CheckpointTest, AFileThatSlippedInIsRefused) {
  const fs::path encoder = folder.path() / "encoder";
  fs::copy(encoder_path("tiny-bert"), encoder);
  const std::string other = read_file(encoder / "tokenizer.json");
  fs::remove(encoder / "tokenizer.json");
  model = tiny_model("tiny-bert");
  model.encoder_folder = encoder.string();
  fs::create_directory(path);
  save_checkpoint(path, model);
  EXPECT_NO_THROW(load_checkpoint(path));
  write_file(path / "notes.txt", "nobody reads this");
  EXPECT_NO_THROW(load_checkpoint(path));
  write_file(path / "tokenizer.json", other);  // would be taken before vocab.txt
  expect_error([&] { load_checkpoint(path); }, {"tokenizer.json: is no part of this checkpoint"});
}

TEST_F(CheckpointTest, ContentThatDisagreesIsRefused) {
  save("tiny-bert");
  // As another program would write it: all checksums right, but the heads are those of other tasks.
  const auto rewrite = [&](const std::vector<Task>& tasks, size_t max_length) {
    TasksFile file = read_tasks_file(path);
    fs::remove(path / "tasks.json");
    file.tasks = tasks;
    file.max_length = max_length;
    write_tasks_file(path, file);
  };
  rewrite({{"topic", {"a", "b", "c", "d"}}, {"mood", {"x", "y"}}}, 21);
  expect_error([&] { load_checkpoint(path); },
               {"heads.safetensors: tensor \"topic.weight\" is [3, 48]", "[4, 48]"});
  rewrite({{"topic", {"a", "b", "c"}}, {"other", {"x", "y"}}}, 21);
  expect_error([&] { load_checkpoint(path); }, {"heads.safetensors: tensor \"other.weight\" is missing"});
  rewrite(model.tasks, 65);
  expect_error([&] { load_checkpoint(path); }, {"tasks.json: max_length is 65", "2 to 64"});
  rewrite(model.tasks, 64);
  EXPECT_NO_THROW(load_checkpoint(path));
}

TEST_F(CheckpointTest, EncoderIsNoCheckpoint) {
  expect_error(
      [] { load_checkpoint(encoder_path("tiny-bert")); },
      {"tiny-bert: is no checkpoint", "it is an encoder, which mtnlp train makes a checkpoint from"});
  expect_error([&] { load_checkpoint(folder.path()); }, {"is no checkpoint (it has no tasks.json)"});
  expect_error([&] { load_checkpoint(folder.path() / "none"); }, {"none"});
}

TEST_F(CheckpointTest, NewerFormatIsRefused) {
  save("tiny-bert");
  Json json = read_json(path / "tasks.json");
  json["format_version"] = TasksFile::kVersion + 1;
  write_file_atomic(path / "tasks.json", json.dump());
  expect_error([&] { load_checkpoint(path); }, {"tasks.json: format_version is 3", "reads up to 2"});
}

TEST_F(CheckpointTest, EmbeddingModelOfACheckpoint) {
  save("tiny-bert");
  const EmbeddingModel loaded = load_embedding_model(path);
  EXPECT_FALSE(loaded.normalize);
  EXPECT_EQ(loaded.model.pooling, PoolingMode::kMax);
  EXPECT_EQ(loaded.model.max_length, 21U);
  EXPECT_TRUE(torch::equal(predict(loaded.model)[0], predict(model)[0]));
}

TEST_F(CheckpointTest, EmbeddingModelOfAnEncoderFollowsItsModules) {
  const EmbeddingModel plain = load_embedding_model(encoder_path("tiny-bert"));
  EXPECT_EQ(plain.model.pooling, PoolingMode::kMean);
  EXPECT_FALSE(plain.normalize);
  EXPECT_EQ(plain.model.max_length, 64U);
  EXPECT_TRUE(plain.model.heads.empty());

  fs::copy(encoder_path("tiny-bert"), path);
  Modules modules;
  modules.pooling = PoolingMode::kCls;
  modules.normalize = true;
  modules.max_length = 500;  // more than the encoder has positions
  write_modules(path, modules, 48);
  fs::remove(path / "tokenizer_config.json");
  const EmbeddingModel loaded = load_embedding_model(path);
  EXPECT_EQ(loaded.model.pooling, PoolingMode::kCls);
  EXPECT_TRUE(loaded.normalize);
  EXPECT_EQ(loaded.model.max_length, 64U);
}

TEST(Head, StartsUniformByNameAndSeed) {
  const Task task{"topic", {"a", "b", "c", "d"}};
  const Head head = make_head(task, 400, 1);
  EXPECT_TRUE(torch::equal(head.weight, make_head(task, 400, 1).weight));
  EXPECT_FALSE(torch::equal(head.weight, make_head(task, 400, 2).weight));
  EXPECT_FALSE(torch::equal(head.weight, make_head({"mood", task.labels}, 400, 1).weight));
  EXPECT_TRUE(head.weight.requires_grad() && head.bias.requires_grad());
  EXPECT_LE(head.weight.abs().max().item<float>(), 0.05);  // 1 / sqrt(400)
  EXPECT_LE(head.bias.abs().max().item<float>(), 0.05);
  EXPECT_NEAR(head.weight.std().item<float>(), 0.05 / std::sqrt(3), 0.002);
  EXPECT_NEAR(head.weight.mean().item<float>(), 0, 0.004);
}

TEST(Head, ForwardIsLinear) {
  const Head head{torch::tensor({{1.0f, 2.0f}, {3.0f, 4.0f}, {5.0f, 6.0f}}),
                  torch::tensor({0.5f, 0.0f, -1.0f})};
  EXPECT_TRUE(
      torch::equal(head.forward(torch::tensor({{1.0f, 10.0f}})), torch::tensor({{21.5f, 43.0f, 64.0f}})));
}

TEST(Model, LengthsAndDevices) {
  const EncoderConfig config = read_encoder_config(encoder_path("tiny-bert") / "config.json");
  EXPECT_NO_THROW(check_max_length(2, config, "--max-length"));
  EXPECT_NO_THROW(check_max_length(64, config, "--max-length"));
  for (const size_t length : {0, 1, 65})
    expect_error([&] { check_max_length(length, config, "--max-length"); },
                 {str("--max-length is ", length), "2 to 64"});
  EXPECT_EQ(choose_device(DeviceKind::kCpu), torch::Device(torch::kCPU));
  EXPECT_NO_THROW(choose_device(std::nullopt));
  if (!torch::cuda::is_available()) expect_error([] { choose_device(DeviceKind::kCuda); }, {"no CUDA device"});
}

}  // namespace
}  // namespace mtnlp
