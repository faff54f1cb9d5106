// SentencePiece files made by hand.
#pragma once

#include <cstring>
#include <initializer_list>
#include <string>

namespace mtnlp::testing {

/// A field that is a number.
inline std::string proto_number(unsigned number, uint64_t value) {
  std::string bytes;
  const auto append = [&](uint64_t left) {
    for (; left >= 0x80; left >>= 7) bytes += static_cast<char>(left | 0x80);
    bytes += static_cast<char>(left);
  };
  append(number << 3);
  append(value);
  return bytes;
}

/// A field of bytes: a text or a message.
inline std::string proto_field(unsigned number, const std::string& content) {
  std::string bytes = proto_number(number, content.size()) + content;
  bytes[0] = static_cast<char>(bytes[0] | 2);
  return bytes;
}

inline std::string proto_float(unsigned number, float value) {
  std::string bytes(1 + sizeof value, static_cast<char>(number << 3 | 5));
  std::memcpy(bytes.data() + 1, &value, sizeof value);
  return bytes;
}

struct ProtoPiece {
  std::string text;
  float score;
  unsigned type;
};

inline std::string proto_piece(const ProtoPiece& piece) {
  return proto_field(1,
                     proto_field(1, piece.text) + proto_float(2, piece.score) + proto_number(3, piece.type));
}

/// A model of these pieces.
inline std::string proto_model(std::initializer_list<ProtoPiece> pieces) {
  std::string bytes;
  for (const ProtoPiece& piece : pieces) bytes += proto_piece(piece);
  return bytes;
}

}  // namespace mtnlp::testing
