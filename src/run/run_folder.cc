#include "mtnlp/run/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <utility>

#include "mtnlp/base/error.h"
#include "mtnlp/base/log.h"
#include "mtnlp/data/row_reader.h"

namespace mtnlp {
namespace {

/// All that a run writes; --overwrite removes nothing else.
constexpr std::array<std::string_view, 9> kEntries = {"options.toml", "metrics.csv", "sources.json",
                                                      "split.csv",    "test.json",   "train.log",
                                                      "checkpoints",  "best",        "last"};

/// "runs/demo/" names the same folder as "runs/demo", but has no file name.
fs::path without_slash(const fs::path& path) {
  return path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
}

bool is_run(const fs::path& folder) {
  return fs::is_directory(folder / "checkpoints");
}

/// What a link points at, one step; any other path itself.
fs::path follow(const fs::path& path) {
  return fs::is_symlink(path) ? path.parent_path() / fs::read_symlink(path) : path;
}

}  // namespace

void RunFolder::require_free(const fs::path& folder, bool overwrite) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) fail_input(folder.string(), ": is a file, not a folder for a run");
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!overwrite) fail_input(folder.string(), ": exists already; choose another folder, or --overwrite it");
    if (std::find(kEntries.begin(), kEntries.end(), name) == kEntries.end() && !is_temporary(entry.path()))
      fail_input(folder.string(), ": holds ", name,
                 ", which is no part of a run, and is not overwritten; choose another folder");
  }
  if (error) fail_input(folder.string(), ": cannot be read: ", error.message());
}

RunFolder RunFolder::create(const fs::path& folder, bool overwrite) {
  RunFolder run(without_slash(folder));
  require_free(run.path_, overwrite);
  std::error_code error;
  fs::create_directories(run.path_, error);
  if (error) fail_system(run.path_.string(), ": cannot be written: ", error.message());
  run.lock();
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(run.path_, error)) old.push_back(entry.path());
  for (const fs::path& entry : old)
    if (!error) fs::remove_all(entry, error);
  if (!error) fs::create_directories(run.path_ / "checkpoints", error);
  if (error) fail_system(run.path_.string(), ": cannot be written: ", error.message());
  return run;
}

RunFolder RunFolder::go_on(const fs::path& folder) {
  RunFolder run = open(folder);
  run.lock();
  return run;
}

/// flock on the folder itself: it ends with the process, however that ends. A file system without it is none
/// of our concern.
void RunFolder::lock() {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  lock_ = std::shared_ptr<void>(nullptr, [fd](void*) { ::close(fd); });
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    fail_input(path_.string(), ": another process is training in this run");
}

RunFolder RunFolder::open(const fs::path& folder) {
  if (!is_run(folder))
    fail_input(folder.string(),
               fs::exists(folder) ? ": is no run folder (it has no checkpoints)" : ": no such folder");
  return RunFolder(without_slash(folder));
}

fs::path RunFolder::default_path() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char name[32];
  std::strftime(name, sizeof name, "%Y%m%d-%H%M%S", &local);
  fs::path path = fs::path("runs") / name;
  for (int copy = 2; fs::exists(path); ++copy) path = fs::path("runs") / str(name, "-", copy);
  return path;
}

void RunFolder::add_checkpoint(uint64_t step, Milestone milestone,
                               const std::function<void(const fs::path&)>& fill) const {
  char name[32];
  std::snprintf(name, sizeof name, "step-%06llu%s", static_cast<unsigned long long>(step),
                milestone == Milestone::kOpenEpoch ? "-open" : "");
  const fs::path target = fs::path("checkpoints") / name;
  if (!fs::exists(path_ / target)) write_folder_atomic(path_ / target, fill);
  // `last` comes second: a run goes on from it, and then names its best again.
  if (milestone == Milestone::kBest) swap_link(best(), target);
  swap_link(last(), target);
  remove_unnamed();
}

void RunFolder::remove_unnamed() const {
  std::vector<fs::path> unnamed;
  for (const auto& entry : fs::directory_iterator(path_ / "checkpoints")) {
    const bool named = std::ranges::any_of(std::array{best(), last()}, [&](const fs::path& link) {
      return fs::is_symlink(link) && fs::read_symlink(link).filename() == entry.path().filename();
    });
    if (!named && !is_temporary(entry.path())) unnamed.push_back(entry.path());
  }
  for (const fs::path& checkpoint : unnamed) remove_folder_atomic(checkpoint);
}

void RunFolder::remove_leftovers() const {
  remove_temporaries(path_);
  remove_temporaries(path_ / "checkpoints");
  remove_unnamed();
}

void RunFolder::link_latest() const {
  const fs::path run = fs::weakly_canonical(path_);
  const fs::path latest = run.parent_path() / "latest";
  if (latest == run || (fs::exists(fs::symlink_status(latest)) && !fs::is_symlink(latest))) return;
  try {
    swap_link(latest, run.filename());
  } catch (const Error& error) {
    log_warning(error.what());
  }
}

void MetricsTable::add_row(std::vector<std::string> cells) {
  if (cells.size() != columns_.size())
    fail_system("a row of metrics has ", cells.size(), " cells for ", columns_.size(), " columns");
  rows_.push_back(std::move(cells));
}

void MetricsTable::write(const fs::path& file) const {
  std::string text = csv_line(columns_);
  for (const auto& row : rows_) text += csv_line(row);
  write_file_atomic(file, text);
}

MetricsTable MetricsTable::read(const fs::path& file) {
  const auto reader = open_rows(file.string(), {.format = RowFormat::kCsv});
  if (reader->columns().empty()) fail_input(file.string(), ": is empty; a table of metrics is expected");
  MetricsTable table(reader->columns());
  for (Row row; reader->next(row);) table.rows_.push_back(row.fields);
  return table;
}

fs::path resolve_model(const fs::path& model) {
  const fs::path folder = without_slash(model);
  if (!fs::exists(folder)) fail_input(folder.string(), ": no such folder");
  if (!fs::is_directory(folder)) fail_input(folder.string(), ": is a file; a model is a folder");
  if (!is_run(folder)) {
    const fs::path target = follow(folder);
    return target.parent_path().filename() == "checkpoints" ? target : folder;
  }
  for (const char* link : {"best", "last"})
    if (fs::exists(folder / link)) return follow(folder / link);
  fail_input(folder.string(), ": is a run without a checkpoint yet");
}

fs::path run_of_model(const fs::path& model) {
  if (is_run(model)) return without_slash(model);
  const fs::path checkpoints = fs::weakly_canonical(without_slash(model)).parent_path();
  const bool in_run = checkpoints.filename() == "checkpoints" && is_run(checkpoints.parent_path());
  return in_run ? checkpoints.parent_path() : fs::path();
}

}  // namespace mtnlp
