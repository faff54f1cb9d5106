#include "infer/batches.h"
#include "infer/predictor.h"
#include "network/fixtures.h"
#include "network/model.h"
#include "tasks/prediction.h"

namespace mtnlp {
namespace {

using testing::batch_of;
using testing::encoder_path;
using testing::expect_error;
using testing::Golden;
using testing::load_tiny;
using testing::max_difference;
using testing::TempFolder;

Model tiny_model(const std::string& encoder) {
  Model model = testing::tiny_model(encoder);
  model.settings.modules.pooling = PoolingMode::kMax;
  model.settings.tasks = {{"topic", {"Business", "Sport", "日本"}}, {"mood", {"bad", "good"}}};
  model.settings.cut.max_length = 21;
  model.settings.cut.truncation = Truncation::kTail;
  model.settings.provenance = {{"encoder", encoder}, {"seed", "42"}};
  model.network = Network(load_tiny(encoder), model.settings);
  model.network->start_heads(42);
  return model;
}

std::vector<torch::Tensor> predict(const Model& model) {
  const torch::NoGradGuard no_grad;
  Network network = model.network;
  const torch::Tensor embeddings = network->embed(batch_of(Golden("tiny-bert").sequences));
  std::vector<torch::Tensor> logits;
  for (const Head& head : network->heads) logits.push_back(head->forward(embeddings));
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
    EXPECT_EQ(loaded.settings.modules.pooling, PoolingMode::kMax);
    EXPECT_EQ(loaded.settings.cut.max_length, 21U);
    EXPECT_EQ(loaded.settings.cut.truncation, Truncation::kTail);
    EXPECT_EQ(loaded.settings.provenance, model.settings.provenance);
    ASSERT_EQ(loaded.settings.tasks.size(), 2U);
    ASSERT_EQ(loaded.network->heads.size(), 2U);
    for (size_t t = 0; t < 2; ++t) {
      EXPECT_EQ(loaded.settings.tasks[t].name, model.settings.tasks[t].name);
      EXPECT_EQ(loaded.settings.tasks[t].labels, model.settings.tasks[t].labels);
      EXPECT_TRUE(torch::equal(predict(loaded)[t], predict(model)[t]));
    }
    EXPECT_EQ(loaded.settings.tokenizer->encode("good film.", {64}),
              load_tokenizer(encoder_path(encoder))->encode("good film.", {64}));
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
      expect_error([&] { load_checkpoint(path); }, {"is not a checkpoint: tasks.json is missing"});
    else
      refused();
    fs::rename(folder.path() / "aside", entry.path());
  }
  EXPECT_NO_THROW(load_checkpoint(path));
}

TEST_F(CheckpointTest, AFileThatSlippedInIsRefused) {
  model = tiny_model("tiny-bert");
  auto files = *model.settings.tokenizer_files;
  const std::string other = files.at("tokenizer.json");
  files.erase("tokenizer.json");
  model.settings.tokenizer_files = std::make_shared<std::map<std::string, std::string>>(files);
  fs::create_directory(path);
  save_checkpoint(path, model);
  EXPECT_NO_THROW(load_checkpoint(path));
  write_file(path / "notes.txt", "nobody reads this");
  EXPECT_NO_THROW(load_checkpoint(path));
  write_file(path / "tokenizer.json", other);  // would be taken before vocab.txt
  expect_error([&] { load_checkpoint(path); }, {"tokenizer.json: is not a part of this checkpoint"});
}

TEST_F(CheckpointTest, IsWrittenFromWhatWasReadAtTheStart) {
  const fs::path encoder = folder.path() / "encoder";
  fs::copy(encoder_path("tiny-bert"), encoder);
  ModelSettings settings = read_encoder_settings(encoder);
  keep_tokenizer_files(encoder, settings);
  fs::remove_all(encoder);
  model = tiny_model("tiny-bert");
  model.settings.tokenizer_files = settings.tokenizer_files;
  fs::create_directory(path);
  save_checkpoint(path, model);
  EXPECT_NO_THROW(load_checkpoint(path));
}

TEST_F(CheckpointTest, ContentThatDisagreesIsRefused) {
  save("tiny-bert");
  // As another program would write it: all checksums right, but the heads are those of other tasks.
  const auto rewrite = [&](const std::vector<Task>& tasks, size_t max_length) {
    TasksFile file = read_tasks_file(path);
    fs::remove(path / "tasks.json");
    file.tasks = tasks;
    file.cut.max_length = max_length;
    write_tasks_file(path, file);
  };
  rewrite({{"topic", {"a", "b", "c", "d"}}, {"mood", {"x", "y"}}}, 21);
  expect_error([&] { load_checkpoint(path); },
               {"heads.safetensors: tensor \"topic.weight\" is [3, 48]", "[4, 48]"});
  rewrite({{"topic", {"a", "b", "c"}}, {"other", {"x", "y"}}}, 21);
  expect_error([&] { load_checkpoint(path); }, {"heads.safetensors: tensor \"other.weight\" is missing"});
  rewrite(model.settings.tasks, 65);
  expect_error([&] { load_checkpoint(path); }, {"tasks.json: max_length is 65", "2 to 64"});
  rewrite(model.settings.tasks, 64);
  EXPECT_NO_THROW(load_checkpoint(path));
}

TEST_F(CheckpointTest, EncoderIsNoCheckpoint) {
  expect_error(
      [] { load_checkpoint(encoder_path("tiny-bert")); },
      {"tiny-bert: is not a checkpoint", "it is an encoder, from which mtnlp train makes a checkpoint"});
  expect_error([&] { load_checkpoint(folder.path()); }, {"is not a checkpoint: tasks.json is missing"});
  expect_error([&] { load_checkpoint(folder.path() / "none"); }, {"none"});
}

TEST_F(CheckpointTest, NewerFormatIsRefused) {
  save("tiny-bert");
  Json json = read_json(path / "tasks.json");
  json["format_version"] = TasksFile::kVersion + 1;
  write_file_atomic(path / "tasks.json", json.dump());
  expect_error([&] { load_checkpoint(path); },
               {str("tasks.json: format_version is ", TasksFile::kVersion + 1),
                str("reads up to ", TasksFile::kVersion)});
}

TEST_F(CheckpointTest, PredictorOfACheckpoint) {
  save("tiny-bert");
  const Predictor loaded = load_predictor(path, {}, /*need_heads=*/false);
  EXPECT_FALSE(loaded.settings().modules.normalize);
  EXPECT_EQ(loaded.settings().modules.pooling, PoolingMode::kMax);
  EXPECT_EQ(loaded.settings().cut.max_length, 21U);
  const auto sequences = Golden("tiny-bert").sequences;
  const Matrix embeddings = embed_all(loaded.embedder(), testing::token_ids(sequences));
  const auto expected = predict(model);
  for (size_t task = 0; task < 2; ++task) {
    const torch::Tensor logits = testing::as_tensor(loaded.heads().logits(task, embeddings));
    EXPECT_LE(max_difference(logits, expected[task]), 1e-5);
    const torch::Tensor likely = torch::softmax(expected[task], 1);
    const Matrix outputs = loaded.outputs(embeddings)[task];
    for (size_t i = 0; i < outputs.rows; ++i) {
      const Prediction guess = decode(outputs.row(i));
      const torch::Tensor row = likely[static_cast<int64_t>(i)];
      EXPECT_EQ(static_cast<int64_t>(guess.label), row.argmax().item<int64_t>());
      EXPECT_NEAR(guess.probability, row.max().item<float>(), 1e-5);
    }
  }
}

TEST_F(CheckpointTest, PredictorOfAnEncoderFollowsItsModules) {
  const Predictor plain = load_predictor(encoder_path("tiny-bert"), {}, /*need_heads=*/false);
  EXPECT_EQ(plain.settings().modules.pooling, PoolingMode::kMean);
  EXPECT_FALSE(plain.settings().modules.normalize);
  EXPECT_EQ(plain.settings().cut.max_length, 64U);
  EXPECT_EQ(plain.heads().size(), 0U);

  fs::copy(encoder_path("tiny-bert"), path);
  Modules modules;
  modules.pooling = PoolingMode::kCls;
  modules.normalize = true;
  modules.max_length = 500;  // more than the encoder has positions
  write_modules(path, modules, 48);
  fs::remove(path / "tokenizer_config.json");
  const Predictor loaded = load_predictor(path, {}, /*need_heads=*/false);
  EXPECT_EQ(loaded.settings().modules.pooling, PoolingMode::kCls);
  EXPECT_TRUE(loaded.settings().modules.normalize);
  EXPECT_EQ(loaded.settings().cut.max_length, 64U);
}

TEST_F(CheckpointTest, TextsAreEmbeddedAsTheirIds) {
  save("tiny-bert");
  const Predictor loaded = load_predictor(path, {.threads = 2}, /*need_heads=*/true);
  const std::vector<Segments> texts = {{"a good film"}, {"bad"}};
  std::vector<std::vector<int32_t>> ids;
  for (const Segments& text : texts)
    ids.push_back(loaded.settings().tokenizer->encode(text.first, {21, Truncation::kTail}));
  EXPECT_EQ(loaded.embed(texts).values, embed_all(loaded.embedder(), testing::token_ids(ids)).values);
}

TEST(Head, StartsUniformByNameAndSeed) {
  EncoderConfig config = testing::tiny_config("tiny-bert");
  config.dim = 400;
  const auto head_of = [&](const std::string& name, uint64_t seed) {
    ModelSettings settings;
    settings.tasks = {{name, {"a", "b", "c", "d"}}};
    Network network(Encoder(config), settings);
    network->start_heads(seed);
    return network->heads[0];
  };
  const Head head = head_of("topic", 1);
  EXPECT_TRUE(torch::equal(head->weight, head_of("topic", 1)->weight));
  EXPECT_FALSE(torch::equal(head->weight, head_of("topic", 2)->weight));
  EXPECT_FALSE(torch::equal(head->weight, head_of("mood", 1)->weight));
  EXPECT_TRUE(head->weight.requires_grad() && head->bias.requires_grad());
  EXPECT_LE(head->weight.abs().max().item<float>(), 0.05);  // 1 / sqrt(400)
  EXPECT_LE(head->bias.abs().max().item<float>(), 0.05);
  EXPECT_NEAR(head->weight.std().item<float>(), 0.05 / std::sqrt(3), 0.002);
  EXPECT_NEAR(head->weight.mean().item<float>(), 0, 0.004);
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
  if (!torch::cuda::is_available())
    expect_error([] { choose_device(DeviceKind::kCuda); }, {"no CUDA device"});
}

}  // namespace
}  // namespace mtnlp
