#include "hub/encoder_config.h"

#include "hub/architectures/all.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;
using testing::test_path;

EncoderConfig read_golden(const std::string& encoder) {
  return read_encoder_config(test_path("golden/encoders/" + encoder + "/config.json"));
}

Json golden_json(const std::string& encoder) {
  return read_json(test_path("golden/encoders/" + encoder + "/config.json"));
}

/// The golden config with `key` set to `value`, or without it when null.
EncoderConfig read_changed(const std::string& encoder, const std::string& key, const Json& value) {
  const TempFolder folder;
  Json json = golden_json(encoder);
  json[key] = value;
  if (value.is_null()) json.erase(key);
  return read_encoder_config(folder.write("config.json", json.dump()));
}

void expect_refused(const std::string& encoder, const std::string& key, const Json& value,
                    const std::string& reason) {
  SCOPED_TRACE(encoder + " " + key + " " + value.dump());
  expect_error([&] { read_changed(encoder, key, value); }, {"config.json: \"" + key + "\"", reason});
}

TEST(EncoderConfig, DistilBert) {
  const EncoderConfig config = read_golden("tiny-distilbert");
  EXPECT_EQ(config.architecture, &kDistilBert);
  EXPECT_EQ(config.vocabulary, 160);
  EXPECT_EQ(config.positions, 64);
  EXPECT_EQ(config.dim, 32);
  EXPECT_EQ(config.layers, 3);
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(config.head_dim(), 8);
  EXPECT_EQ(config.hidden_dim, 64);
  EXPECT_EQ(config.token_types, 0);
  EXPECT_EQ(config.layer_norm_eps, 1e-12);
  EXPECT_EQ(config.init_std, 0.02);
  EXPECT_FALSE(config.projection_dropout);
  EXPECT_EQ(config.source, golden_json("tiny-distilbert"));
}

TEST(EncoderConfig, Bert) {
  const EncoderConfig config = read_golden("tiny-bert");
  EXPECT_EQ(config.architecture, &kBert);
  EXPECT_EQ(config.vocabulary, 160);
  EXPECT_EQ(config.positions, 64);
  EXPECT_EQ(config.dim, 48);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.heads, 3);
  EXPECT_EQ(config.hidden_dim, 72);
  EXPECT_EQ(config.token_types, 2);
  EXPECT_TRUE(config.projection_dropout);
}

TEST(EncoderConfig, XlmRobertaReservesTwoPositions) {
  const EncoderConfig config = read_golden("tiny-xlmr");
  EXPECT_EQ(config.architecture, &kXlmRoberta);
  EXPECT_EQ(config.positions, golden_json("tiny-xlmr")["max_position_embeddings"].get<int64_t>() - 2);
  EXPECT_EQ(config.token_types, 1);
  EXPECT_EQ(config.layer_norm_eps, 1e-5);
  EXPECT_TRUE(config.projection_dropout);
}

TEST(EncoderConfig, RatesAndDefaults) {
  EXPECT_EQ(read_changed("tiny-distilbert", "dropout", 0.3).dropout, 0.3);
  EXPECT_EQ(read_changed("tiny-distilbert", "dropout", 0).dropout, 0);
  EXPECT_EQ(read_changed("tiny-distilbert", "dropout", nullptr).dropout, 0.1);
  EXPECT_EQ(read_changed("tiny-distilbert", "attention_dropout", 0.2).attention_dropout, 0.2);
  EXPECT_EQ(read_changed("tiny-bert", "hidden_dropout_prob", 0.3).dropout, 0.3);
  EXPECT_EQ(read_changed("tiny-bert", "attention_probs_dropout_prob", 0.2).attention_dropout, 0.2);
  EXPECT_EQ(read_changed("tiny-bert", "layer_norm_eps", 1e-6).layer_norm_eps, 1e-6);
  EXPECT_EQ(read_changed("tiny-bert", "layer_norm_eps", nullptr).layer_norm_eps, 1e-12);
  EXPECT_EQ(read_changed("tiny-bert", "initializer_range", 0.1).init_std, 0.1);
  EXPECT_NO_THROW(read_changed("tiny-bert", "hidden_act", nullptr));
  EXPECT_NO_THROW(read_changed("tiny-bert", "position_embedding_type", "absolute"));
}

TEST(EncoderConfig, WhatIsLeftOutIsAsInTransformers) {
  const TempFolder folder;
  const auto read = [&](const char* json) { return read_encoder_config(folder.write("config.json", json)); };
  const EncoderConfig distil = read(R"({"model_type": "distilbert"})");
  EXPECT_EQ(distil.vocabulary, 30522);
  EXPECT_EQ(distil.positions, 512);
  EXPECT_EQ(distil.dim, 768);
  EXPECT_EQ(distil.layers, 6);
  EXPECT_EQ(distil.heads, 12);
  EXPECT_EQ(distil.hidden_dim, 3072);
  EXPECT_EQ(distil.token_types, 0);
  for (const char* json : {R"({"model_type": "bert"})", R"({"model_type": "xlm-roberta"})"}) {
    const EncoderConfig config = read(json);
    const bool xlmr = config.architecture == &kXlmRoberta;
    EXPECT_EQ(config.vocabulary, 30522);
    EXPECT_EQ(config.positions, xlmr ? 510 : 512);
    EXPECT_EQ(config.dim, 768);
    EXPECT_EQ(config.layers, 12);
    EXPECT_EQ(config.heads, 12);
    EXPECT_EQ(config.hidden_dim, 3072);
    EXPECT_EQ(config.token_types, 2);
    EXPECT_EQ(config.layer_norm_eps, 1e-12);
    EXPECT_EQ(config.init_std, 0.02);
  }
  EXPECT_EQ(read_changed("tiny-bert", "type_vocab_size", nullptr).token_types, 2);
}

TEST(EncoderConfig, DistilBertGoesByBertsNamesToo) {
  const TempFolder folder;
  const EncoderConfig config = read_encoder_config(
      folder.write("config.json", R"({"model_type": "distilbert", "hidden_size": 64, "num_hidden_layers": 2,
                         "num_attention_heads": 4, "hidden_dim": 8})"));
  EXPECT_EQ(config.dim, 64);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.heads, 4);
  EXPECT_EQ(with_layers(config, 1).source["n_layers"], 1);
}

TEST(EncoderConfig, SpecialIdsHaveRows) {
  for (const char* key : {"pad_token_id", "bos_token_id", "eos_token_id"}) {
    EXPECT_NO_THROW(read_changed("tiny-bert", key, 159));
    EXPECT_NO_THROW(read_changed("tiny-bert", key, nullptr));
    EXPECT_NO_THROW(read_changed("tiny-bert", key, Json::array({1, 2})));
    expect_refused("tiny-bert", key, 160, "is 160, but \"vocab_size\" is 160");
    expect_refused("tiny-bert", key, 99'999'999'999, "vocab_size");
  }
}

TEST(EncoderConfig, RefusesOtherNetworks) {
  expect_refused("tiny-bert", "model_type", nullptr, "missing");
  expect_error([] { read_changed("tiny-bert", "model_type", "gpt2"); },
               {"config.json", "\"gpt2\"", "distilbert, bert, xlm-roberta"});
  expect_refused("tiny-bert", "hidden_act", "gelu_new", "supported: gelu");
  expect_refused("tiny-distilbert", "activation", "relu", "supported: gelu");
  expect_refused("tiny-bert", "position_embedding_type", "relative_key", "supported: absolute");
  expect_refused("tiny-xlmr", "is_decoder", true, "only encoders");
}

TEST(EncoderConfig, RefusesBadSizes) {
  for (const std::string key : {"vocab_size", "max_position_embeddings", "hidden_size", "num_hidden_layers",
                                "num_attention_heads", "intermediate_size", "type_vocab_size"}) {
    expect_refused("tiny-bert", key, 0, "is 0; valid are");
    expect_refused("tiny-bert", key, -4, "is -4; valid are");
    expect_refused("tiny-bert", key, 1'000'000'000, "valid are");
    expect_refused("tiny-bert", key, 1'000'000'000'000, "valid are");
    expect_refused("tiny-bert", key, 18'446'744'073'709'551'615u, "unexpected value");
    expect_refused("tiny-bert", key, 4.5, "unexpected value 4.5");
    expect_refused("tiny-bert", key, "4", "unexpected value");
  }
  expect_refused("tiny-xlmr", "max_position_embeddings", 2, "valid are 3");
  expect_refused("tiny-bert", "num_attention_heads", 5, "does not divide \"hidden_size\" 48");
  expect_refused("tiny-distilbert", "n_heads", 3, "does not divide \"dim\" 32");
}

TEST(EncoderConfig, RefusesBadRates) {
  for (const Json& rate : {Json(1), Json(-0.1), Json(2.5)})
    expect_refused("tiny-bert", "hidden_dropout_prob", rate, "valid are 0 to below 1");
  expect_refused("tiny-distilbert", "attention_dropout", 1.0, "valid are 0 to below 1");
  expect_refused("tiny-distilbert", "dropout", "a", "unexpected value");
  expect_refused("tiny-bert", "layer_norm_eps", 0, "valid are");
  expect_refused("tiny-bert", "layer_norm_eps", -1e-12, "valid are");
  expect_refused("tiny-bert", "initializer_range", -0.02, "valid are");
}

TEST(EncoderConfig, RefusesBrokenFiles) {
  const TempFolder folder;
  expect_error([&] { read_encoder_config(folder.path() / "config.json"); }, {"config.json: no such file"});
  expect_error([&] { read_encoder_config(folder.write("config.json", "{")); }, {"is not valid JSON"});
  expect_error([&] { read_encoder_config(folder.write("config.json", "[]")); },
               {"is not a JSON object but array"});
}

TEST(EncoderConfig, WithLayersChangesTheSourceToo) {
  const EncoderConfig bert = with_layers(read_golden("tiny-bert"), 1);
  EXPECT_EQ(bert.layers, 1);
  EXPECT_EQ(bert.source["num_hidden_layers"], 1);
  EXPECT_EQ(with_layers(read_golden("tiny-distilbert"), 2).source["n_layers"], 2);
}

TEST(ParameterCount, OfTheLargestConfigFitsIn64Bits) {
  const TempFolder folder;
  const EncoderConfig config = read_encoder_config(folder.write(
      "config.json", R"({"model_type": "bert", "vocab_size": 16777216, "max_position_embeddings": 1048576,
                         "hidden_size": 1048576, "num_hidden_layers": 1024, "num_attention_heads": 1,
                         "intermediate_size": 1048576, "type_vocab_size": 1048576})"));
  EXPECT_GT(parameter_count(config), int64_t{1} << 52);
  EXPECT_LT(parameter_count(config), int64_t{1} << 60);
}

TEST(ParameterCount, OfKnownEncoders) {
  EncoderConfig config;
  config.architecture = &kDistilBert;  // DistilBERT-base
  config.vocabulary = 30522, config.positions = 512, config.dim = 768, config.layers = 6,
  config.hidden_dim = 3072;
  EXPECT_EQ(parameter_count(config), 66'362'880);
  config.architecture = &kBert;  // BERT-base without its pooler
  config.layers = 12, config.token_types = 2;
  EXPECT_EQ(parameter_count(config), 109'482'240 - 768 * 769);
  config.architecture = &kXlmRoberta;  // XLM-R-base
  config.vocabulary = 250002, config.positions = 512, config.token_types = 1;
  EXPECT_EQ(parameter_count(config), 278'043'648 - 768 * 769);
}

}  // namespace
}  // namespace mtnlp
