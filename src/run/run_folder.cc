// A checkpoint is written whole under its name before checkpoints.json names it, and the links follow the
// record; the one before is removed last. Interrupted at any point, the run has a complete last checkpoint.
// Only names that a run gives are ever removed, and never through a link.
#include "run/run_folder.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/field.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/printable.h"
#include "run/run_paths.h"

namespace mtnlp {
namespace {

/// The files that a run writes beside its checkpoints.
constexpr std::array<std::string_view, 8> kFiles = {"options.toml",     "metrics.csv", "sources.json",
                                                    "split.csv",        "earlier.csv", "test.json",
                                                    "checkpoints.json", "train.log"};

bool is_real_folder(const fs::path& path) {
  return fs::is_directory(fs::symlink_status(path));
}

/// Whether a run may have written `entry` of its folder; --overwrite removes nothing else.
bool is_of_a_run(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  const fs::file_status status = entry.symlink_status();
  if (is_temporary(entry.path())) return true;
  if (name == "checkpoints" || name == kTokens) return fs::is_directory(status);
  if (std::ranges::find(kFiles, name) != kFiles.end()) return fs::is_regular_file(status);
  if (std::ranges::find(kLinks, name) == kLinks.end()) return false;
  return fs::is_symlink(status) ||
         (fs::is_regular_file(status) && !linked_checkpoint(entry.path().parent_path(), name).empty());
}

/// Returns why `folder` is not to be overwritten; empty when a run wrote all that it holds.
std::string why_not_a_run(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!is_of_a_run(entry)) return str("holds ", printable(name), ", which is not a part of a run");
    if (!is_temporary(entry.path())) names.insert(name);
  }
  if (names.empty()) return {};
  if (!names.contains("checkpoints")) return str("holds ", *names.begin(), ", but no checkpoints of a run");
  for (const auto& entry : fs::directory_iterator(folder / "checkpoints"))
    if (!is_temporary(entry.path()) && !is_only_a_checkpoint(entry.path()))
      return str("holds checkpoints/", printable(entry.path().filename().string()),
                 ", which is not a part of a run");
  // A run writes its options before all but its log.
  for (const char* name : {"metrics.csv", "sources.json", "split.csv", "earlier.csv", "test.json"})
    if (names.contains(name) && !names.contains("options.toml"))
      return str("holds ", name, ", but no options.toml of a run");
  return {};
}

/// Returns the name of what was to be written: ".mtnlp-tmp-best-0123456789abcdef" → "best".
std::string name_of_temporary(const fs::path& temporary) {
  std::string name = temporary.filename().string();
  name.resize(name.rfind('-'));
  constexpr std::string_view kStart = "-tmp-";
  return name.substr(std::min(name.find(kStart) + kStart.size(), name.size()));
}

bool is_name_of_a_run(const std::string& name) {
  return name == kTokens || std::ranges::find(kFiles, name) != kFiles.end() ||
         std::ranges::find(kLinks, name) != kLinks.end();
}

/// Removes the temporaries of what a run writes: another process may be writing an output of its own beside
/// it.
void remove_temporaries_of(const fs::path& folder, const std::function<bool(const std::string&)>& is_ours) {
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder))
    if (is_temporary(entry.path())) left.push_back(entry.path());
  for (const fs::path& path : left)
    if (std::error_code ignored; is_ours(name_of_temporary(path))) fs::remove_all(path, ignored);
}

[[noreturn]] void fail_to_write(const fs::path& folder, const std::error_code& error) {
  fail_system(folder.string(), ": cannot be written: ", error.message());
}

}  // namespace

struct RunFolder::Shared {
  Lock lock;
  NamedCheckpoints named;
  std::set<std::string> warned;  ///< warnings that were printed, so that each is printed once

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
  if (!overwrite)
    fail_input(folder.string(), ": exists already; choose another folder, or ", field("overwrite"), " it");
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

/// Leaves nothing but the empty checkpoints folder, which goes last: without it the rest is not a run.
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

RunFolder RunFolder::go_on(const fs::path& folder) try {
  RunFolder run = open(folder);
  run.lock();
  run.shared_->named = read_named_checkpoints(run.path_, Need::kGoOn);
  return run;
} catch (const fs::filesystem_error& error) {
  fail_to_read(error);
}

void RunFolder::lock() {
  shared_->lock = Lock(path_, Lock::Kind::kAlone);
  if (!shared_->lock.is_granted()) fail_input(path_.string(), ": another process is training in this run");
}

RunFolder RunFolder::open(const fs::path& folder) {
  if (!is_run(folder))
    fail_input(folder.string(),
               fs::exists(folder) ? ": is not a run folder (it has no checkpoints)" : ": no such folder");
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
    if (!named.last.empty()) {  // so that whoever goes on knows whose it is
      named.next = name;
      write_named_checkpoints(path_, named);
    }
    write_folder_atomic(folder, fill);
    log_debug(folder.string() + ": written");
  }
  named.next.clear();
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
  NamedCheckpoints& named = shared_->named = read_named_checkpoints(path_, Need::kGoOn);
  const bool assumed = !named.best_doubt.empty() || !named.last_doubt.empty();
  for (const std::string& doubt : {named.best_doubt, named.last_doubt})
    if (!doubt.empty()) shared_->warn_once(doubt);
  if (!assumed && !named.last.empty())
    for (const char* link : kLinks)
      if (const std::string warning = warning_of_link(path_, link, named); !warning.empty())
        shared_->warn_once(warning);
  named.best_doubt.clear();
  named.last_doubt.clear();
  remove_temporaries_of(path_, is_name_of_a_run);
  if (is_real_folder(path_ / "checkpoints"))
    remove_temporaries_of(path_ / "checkpoints",
                          [](const std::string& name) { return is_checkpoint_name(name); });
  for (const std::string& name : {named.best, named.last})
    if (!name.empty() && is_real_folder(path_of(path_, name)))
      remove_temporaries_of(path_of(path_, name),
                            [](const std::string& file) { return file == "tasks.json"; });
  if (!named.next.empty() && named.next != named.last && named.next != named.best &&
      is_only_a_checkpoint(path_of(path_, named.next)))
    remove_folder_atomic(path_of(path_, named.next));  // complete, but it was not named yet
  if (assumed) write_named_checkpoints(path_, named);
  link_named();
  remove_old_checkpoints();
}

void RunFolder::remove_unless_begun() const {
  if (shared_->named.last.empty()) remove_folder_atomic(path_);
}

void RunFolder::link_latest() const try {
  const fs::path run = resolved(path_);
  const fs::path latest = run.parent_path() / "latest";
  if (latest == run || (fs::exists(fs::symlink_status(latest)) && !fs::is_symlink(latest))) return;
  swap_link(latest, run.filename());
} catch (const Error& error) {
  shared_->warn_once(one_line(error.whole()));
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

}  // namespace mtnlp
