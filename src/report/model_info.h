// What a model folder is, without loading its weights.
#pragma once

#include <string>

#include "base/json.h"

namespace mtnlp {

/// What MODEL (an encoder, checkpoint or run folder) is, out of its small files and the headers of its
/// weights:
/// {"folder", "kind": "encoder" | "checkpoint" | "run",
///  "run": {"checkpoint", "epochs", "finished", "last_epoch": {column: value}, "test": {task: metrics}},
///  "encoder": {"architecture", "layers", "size", "heads", "hidden_size", "positions", "parameters",
///              "weights": {"dtype", "tensors", "bytes"} | null},
///  "tokenizer": {"kind", "vocabulary"}, "pooling", "normalize", "max_length", "truncation",
///  "tasks": {name: [labels]}, "head_parameters", "provenance"}
/// with "run" for a run only, and the last three for a run or checkpoint. Throws Error naming the file.
OrderedJson model_info(const fs::path& model);

/// The same for a terminal.
std::string model_info_text(const OrderedJson& info);

}  // namespace mtnlp
