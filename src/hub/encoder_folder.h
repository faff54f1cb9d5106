// Encoder folders that grow out of another: the same files around new weights.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "hub/encoder_config.h"

namespace mtnlp {

/// An encoder folder without its weights, read once, so that nothing that changes on disk meanwhile gets into
/// what is written.
struct EncoderFolder {
  fs::path transformer;  ///< where the encoder's own files are, relative; empty: in the folder itself
  std::map<std::string, std::string> files = {};  ///< contents by path; neither weights nor config.json
};

/// Reads the folder of an encoder. Throws Error naming it when it is a checkpoint with heads.
EncoderFolder read_encoder_folder(const fs::path& folder);

/// Fills `to` (existing, empty) with the files of `folder`, a config.json for `class_name`, `card` as README.md,
/// and the weights that `write_weights` writes into the encoder's own folder.
void write_encoder_folder(const fs::path& to, const EncoderFolder& folder, const EncoderConfig& config,
                          const std::string& class_name, const std::string& card,
                          const std::function<void(const fs::path& own)>& write_weights);

}  // namespace mtnlp
