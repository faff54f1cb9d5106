// What the readers of tokenizer.json share.
#pragma once

#include <string>

#include "base/json.h"
#include "text/pipeline.h"

namespace mtnlp {

/// Returns `object[key]`, a null when it is not there.
const Json& part(const Json& object, const std::string& key);
/// Returns the same; throws Error naming `file` when it is not there, and where it is not a list.
const Json& require_part(const Json& object, const std::string& key, const fs::path& file);
const Json& require_list(const Json& object, const std::string& key, const fs::path& file);

/// Reads the ids around a text and the form of pairs. False when there is no post-processor.
bool read_post_processor(const Json& json, const fs::path& file, Pipeline& pipeline);

}  // namespace mtnlp
