// The description of a model folder, made without loading its weights.
#pragma once

#include <string>

#include "base/json.h"

namespace mtnlp {

/// Returns a description of MODEL (an encoder, checkpoint or run folder), read from its small files and the
/// headers of its weights:
/// {"folder", "kind": "encoder" | "checkpoint" | "run",
///  "run": {"checkpoint", "epochs", "finished", "last_epoch": {column: value}, "test": {task: metrics}},
///  "encoder": {"architecture", "layers", "size", "heads", "hidden_size", "positions", "parameters",
///              "weights": {"dtype", "tensors", "bytes"} | null},
///  "tokenizer": {"kind", "vocabulary"}, "pooling", "normalize", "max_length", "truncation",
///  "tasks": {name: [labels]}, "head_parameters", "provenance"}
/// "run" is there for a run only, the last three for a run or checkpoint. Throws Error naming the file.
OrderedJson model_info(const fs::path& model);

/// Returns the same for a terminal.
std::string model_info_text(const OrderedJson& info);

}  // namespace mtnlp
