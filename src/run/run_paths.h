// Paths in a run folder: what run_folder.cc and resolve_model.cc share.
#pragma once

#include <array>
#include <string>

#include "base/error.h"
#include "base/files.h"

namespace mtnlp {

inline constexpr std::array<const char*, 2> kLinks = {"best", "last"};

inline constexpr const char* kTokens = "tokens";  ///< folder of the texts of mtnlp adapt, as token ids

/// Returns "runs/demo" for "runs/demo/", which names the same folder but has no file name.
inline fs::path without_slash(const fs::path& path) {
  return path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
}

inline fs::path path_of(const fs::path& run, const std::string& checkpoint) {
  return checkpoint.empty() ? fs::path() : run / "checkpoints" / checkpoint;
}

inline bool is_run(const fs::path& folder) {
  return fs::is_directory(folder / "checkpoints");
}

inline constexpr const char* kFolds = "folds.json";  ///< makes a folder one of folds (sweep/folds.h)

inline bool is_folds(const fs::path& folder) {
  return fs::exists(folder / kFolds);
}

/// Says in our words what the file system refused.
[[noreturn]] inline void fail_to_read(const fs::filesystem_error& error) {
  fail_input(error.path1().string(), ": cannot be read: ", error.code().message());
}

/// Returns the absolute path without links; the end of it need not exist. Throws Error.
inline fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::weakly_canonical(path, error);
  if (error) fail_input(path.string(), ": cannot be read: ", error.message());
  return whole;
}

}  // namespace mtnlp
