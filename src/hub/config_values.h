// Values of config.json with their ranges. All throw Error naming `file`, the key, what was found, what is
// valid.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.h"

namespace mtnlp {

/// Reads a size from `least` to `most`; `usual` where the config leaves it out, as `transformers` has it.
int64_t read_size(const Json& json, const char* key, int64_t usual, const fs::path& file, int64_t least = 1,
                  int64_t most = 1 << 20);
/// Reads a share from 0 to below 1.
double read_rate(const Json& json, const char* key, double usual, const fs::path& file);
/// Reads a number above 0.
double read_positive(const Json& json, const char* key, double usual, const fs::path& file);
/// Throws Error unless the text is `expected` or left out.
void require_value(const Json& json, const char* key, const std::string& expected, const fs::path& file);

}  // namespace mtnlp
