#include "hub/new_encoder.h"

#include "hub/architectures/all.h"
#include "hub/model_folder.h"
#include "testing.h"
#include "text/train_sentencepiece.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

TEST(NewEncoder, TheFolderOpensWithTheIdsOfXlmRoberta) {
  const TempFolder folder;
  const std::string model = train_sentencepiece({"the cat sat on the mat"}, {.pieces = 14});
  write_new_encoder(folder.path(), model, {.layers = 2, .dim = 24, .heads = 3, .positions = 40});
  const EncoderConfig config = read_encoder_config(folder.path() / "config.json");
  EXPECT_EQ(config.architecture, &kXlmRoberta);
  EXPECT_EQ(config.vocabulary, 16);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.dim, 24);
  EXPECT_EQ(config.heads, 3);
  EXPECT_EQ(config.hidden_dim, 96);
  EXPECT_EQ(config.positions, 40);
  EXPECT_EQ(config.token_types, 1);
  const auto tokenizer = load_model_tokenizer(folder.path());
  EXPECT_EQ(tokenizer->vocabulary_size(), 16u);
  EXPECT_EQ(tokenizer->piece(0), "<s>");
  EXPECT_EQ(tokenizer->piece(1), "<pad>");
  EXPECT_EQ(tokenizer->piece(2), "</s>");
  EXPECT_EQ(tokenizer->piece(3), "<unk>");
  EXPECT_EQ(tokenizer->piece(15), "<mask>");
  EXPECT_EQ(read_text_cut(folder.path(), Truncation::kHead).max_length, 40u);
}

TEST(NewEncoder, HeadsDivideTheSize) {
  expect_error([] { require_shape({.dim = 10, .heads = 4}); }, {"heads is 4", "dim 10"});
  EXPECT_NO_THROW(require_shape({}));
}

}  // namespace
}  // namespace mtnlp
