#include "network/tensor_files.h"

#include <limits>

#include "network/fixtures.h"

namespace mtnlp {
namespace {

using testing::encoder_path;
using testing::expect_error;
using testing::kTinyEncoders;
using testing::load_tiny;
using testing::raw_tensor;
using testing::TempFolder;
using testing::tiny_config;

/// The tensors of a file, held in memory to be changed and written again.
using NamedTensors = std::map<std::string, torch::Tensor>;

NamedTensors read_all(const std::string& encoder) {
  const SafetensorsFile file(encoder_path(encoder) / "model.safetensors");
  NamedTensors tensors;
  for (const auto& [name, view] : file.tensors()) tensors[name] = raw_tensor(file, name);
  return tensors;
}

std::string dtype_name(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat16:
      return "F16";
    case torch::kBFloat16:
      return "BF16";
    case torch::kFloat64:
      return "F64";
    case torch::kInt64:
      return "I64";
    case torch::kInt32:
      return "I32";
    default:
      return "F32";
  }
}

/// An encoder folder made of the tensors and the config of a golden one.
class Folder {
 public:
  Folder(const std::string& encoder, const NamedTensors& tensors) : Folder(encoder) {
    std::vector<TensorToWrite> list;
    for (const auto& [name, tensor] : tensors)
      list.push_back({name,
                      dtype_name(tensor.scalar_type()),
                      tensor.sizes().vec(),
                      {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}});
    write_safetensors(folder.path() / "model.safetensors", list);
  }
  explicit Folder(const std::string& encoder) {  // without weights
    fs::copy_file(encoder_path(encoder) / "config.json", folder.path() / "config.json");
  }
  Encoder load(std::optional<uint64_t> seed = {}) const {
    return load_encoder(folder.path(), read_encoder_config(folder.path() / "config.json"), seed);
  }

  TempFolder folder;
};

void expect_equal(const Encoder& found, const Encoder& expected) {
  const auto parameters = expected->named_parameters();
  ASSERT_EQ(found->parameters().size(), parameters.size());
  for (const auto& parameter : found->named_parameters())
    EXPECT_TRUE(torch::equal(parameter.value(), parameters[parameter.key()])) << parameter.key();
}

NamedTensors renamed(const NamedTensors& tensors, const std::string& prefix, bool gamma) {
  NamedTensors result;
  for (const auto& [key, tensor] : tensors) {
    std::string name = key;
    if (const auto norm = name.find("LayerNorm."); gamma && norm != std::string::npos)
      name = name.substr(0, norm) + (name.ends_with("weight") ? "LayerNorm.gamma" : "LayerNorm.beta");
    result[prefix + name] = tensor;
  }
  return result;
}

TEST(TensorFiles, EveryTensorIsInItsPlace) {
  const NamedTensors file = read_all("tiny-bert");
  Encoder encoder = load_tiny("tiny-bert");
  const EncoderLayerImpl& layer = *encoder->stack[1];
  const std::string prefix = "encoder.layer.1.";
  const auto expect = [&](const torch::Tensor& found, const std::string& name) {
    EXPECT_TRUE(torch::equal(found, file.at(name))) << name;
  };
  expect(encoder->word_embeddings, "embeddings.word_embeddings.weight");
  expect(encoder->norm_bias, "embeddings.LayerNorm.bias");
  expect(layer.qkv_weight.slice(0, 0, 48), prefix + "attention.self.query.weight");
  expect(layer.qkv_weight.slice(0, 48, 96), prefix + "attention.self.key.weight");
  expect(layer.qkv_bias.slice(0, 96, 144), prefix + "attention.self.value.bias");
  expect(layer.out_weight, prefix + "attention.output.dense.weight");
  expect(layer.attention_norm_weight, prefix + "attention.output.LayerNorm.weight");
  expect(layer.up_weight, prefix + "intermediate.dense.weight");
  expect(layer.down_bias, prefix + "output.dense.bias");
  expect(layer.output_norm_weight, prefix + "output.LayerNorm.weight");
  EXPECT_TRUE(
      torch::equal(encoder->position_embeddings, file.at("embeddings.position_embeddings.weight") +
                                                     file.at("embeddings.token_type_embeddings.weight")[0]));
}

TEST(TensorFiles, XlmRobertaDropsItsReservedPositions) {
  const NamedTensors file = read_all("tiny-xlmr");
  EXPECT_TRUE(torch::equal(load_tiny("tiny-xlmr")->position_embeddings,
                           file.at("embeddings.position_embeddings.weight").slice(0, 2) +
                               file.at("embeddings.token_type_embeddings.weight")[0]));
}

TEST(TensorFiles, NamesWithAndWithoutPrefixGammaAndBeta) {
  const std::map<std::string, std::string> prefixes = {
      {"tiny-distilbert", "distilbert."}, {"tiny-bert", "bert."}, {"tiny-xlmr", "roberta."}};
  for (const auto& [name, prefix] : prefixes) {
    const Encoder expected = load_tiny(name);
    for (const std::string& with : {std::string(), prefix})
      for (const bool gamma : {false, true}) {
        SCOPED_TRACE(with + (gamma ? " gamma" : ""));
        expect_equal(Folder(name, renamed(read_all(name), with, gamma)).load(), expected);
      }
  }
}

TEST(TensorFiles, OtherTensorsAreIgnoredWhateverTheyAre) {
  NamedTensors tensors = read_all("tiny-bert");
  tensors["embeddings.position_ids"] = torch::arange(64).unsqueeze(0);
  tensors["cls.predictions.bias"] = torch::full({160}, std::nan(""));
  tensors["vocab_transform.weight"] = torch::ones({2, 2}, torch::kInt32);
  tensors["pooler.dense.weight"] = torch::ones({1});
  expect_equal(Folder("tiny-bert", tensors).load(), load_tiny("tiny-bert"));
}

TEST(TensorFiles, OtherFloatTypesAreConverted) {
  for (const torch::ScalarType type : {torch::kFloat16, torch::kBFloat16, torch::kFloat64}) {
    SCOPED_TRACE(dtype_name(type));
    NamedTensors converted, rounded;
    for (const auto& [name, tensor] : read_all("tiny-distilbert")) {
      converted[name] = tensor.to(type);
      rounded[name] = tensor.to(type).to(torch::kFloat32);
    }
    expect_equal(Folder("tiny-distilbert", converted).load(), Folder("tiny-distilbert", rounded).load());
  }
}

TEST(TensorFiles, EveryMissingTensorIsNamed) {
  for (const std::string name : kTinyEncoders) {
    const NamedTensors all = read_all(name);
    for (const auto& [tensor, value] : all) {
      if (tensor.starts_with("pooler.")) continue;
      NamedTensors tensors = all;
      tensors.erase(tensor);
      const Folder folder(name, tensors);
      expect_error([&] { folder.load(); }, {"model.safetensors: tensor \"" + tensor + "\" is missing"});
    }
  }
}

TEST(TensorFiles, WrongShapeNamesTheTensorAndBothShapes) {
  for (const std::string name : kTinyEncoders) {
    const NamedTensors all = read_all(name);
    for (const auto& [tensor, value] : all) {
      if (tensor.starts_with("pooler.")) continue;
      NamedTensors tensors = all;
      tensors[tensor] = torch::zeros({3, 7});
      const Folder folder(name, tensors);
      expect_error([&] { folder.load(); }, {"model.safetensors: tensor \"" + tensor + "\" is [3, 7]",
                                            "config.json asks for " + mtnlp::str(value.sizes())});
    }
  }
  NamedTensors flat = read_all("tiny-bert");
  const std::string weight = "encoder.layer.0.output.dense.weight";
  flat[weight] = flat[weight].flatten();  // as many numbers, another shape
  const Folder folder("tiny-bert", flat);
  expect_error([&] { folder.load(); }, {weight, "[3456]", "[48, 72]"});
}

TEST(TensorFiles, ValuesThatAreNotFiniteAreRefused) {
  const std::string name = "transformer.layer.1.ffn.lin1.weight";
  for (const double value :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    NamedTensors tensors = read_all("tiny-distilbert");
    tensors[name].flatten()[77] = value;
    const Folder folder("tiny-distilbert", tensors);
    expect_error([&] { folder.load(); }, {"model.safetensors: tensor \"" + name + "\"", "not finite"});
  }
  NamedTensors tensors = read_all("tiny-distilbert");  // beyond float32
  tensors[name] = tensors[name].to(torch::kFloat64);
  tensors[name].flatten()[3] = 1e300;
  const Folder folder("tiny-distilbert", tensors);
  expect_error([&] { folder.load(); }, {name, "not finite"});
}

TEST(TensorFiles, UnsupportedDtypeIsRefused) {
  const std::string name = "transformer.layer.1.ffn.lin1.bias";
  NamedTensors tensors = read_all("tiny-distilbert");
  tensors[name] = tensors[name].to(torch::kInt32);
  const Folder folder("tiny-distilbert", tensors);
  expect_error([&] { folder.load(); },
               {"tensor \"" + name + "\" has dtype I32; supported: F32, F16, BF16, F64"});
}

TEST(TensorFiles, FoldersThatAreNotAnEncoderAreRefused) {
  const TempFolder folder;
  expect_error([&] { read_encoder_settings(folder.path() / "none"); },
               {"none: no such encoder folder", "./run fetch"});
  expect_error([&] { read_encoder_settings(folder.write("file", "")); },
               {"is a file, not an encoder folder"});
  expect_error([&] { read_encoder_settings(folder.path()); }, {"config.json: no such file"});
}

TEST(TensorFiles, PytorchWeightsAloneAreRefused) {
  const Folder folder("tiny-bert");
  folder.folder.write("pytorch_model.bin", "x");
  expect_error([&] { folder.load(); }, {"pytorch_model.bin", "but no model.safetensors", "save_pretrained"});
}

TEST(TensorFiles, DamagedWeightsAreRefused) {
  const Folder folder("tiny-bert");
  folder.folder.write("model.safetensors", "no tensors at all");
  expect_error([&] { folder.load(); }, {"model.safetensors"});
  const std::string whole = read_file(encoder_path("tiny-bert") / "model.safetensors");
  folder.folder.write("model.safetensors", whole.substr(0, whole.size() - 1));
  expect_error([&] { folder.load(); }, {"model.safetensors"});
}

TEST(TensorFiles, ConfigAloneStartsAtRandomWhenAsked) {
  const Folder folder("tiny-bert");
  expect_error([&] { folder.load(); }, {"has no model.safetensors", "./run fetch"});
  const Encoder first = folder.load(3);
  expect_equal(folder.load(3), first);
  EXPECT_FALSE(torch::equal(folder.load(4)->word_embeddings, first->word_embeddings));
  Encoder expected(read_encoder_config(encoder_path("tiny-bert") / "config.json"));
  expected->random_start(3);
  expect_equal(first, expected);
}

TEST(TensorFiles, LoadedWeightsTrain) {
  EXPECT_TRUE(load_tiny("tiny-bert")->word_embeddings.requires_grad());
}

TEST(TensorFiles, SavedAndLoadedIsTheSameBitForBit) {
  for (const std::string name : kTinyEncoders) {
    SCOPED_TRACE(name);
    const Encoder encoder = load_tiny(name);
    const Folder folder(name);
    write_encoder(folder.folder.path() / "model.safetensors", encoder->config(), source_of(*encoder), {});
    expect_equal(folder.load(), encoder);
    // The names and shapes are those of the folder it came from.
    const SafetensorsFile saved(folder.folder.path() / "model.safetensors");
    for (const auto& [tensor, value] : read_all(name)) {
      if (tensor.starts_with("pooler.")) continue;
      EXPECT_EQ(saved.tensors().at(tensor).shape, value.sizes().vec()) << tensor;
    }
  }
}

TEST(TensorFiles, TokenTypesAreKeptLessTheFirst) {
  const std::string types = "embeddings.token_type_embeddings.weight";
  const Encoder encoder = load_tiny("tiny-bert");
  const torch::Tensor rows = read_all("tiny-bert").at(types);
  const Folder folder("tiny-bert");
  write_encoder(folder.folder.path() / "model.safetensors", encoder->config(), source_of(*encoder), {});
  const torch::Tensor saved = raw_tensor(SafetensorsFile(folder.folder.path() / "model.safetensors"), types);
  EXPECT_TRUE(torch::equal(saved, rows - rows[0]));
  EXPECT_GT(saved[1].abs().max().item<float>(), 0.1);
  EXPECT_TRUE(torch::equal(folder.load()->token_type_rows, saved));
}

TEST(TensorFiles, APartOfALanguageModelHeadIsAnError) {
  NamedTensors tensors = read_all("tiny-bert");
  EXPECT_TRUE(load_lm_head(Folder("tiny-bert", tensors).folder.path(), tiny_config("tiny-bert")).is_empty());
  tensors["cls.predictions.bias"] = torch::zeros(tiny_config("tiny-bert").vocabulary);
  const Folder folder("tiny-bert", tensors);
  expect_error([&] { load_lm_head(folder.folder.path(), tiny_config("tiny-bert")); },
               {"model.safetensors", "cls.predictions.transform", "is missing"});
}

TEST(TensorFiles, SaveTensorsTakesAnyLayoutAndWholeNumbers) {
  const TempFolder folder;
  const torch::Tensor matrix = torch::arange(6, torch::kFloat32).view({2, 3}).t();
  save_tensors(folder.path() / "x", {{"a", matrix}, {"b", torch::arange(3)}, {"c", torch::zeros({})}});
  const SafetensorsFile file(folder.path() / "x");
  EXPECT_TRUE(torch::equal(raw_tensor(file, "a"), matrix));
  EXPECT_TRUE(torch::equal(raw_tensor(file, "b"), torch::arange(3)));
  const torch::Tensor number = torch::ones({});
  read_tensor(file, "c", number);
  EXPECT_TRUE(torch::equal(number, torch::zeros({})));
  expect_error([&] { read_tensor(file, "d", torch::empty(1)); }, {"x: tensor \"d\" is missing"});
}

}  // namespace
}  // namespace mtnlp
