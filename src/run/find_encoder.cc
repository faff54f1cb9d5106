#include "run/find_encoder.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/error.h"
#include "base/words.h"
#include "run/run_paths.h"

namespace mtnlp {
namespace {

constexpr size_t kLongestName = 200;  ///< most bytes of OWNER/NAME

bool is_part(std::string_view text) {
  return !text.empty() && text[0] != '.' && text[0] != '-' && text.find("..") == std::string_view::npos &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
             std::string_view::npos;
}

/// Whether `name` is OWNER/NAME as mtnlp-fetch takes it.
bool is_hub_name(std::string_view name) {
  const size_t slash = name.find('/');
  return slash != std::string_view::npos && name.size() <= kLongestName && is_part(name.substr(0, slash)) &&
         is_part(name.substr(slash + 1));
}

/// Whether `folder`, or a folder in it, as a module of sentence-transformers may be one, has weights.
bool has_weights(const fs::path& folder) {
  const auto has = [](const fs::path& place) {
    std::error_code error;
    return fs::exists(place / "model.safetensors", error) ||
           fs::exists(place / "model.safetensors.index.json", error);
  };
  std::error_code error;
  if (has(folder)) return true;
  return std::ranges::any_of(fs::directory_iterator(folder, error),
                             [&](const auto& entry) { return has(entry.path()); });
}

/// The first line of a file with this start, without it; "" when there is none.
std::string line_with(const fs::path& file, std::string_view start) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return "";
  for (const std::string& line : split_text(read_file(file), '\n'))
    if (line.starts_with(start)) return line.substr(start.size());
  return "";
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The hub's cache, where its own libraries look for it.
fs::path hub_cache() {
  if (fs::path cache = environment("HF_HUB_CACHE"); !cache.empty()) return cache;
  if (const std::string home = environment("HF_HOME"); !home.empty()) return fs::path(home) / "hub";
  const std::string caches = environment("XDG_CACHE_HOME");
  return (caches.empty() ? fs::path(environment("HOME")) / ".cache" : fs::path(caches)) / "huggingface" /
         "hub";
}

/// The command that fetches `name`: the script of a source tree that the executable stands in, else the
/// program that is installed with it.
std::string fetch_command(const std::string& name) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path root = fs::weakly_canonical(folder / ".." / "..", error);
  if (fs::exists(folder / "mtnlp-fetch", error) || !fs::is_regular_file(root / "run", error))
    return "mtnlp-fetch " + name;
  return (root == fs::current_path(error) ? "./run" : (root / "run").string()) + " fetch " + name;
}

}  // namespace

std::optional<fs::path> find_hub_encoder(const std::string& name) {
  if (!is_hub_name(name)) return std::nullopt;
  const size_t slash = name.find('/');
  const std::string owner = name.substr(0, slash), model = name.substr(slash + 1);
  if (fs::path fetched = resource_path(fs::path("models") / model);
      line_with(fetched / "origin.txt", "repository ") == name && has_weights(fetched))
    return fetched;
  const fs::path cached = hub_cache() / str(kCachedModel, owner, "--", model);
  const std::string commit = line_with(cached / "refs" / "main", "");
  if (!is_part(commit)) return std::nullopt;
  fs::path snapshot = cached / "snapshots" / commit;
  return has_weights(snapshot) ? std::optional(std::move(snapshot)) : std::nullopt;
}

std::string fetch_advice(const std::string& name) {
  std::error_code error;
  const std::string owner = name.substr(0, name.find('/'));
  // A name below a folder that is there is the name of a file, whatever else it looks like.
  if (!is_hub_name(name) || owner == "models" || owner == "runs" || fs::exists(owner, error)) return "";
  return ", nor is it an encoder in models/ or in the hub's cache; to fetch one of the hub: " +
         fetch_command(name);
}

fs::path find_encoder(const std::string& name) {
  fs::path path = resource_path(name);
  if (std::error_code error; fs::exists(path, error)) return path;
  if (std::optional<fs::path> found = find_hub_encoder(name)) return *std::move(found);
  if (const std::string advice = fetch_advice(name); !advice.empty())
    fail_input(name, ": no such folder", advice);
  return path;
}

std::string hub_name(const fs::path& folder) {
  if (const std::string origin = line_with(folder / "origin.txt", "repository "); is_hub_name(origin))
    return origin;
  const fs::path path = without_slash(folder), cached = path.parent_path().parent_path();
  std::string name = cached.filename().string();
  if (path.parent_path().filename() != "snapshots" || !name.starts_with(kCachedModel)) return "";
  name.erase(0, kCachedModel.size());
  if (const size_t owner_end = name.find("--"); owner_end != std::string::npos)
    name.replace(owner_end, 2, "/");
  return is_hub_name(name) ? name : "";
}

std::string encoder_name(const fs::path& folder) {
  const fs::path path = without_slash(folder), cached = path.parent_path().parent_path();
  const std::string name = cached.filename().string();
  if (path.parent_path().filename() != "snapshots" || !name.starts_with(kCachedModel))
    return path.filename().string();
  const size_t owner_end = name.find("--", kCachedModel.size());
  return owner_end == std::string::npos ? name.substr(kCachedModel.size()) : name.substr(owner_end + 2);
}

}  // namespace mtnlp
