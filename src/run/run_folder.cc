#include "mtnlp/run/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <set>
#include <string_view>
#include <utility>

#include "mtnlp/base/error.h"
#include "mtnlp/base/log.h"
#include "mtnlp/base/printable.h"

namespace mtnlp {
namespace {

/// The files that a run writes beside its checkpoints.
constexpr std::array<std::string_view, 7> kFiles = {
    "options.toml", "metrics.csv", "sources.json", "split.csv", "test.json", "checkpoints.json", "train.log"};
constexpr std::array<const char*, 2> kLinks = {"best", "last"};

/// "runs/demo/" names the same folder as "runs/demo", but has no file name.
fs::path without_slash(const fs::path& path) {
  return path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
}

bool is_real_folder(const fs::path& path) {
  return fs::is_directory(fs::symlink_status(path));
}

/// Whether a run may have written `entry` of its folder; --overwrite removes nothing else.
bool is_of_a_run(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  const fs::file_status status = entry.symlink_status();
  if (is_temporary(entry.path())) return true;
  if (name == "checkpoints") return fs::is_directory(status);
  if (std::ranges::find(kFiles, name) != kFiles.end()) return fs::is_regular_file(status);
  if (std::ranges::find(kLinks, name) == kLinks.end()) return false;
  return fs::is_symlink(status) ||
         (fs::is_regular_file(status) && !linked_checkpoint(entry.path().parent_path(), name).empty());
}

/// Why `folder` is not to be overwritten; empty when a run wrote all that it holds.
std::string why_not_a_run(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!is_of_a_run(entry)) return str("holds ", printable(name), ", which is no part of a run");
    if (!is_temporary(entry.path())) names.insert(name);
  }
  if (names.empty()) return {};
  if (!names.contains("checkpoints")) return str("holds ", *names.begin(), ", but no checkpoints of a run");
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints"))
    if (!is_temporary(entry.path()) && !is_only_a_checkpoint(entry.path()))
      return str("holds checkpoints/", printable(entry.path().filename().string()),
                 ", which is no part of a run");
  // A run writes its options before all but its log.
  for (const char* name : {"metrics.csv", "sources.json", "split.csv", "test.json"})
    if (names.contains(name) && !names.contains("options.toml"))
      return str("holds ", name, ", but no options.toml of a run");
  return {};
}

fs::path path_of(const fs::path& run, const std::string& checkpoint) {
  return checkpoint.empty() ? fs::path() : run / "checkpoints" / checkpoint;
}

bool is_run(const fs::path& folder) {
  return fs::is_directory(folder / "checkpoints");
}

[[noreturn]] void fail_to_write(const fs::path& folder, const std::error_code& error) {
  fail_system(folder.string(), ": cannot be written: ", error.message());
}

}  // namespace

struct RunFolder::Shared {
  Shared() = default;
  ~Shared() {
    if (lock >= 0) ::close(lock);
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  int lock = -1;
  NamedCheckpoints named;
  std::set<std::string> warned;  ///< so that each is told once

  void warn_once(const std::string& warning) {
    if (warned.insert(warning).second) log_warning(warning);
  }
};

RunFolder::RunFolder(fs::path path) : path_(std::move(path)), shared_(std::make_shared<Shared>()) {}

void RunFolder::require_free(const fs::path& folder, bool overwrite) try {
  const fs::file_status status = fs::status(folder);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) fail_input(folder.string(), ": is a file, not a folder for a run");
  if (fs::is_empty(folder)) return;
  if (!overwrite) fail_input(folder.string(), ": exists already; choose another folder, or --overwrite it");
  if (const std::string why = why_not_a_run(folder); !why.empty())
    fail_input(folder.string(), ": ", why, ", and is not overwritten; choose another folder");
} catch (const fs::filesystem_error& error) {
  fail_input(folder.string(), ": cannot be read: ", error.code().message());
}

RunFolder RunFolder::create(const fs::path& folder, bool overwrite) {
  RunFolder run(without_slash(folder));
  require_free(run.path_, overwrite);
  std::error_code error;
  fs::create_directories(run.path_, error);
  if (error) fail_to_write(run.path_, error);
  run.lock();
  require_free(run.path_, overwrite);  // of another run, which may have begun and ended since
  run.clear();
  return run;
}

RunFolder RunFolder::create_new() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 32> name{};
  std::strftime(name.data(), name.size(), "%Y%m%d-%H%M%S", &local);
  const fs::path first = fs::path("runs") / name.data();
  std::error_code error;
  fs::create_directories(first.parent_path(), error);
  if (error) fail_to_write(first, error);
  fs::path folder = first;
  for (int copy = 2; !fs::create_directory(folder, error); ++copy) {  // of several, one creates it
    if (error && error != std::errc::file_exists) fail_to_write(folder, error);
    folder = str(first.string(), "-", copy);
  }
  return create(folder, false);
}

/// Leaves nothing but the empty checkpoints folder, which goes last: without it the rest is no run.
void RunFolder::clear() const {
  std::error_code error;
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(path_, error))
    if (entry.path().filename() != "checkpoints") old.push_back(entry.path());
  for (const fs::path& entry : old)
    if (!error) fs::remove_all(entry, error);
  if (!error) fs::remove_all(path_ / "checkpoints", error);
  if (!error) fs::create_directories(path_ / "checkpoints", error);
  if (error) fail_to_write(path_, error);
}

RunFolder RunFolder::go_on(const fs::path& folder) {
  RunFolder run = open(folder);
  run.lock();
  run.shared_->named = read_named_checkpoints(run.path_);
  return run;
}

/// flock on the folder itself: it ends with the process, however that ends. A file system without it is none
/// of our concern.
void RunFolder::lock() {
  shared_->lock = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (shared_->lock >= 0 && ::flock(shared_->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    fail_input(path_.string(), ": another process is training in this run");
}

RunFolder RunFolder::open(const fs::path& folder) {
  if (!is_run(folder))
    fail_input(folder.string(),
               fs::exists(folder) ? ": is no run folder (it has no checkpoints)" : ": no such folder");
  return RunFolder(without_slash(folder));
}

fs::path RunFolder::best() const {
  return path_of(path_, shared_->named.best);
}

fs::path RunFolder::last() const {
  return path_of(path_, shared_->named.last);
}

void RunFolder::add_checkpoint(uint64_t step, Milestone milestone,
                               const std::function<void(const fs::path&)>& fill) const {
  NamedCheckpoints& named = shared_->named;
  const std::string name = checkpoint_name(step, milestone == Milestone::kOpenEpoch);
  const fs::path folder = path_of(path_, name);
  if (name != named.last || !fs::exists(folder)) {
    if (is_only_a_checkpoint(folder))
      remove_folder_atomic(folder);  // of a run that was killed before it named it
    write_folder_atomic(folder, fill);
  }
  named.last = name;
  if (milestone == Milestone::kBest) named.best = name;
  write_named_checkpoints(path_, named);
  link_named();
  remove_old_checkpoints();
}

void RunFolder::link_named() const {
  const auto link = [&](const char* name, const std::string& checkpoint) {
    if (!checkpoint.empty() && !link_checkpoint(path_, name, checkpoint))
      shared_->warn_once(str(file(name).string(),
                             ": cannot be made a link to the checkpoint; mtnlp goes by checkpoints.json"));
  };
  link("best", shared_->named.best);
  link("last", shared_->named.last);
}

// Only checkpoints before the last: later ones are of a run that got further, or of somebody else.
void RunFolder::remove_old_checkpoints() const {
  const NamedCheckpoints& named = shared_->named;
  const fs::path folder = path_ / "checkpoints";
  uint64_t last = 0;
  if (!is_checkpoint_name(named.last, &last) || !is_real_folder(folder)) return;
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    uint64_t step = 0;
    if (is_checkpoint_name(name, &step) && step <= last && name != named.last && name != named.best)
      old.push_back(entry.path());
  }
  for (const fs::path& checkpoint : old) {
    if (is_only_a_checkpoint(checkpoint))
      remove_checkpoint(checkpoint);  // or later, when a reader holds it
    else
      shared_->warn_once(checkpoint.string() + ": holds something that the run did not write, and is kept");
  }
}

void RunFolder::remove_leftovers() const {
  shared_->named = read_named_checkpoints(path_);
  remove_temporaries(path_);
  if (is_real_folder(path_ / "checkpoints")) remove_temporaries(path_ / "checkpoints");
  link_named();
  remove_old_checkpoints();
}

void RunFolder::link_latest() const {
  const fs::path run = fs::weakly_canonical(path_);
  const fs::path latest = run.parent_path() / "latest";
  if (latest == run || (fs::exists(fs::symlink_status(latest)) && !fs::is_symlink(latest))) return;
  try {
    swap_link(latest, run.filename());
  } catch (const Error& error) {
    shared_->warn_once(error.what());
  }
}

namespace {

/// What a link names, and what that names, up to a path that is none.
fs::path follow(fs::path path) {
  for (int links = 0; links < 40 && fs::is_symlink(path); ++links)
    path = without_slash((path.parent_path() / fs::read_symlink(path)).lexically_normal());
  return path;
}

/// "best" or "last" when `path` is that of a run, else empty.
std::string link_in_run(const fs::path& path) {
  const std::string name = path.filename().string();
  const bool is_link = std::ranges::find(kLinks, name) != kLinks.end();
  return is_link && is_run(path.parent_path().empty() ? fs::path(".") : path.parent_path()) ? name : "";
}

/// Whether a process trains in `run`: its links come after its record.
bool is_in_training(const fs::path& run) {
  const int fd = ::open(run.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool locked = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return locked;
}

/// RUN/checkpoints/NAME for RUN, RUN/best and RUN/last; `link` is empty for RUN.
fs::path named_in_run(const fs::path& run, std::string link) {
  const NamedCheckpoints named = read_named_checkpoints(run);
  if (named.last.empty()) fail_input(run.string(), ": is a run without a checkpoint yet");
  if (link == "best" && named.best.empty())
    fail_input((run / link).string(), ": no epoch of the run has ended yet; its last checkpoint is ",
               path_of(run, named.last).string());
  if (link.empty()) link = named.best.empty() ? "last" : "best";
  const std::string& name = link == "best" ? named.best : named.last;
  if (fs::exists(fs::symlink_status(run / link)) && linked_checkpoint(run, link) != name &&
      !is_in_training(run))
    log_warning(str((run / link).string(), ": is not ", name, ", which is the ", link,
                    " checkpoint by checkpoints.json; that is what is taken"));
  return path_of(run, name);
}

fs::path locate_model(const fs::path& model) {
  if (is_run(model)) return named_in_run(follow(model), "");
  if (const std::string link = link_in_run(model); !link.empty()) {
    const fs::path run = model.parent_path();
    return named_in_run(run.empty() ? fs::path(".") : follow(run), link);
  }
  if (!fs::exists(model)) fail_input(model.string(), ": no such folder");
  if (!fs::is_directory(model)) fail_input(model.string(), ": is a file; a model is a folder");
  const fs::path target = follow(model);
  return is_checkpoint_name(target.filename().string()) ? target : model;
}

}  // namespace

ModelFolder resolve_model(const fs::path& model) {
  constexpr int kTries = 100;
  const fs::path folder = without_slash(model);
  for (int i = 0;; ++i) {
    fs::path found = locate_model(folder);
    if (!is_checkpoint_name(found.filename().string())) return {std::move(found), nullptr};
    // A training may have removed it since, but then it has a new one.
    if (auto held = hold_checkpoint(found)) return {std::move(found), std::move(held)};
    if (i == kTries) fail_input(found.string(), ": is gone");
  }
}

std::vector<fs::path> files_of_run(const fs::path& run) {
  std::vector<fs::path> files;
  for (const std::string_view name : kFiles) files.push_back(run / name);
  std::error_code error;  // a training may remove a checkpoint meanwhile
  for (fs::recursive_directory_iterator entry(run / "checkpoints", error), end; entry != end;
       entry.increment(error))
    files.push_back(entry->path());
  return files;
}

fs::path run_of_model(const fs::path& model) {
  fs::path folder = without_slash(model);
  if (is_run(folder)) return folder;
  if (!link_in_run(folder).empty()) return folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  const fs::path checkpoints = fs::weakly_canonical(folder).parent_path();
  const bool in_run = checkpoints.filename() == "checkpoints" && is_run(checkpoints.parent_path());
  return in_run ? checkpoints.parent_path() : fs::path();
}

}  // namespace mtnlp
