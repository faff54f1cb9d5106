// From the name of an encoder to its folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"

namespace mtnlp {

/// What the name of a model's folder begins with in the hub's cache.
inline constexpr std::string_view kCachedModel = "models--";

/// Returns the folder of OWNER/NAME, a repository of the Hugging Face hub, where it is on this machine with
/// its weights: models/NAME, as mtnlp-fetch writes it, or the snapshot of `main` in the hub's cache
/// (HF_HUB_CACHE, HF_HOME). None for any other name.
std::optional<fs::path> find_hub_encoder(const std::string& name);

/// Returns what tells how to bring `name`, ", nor ...", to go behind "no such folder"; "" when it is not
/// OWNER/NAME.
std::string fetch_advice(const std::string& name);

/// Returns the folder that `name` means: a path, one that lies beside the executable (resource_path), or
/// OWNER/NAME. Throws Error for an OWNER/NAME that is nowhere.
fs::path find_encoder(const std::string& name);

/// Returns OWNER/NAME of the encoder in `folder`, as mtnlp-fetch noted it or the hub's cache says; "" where neither does.
std::string hub_name(const fs::path& folder);

/// Returns the name of the encoder in `folder`: that of the folder, of a snapshot in the hub's cache NAME.
std::string encoder_name(const fs::path& folder);

}  // namespace mtnlp
