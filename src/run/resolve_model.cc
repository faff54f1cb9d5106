// From a MODEL argument to the folder of its files; an encoder may have its name on the hub.
#include <algorithm>

#include "base/error.h"
#include "base/lock.h"
#include "base/log.h"
#include "run/find_encoder.h"
#include "run/run_folder.h"
#include "run/run_paths.h"

namespace mtnlp {
namespace {

/// Returns what a link names, and what that names, up to a path that is not a link.
fs::path follow(fs::path path) {
  for (int links = 0; links < 40 && fs::is_symlink(path); ++links)
    path = without_slash((path.parent_path() / fs::read_symlink(path)).lexically_normal());
  return path;
}

/// Returns "best" or "last" when `path` is that of a run, else empty.
std::string link_in_run(const fs::path& path) {
  const std::string name = path.filename().string();
  const bool is_link = std::ranges::find(kLinks, name) != kLinks.end();
  return is_link && is_run(path.parent_path().empty() ? fs::path(".") : path.parent_path()) ? name : "";
}

/// Says whether a process trains in `run`: its links come after its record.
bool is_in_training(const fs::path& run) {
  return !Lock(run, Lock::Kind::kShared).is_granted();
}

/// Returns RUN/checkpoints/NAME for RUN, RUN/best and RUN/last; `link` is empty for RUN.
fs::path named_in_run(const fs::path& run, std::string link) {
  const NamedCheckpoints named = read_named_checkpoints(run, link.empty()     ? Need::kBoth
                                                             : link == "best" ? Need::kBest
                                                                              : Need::kLast);
  if (named.last.empty()) fail_input(run.string(), ": is a run without a checkpoint yet");
  if (link == "best" && named.best.empty())
    fail_input((run / link).string(), ": no epoch of the run has ended yet; its last checkpoint is ",
               path_of(run, named.last).string());
  if (link.empty()) link = named.best.empty() ? "last" : "best";
  const bool best = link == "best";
  if (const std::string& doubt = best ? named.best_doubt : named.last_doubt; !doubt.empty())
    log_warning(doubt);
  else if (const std::string warning = warning_of_link(run, link, named);
           !warning.empty() && !is_in_training(run))
    log_warning(warning);
  return path_of(run, best ? named.best : named.last);
}

fs::path locate_model(const fs::path& model) {
  if (is_run(model)) return named_in_run(follow(model), "");
  if (const std::string link = link_in_run(model); !link.empty()) {
    const fs::path run = model.parent_path();
    return named_in_run(run.empty() ? fs::path(".") : follow(run), link);
  }
  if (!fs::exists(model)) {
    if (std::optional<fs::path> encoder = find_hub_encoder(model.string())) return *std::move(encoder);
    fail_input(model.string(), ": no such folder", fetch_advice(model.string()));
  }
  if (!fs::is_directory(model)) fail_input(model.string(), ": is a file; a model is a folder");
  if (is_folds(model))
    fail_input(model.string(), ": holds a run for each fold, and none for all; a model is ",
               (model / "fold-1").string(), " or another of them");
  const fs::path target = follow(model);
  return is_checkpoint_name(target.filename().string()) ? target : model;
}

}  // namespace

ModelFolder resolve_model(const fs::path& model) try {
  constexpr int kTries = 100;
  const fs::path folder = without_slash(model);
  for (int i = 0;; ++i) {
    fs::path found = locate_model(folder);
    if (!is_checkpoint_name(found.filename().string())) return {std::move(found), nullptr};
    // A training may have removed it since, but then it has a new one.
    if (auto held = hold_checkpoint(found)) return {std::move(found), std::move(held)};
    if (i == kTries) fail_input(found.string(), ": is gone");
  }
} catch (const fs::filesystem_error& error) {
  fail_to_read(error);
}

fs::path run_of_model(const fs::path& model) try {
  fs::path folder = without_slash(model);
  if (is_run(folder)) return folder;
  if (!link_in_run(folder).empty()) return folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  const fs::path checkpoints = resolved(folder).parent_path();
  const bool in_run = checkpoints.filename() == "checkpoints" && is_run(checkpoints.parent_path());
  return in_run ? checkpoints.parent_path() : fs::path();
} catch (const fs::filesystem_error& error) {
  fail_to_read(error);
}

}  // namespace mtnlp
