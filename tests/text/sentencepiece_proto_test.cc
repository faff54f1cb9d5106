#include "text/sentencepiece_proto.h"

#include <limits>

#include "golden.h"
#include "proto.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using testing::proto_field;
using testing::proto_number;
using testing::proto_piece;

const std::string kUnknown = proto_piece({"<unk>", 0, 2});

SentencePieceProto read_proto(const std::string& content) {
  return read_sentencepiece_proto(content, "x.model");
}

TEST(SentencePieceProto, OnlyWhatIsCheckedGoesToTheLibrary) {
  const std::string pieces = kUnknown + proto_piece({"Tok", -1, 4}) + proto_piece({"a", -1, 1});
  const std::string spec = proto_field(2, proto_number(3, 1)) + proto_field(3, proto_field(1, "name"));
  const std::string self_test = proto_field(4, "x"), denormalizer = proto_field(5, proto_field(2, "map"));
  const auto proto = read_proto(pieces + self_test + spec + denormalizer + proto_field(200, "new"));
  EXPECT_EQ(proto.checked, pieces + spec);
  EXPECT_THAT(proto.user_defined, ElementsAre(false, true, false));
  EXPECT_FALSE(proto.charsmap);
}

TEST(SentencePieceProto, AFieldOfAnotherWireTypeIsUnknownToItAsToProtobuf) {
  const std::string piece =
      proto_field(1, proto_field(1, "a") + proto_field(2, "1234") + proto_field(3, "\4"));
  EXPECT_THAT(read_proto(piece + proto_number(1, 7)).user_defined, ElementsAre(false));
  EXPECT_EQ(read_proto(piece + proto_number(1, 7)).checked, piece);
}

TEST(SentencePieceProto, UnsupportedModelsAreRefusedByName) {
  expect_error([] { read_proto(kUnknown + proto_field(2, proto_number(3, 2))); },
               {"x.model", "BPE", "UNIGRAM"});
  expect_error([] { read_proto(kUnknown + proto_field(2, proto_number(3, 99))); }, {"x.model", "UNIGRAM"});
  expect_error([] { read_proto(kUnknown + proto_field(2, proto_number(24, 1))); },
               {"x.model", "treat_whitespace_as_suffix"});
  expect_error([] { read_proto(kUnknown + proto_field(2, proto_number(35, 1))); },
               {"x.model", "byte_fallback"});
}

TEST(SentencePieceProto, MalformedIsRefused) {
  expect_error([] { read_proto(""); }, {"x.model", "no pieces"});
  expect_error([] { read_proto("{\"a\": 1}"); }, {"x.model", "not a SentencePiece model"});
  expect_error([] { read_proto(std::string(30, '\xFF')); }, {"x.model", "protobuf"});
  expect_error([] { read_proto(std::string("\2\0", 2)); }, {"x.model", "protobuf"});  // the field 0
  const std::string whole = proto_piece({"ab", 1, 1});
  for (size_t size = 1; size < whole.size(); ++size)
    expect_error([&] { read_proto(whole.substr(0, size)); }, {"x.model", "protobuf"});
}

TEST(SentencePieceProto, PiecesThatTheLibraryCannotBearAreRefused) {
  expect_error([] { read_proto(kUnknown + proto_piece({"\xFF", 0, 1})); }, {"x.model", "piece 1", "UTF-8"});
  expect_error(
      [] {
        read_proto(kUnknown + proto_piece({std::string("a\0b", 3), 0, 1}));
      },
      {"piece 1", "NUL"});
  expect_error([] { read_proto(kUnknown + proto_piece({"a", 0, 7})); }, {"piece 1", "type 7", "1 to 6"});
  expect_error([] { read_proto(kUnknown + proto_piece({"a", 0, 0})); }, {"piece 1", "type 0"});
  for (const float score : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    expect_error([&] { read_proto(kUnknown + proto_piece({"a", score, 1})); }, {"piece 1", "finite"});
  EXPECT_NO_THROW(read_proto(proto_piece({std::string(1024, 'a'), 0, 1})));
  expect_error([] { read_proto(proto_piece({std::string(1025, 'a'), 0, 1})); }, {"piece 0", "1025", "1024"});
}

TEST(SentencePieceProto, SymbolsThatBeginWithOneAnotherAreCounted) {
  const auto nested = [](size_t count) {
    std::string model = kUnknown + proto_piece({"b", 0, 4});
    for (size_t length = count; length > 0; --length) model += proto_piece({std::string(length, 'a'), 0, 4});
    return model;
  };
  EXPECT_EQ(read_proto(nested(64)).user_defined.size(), 66u);
  expect_error([&] { read_proto(nested(65)); }, {"x.model", "64 user-defined symbols"});
}

TEST(SentencePieceProto, ABrokenCharsmapIsRefused) {
  const std::string spec = proto_field(3, proto_field(2, std::string("\1\0\0", 3)));
  expect_error([&] { read_proto(kUnknown + spec); }, {"x.model", "charsmap"});
}

}  // namespace
}  // namespace mtnlp
