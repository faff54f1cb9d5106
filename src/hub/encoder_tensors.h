// The tensors of an encoder: how the network calls them, and where they lie in a weights file.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "hub/encoder_config.h"
#include "hub/weights.h"

namespace mtnlp {

/// Returns how many elements a tensor of this shape has.
size_t element_count(const std::vector<int64_t>& shape);

/// One tensor of the network.
struct EncoderTensor {
  std::string name;            ///< name in the network: "layer0.qkv_weight"
  std::vector<int64_t> shape;  ///< [rows, columns], or [columns]
  std::vector<std::string>
      parts;                  ///< tensors of the file, without prefix, that lie in it one below the other
  int64_t reserved_rows = 0;  ///< rows of the file's tensor that are skipped before its own
  std::string folded = {};    ///< tensor of the file whose first row is added to each row; empty: none
  int64_t folded_rows = 0;    ///< rows of that tensor
  bool quantized = false;     ///< whether it is in 8 bits in a file of 8-bit weights

  size_t numel() const;
};

/// Returns all of them, in the order of a file that we write.
std::vector<EncoderTensor> encoder_tensors(const EncoderConfig& config);

/// Returns the rows of the token types, each less the first, which is folded into the positions: [types, D]. The
/// second is added to the tokens of its type; without pairs of texts there are none, and a folder that is written keeps
/// the rows. For an encoder that has them.
EncoderTensor token_type_rows(const EncoderConfig& config);

/// Returns the tensors of the language-model head; names begin with kLmHead.
std::vector<EncoderTensor> lm_head_tensors(const EncoderConfig& config);
inline constexpr const char* kLmHead = "lm_head.";

/// The weights of an encoder folder, whose sizes are those of its config.
class EncoderWeights {
 public:
  /// Opens the weights in `own`, the folder of the encoder's own files. Throws Error naming the file, and for
  /// a tensor its shape and the one that config.json asks for, before memory is taken for what is not there.
  EncoderWeights(const fs::path& own, const EncoderConfig& config);

  bool int8() const;
  /// Says whether the folder has a language-model head. Throws Error where it has a part of one.
  bool has_lm_head(const EncoderConfig& config) const;
  /// Reads a tensor as float: with or without the architecture's prefix; F32, F16, BF16 and F64 are
  /// converted, 8-bit matrices too. Throws Error for one that is missing, has another shape or dtype, or
  /// holds values that are not finite.
  void read(const EncoderTensor& tensor, std::span<float> to) const;

 private:
  std::string name_in_file(const std::string& name) const;
  void read_part(const std::string& name, const std::vector<int64_t>& shape, std::span<float> to) const;
  void check_sizes(const EncoderConfig& config) const;

  Weights weights_;
  const Architecture* architecture_;
};

/// Reads tensor `name` of `file` as float into `to`, as EncoderWeights::read does.
void read_floats(const SafetensorsFile& file, const std::string& name, const std::vector<int64_t>& shape,
                 std::span<float> to);

/// Where the values of a tensor are when an encoder is written or built in memory.
using TensorSource = std::function<SharedFloats(const EncoderTensor&)>;

/// Returns the source that reads from `weights`, which are borrowed.
TensorSource source_of(const EncoderWeights& weights);

/// How an encoder is written.
struct EncoderFile {
  bool int8 = false;     ///< each matrix NAME as NAME.int8 and NAME.scale, see Int8Matrix
  bool lm_head = false;  ///< with the language-model head, and names with the architecture's prefix
};

/// Writes the encoder's weights under the names of its architecture (reserved rows zero). `values` is asked for
/// encoder_tensors, token_type_rows and, where it is written, lm_head_tensors.
void write_encoder(const fs::path& file, const EncoderConfig& config, const TensorSource& values,
                   const EncoderFile& how);

}  // namespace mtnlp
