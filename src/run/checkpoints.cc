// Names of checkpoints, the links to them, and their locks. A name says the step and whether the epoch was
// open, so that checkpoints are ordered without being opened. What does not have such a name is not ours to
// remove.
#include "run/checkpoints.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/lock.h"
#include "base/numbers.h"

namespace mtnlp {
namespace {

constexpr std::string_view kPrefix = "step-", kOpen = "-open";
constexpr const char* kFileList = "files.json";

/// Returns the file that lists all others of a checkpoint.
fs::path list_of(const fs::path& checkpoint) {
  for (const char* name : {"tasks.json", kFileList})
    if (fs::exists(checkpoint / name)) return checkpoint / name;
  return checkpoint / "tasks.json";
}

fs::path folder_of(const fs::path& run, const std::string& name) {
  return run / "checkpoints" / name;
}

/// Returns the name of the checkpoint of the run that a link at `link` to `target` names.
std::string name_in_link(const fs::path& link, const fs::path& target) {
  const std::string name = target.filename().string();
  if (!is_checkpoint_name(name)) return {};
  const fs::path inside = fs::path("checkpoints") / name;
  std::error_code error;
  const bool ours =
      target == inside || fs::equivalent(link.parent_path() / target, link.parent_path() / inside, error);
  return ours ? name : std::string();
}

/// Does the same as name_in_link for a link that a copy made a file of, as archives do where links cannot be.
std::string name_in_file(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error || size > 100 ? std::string() : name_in_link(file, read_file(file));
}

/// Returns the checkpoint that a folder is a copy of, as where links were followed.
std::string name_of_copy(const fs::path& run, const fs::path& folder) {
  const fs::path list = list_of(folder);
  if (!fs::is_regular_file(list)) return {};
  const std::string content = read_file(list);  // with the checksums of all else
  for (const std::string& name : all_checkpoints(run))
    if (read_file(list_of(folder_of(run, name))) == content) return name;
  return {};
}

}  // namespace

std::vector<std::string> all_checkpoints(const fs::path& run) {
  std::vector<std::string> names;
  std::error_code error;  // a run folder may have none
  for (const auto& entry : fs::directory_iterator(run / "checkpoints", error))
    if (const std::string name = entry.path().filename().string();
        is_checkpoint_name(name) && fs::exists(list_of(entry.path())))
      names.push_back(name);
  std::ranges::sort(names, is_before);
  return names;
}

bool is_before(const std::string& a, const std::string& b) {
  uint64_t step_a = 0, step_b = 0;
  is_checkpoint_name(a, &step_a);
  is_checkpoint_name(b, &step_b);
  return std::pair(step_a, !is_open_checkpoint(a)) < std::pair(step_b, !is_open_checkpoint(b));
}

bool is_open_checkpoint(const std::string& name) {
  return name.ends_with(kOpen);
}

std::string checkpoint_name(uint64_t step, bool open) {
  char name[40];
  std::snprintf(name, sizeof name, "step-%06llu%s", static_cast<unsigned long long>(step),
                open ? "-open" : "");
  return name;
}

bool is_checkpoint_name(std::string_view name, uint64_t* step) {
  if (!name.starts_with(kPrefix)) return false;
  const bool open = name.ends_with(kOpen);
  const std::string_view digits =
      name.substr(kPrefix.size(), name.size() - kPrefix.size() - (open ? kOpen.size() : 0));
  const auto number = parse_number<uint64_t>(digits);
  if (!number || checkpoint_name(*number, open) != name) return false;
  if (step != nullptr) *step = *number;
  return true;
}

void write_file_list(const fs::path& folder) {
  Json checksums = Json::object();
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      checksums[fs::relative(entry.path(), folder).generic_string()] = file_checksum(entry.path());
  const Json json = {{"format_version", 1}, {"checksums", checksums}};
  write_file(folder / kFileList, json.dump(2) + "\n");
}

void require_listed_files(const fs::path& folder) {
  const fs::path list = folder / kFileList;
  const Json json = read_json(list);
  if (const int version = json_require<int>(json, "format_version", list); version > 1)
    fail_input(list.string(), ": format_version is ", version, "; this mtnlp reads up to 1");
  using Map = std::map<std::string, std::string>;
  for (const auto& [name, expected] : json_require<Map>(json, "checksums", list))
    if (const std::string found = file_checksum(folder / name); found != expected)
      fail_input((folder / name).string(), ": the checksum is ", found, ", expected ", expected,
                 "; the file is damaged");
}

bool is_only_a_checkpoint(const fs::path& folder) try {
  if (!is_checkpoint_name(folder.filename().string()) || !fs::is_directory(fs::symlink_status(folder)))
    return false;
  const fs::path list = list_of(folder);
  const Json content = read_json(list);
  const Json& files = content.at("checksums");
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (fs::is_directory(entry.symlink_status()) || is_temporary(entry.path())) continue;
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (!entry.is_regular_file() || entry.is_symlink() || (name != list.filename() && !files.contains(name)))
      return false;
  }
  return true;
} catch (const std::exception&) {  // no readable checkpoint
  return false;
}

std::string linked_checkpoint(const fs::path& run, const std::string& link) {
  const fs::path path = run / link;
  const fs::file_status status = fs::symlink_status(path);
  if (fs::is_symlink(status)) return name_in_link(path, fs::read_symlink(path));
  if (fs::is_regular_file(status)) return name_in_file(path);
  return fs::is_directory(status) ? name_of_copy(run, path) : std::string();
}

std::string warning_of_link(const fs::path& run, const std::string& link, const NamedCheckpoints& named) {
  const std::string& name = link == "best" ? named.best : named.last;
  if (name.empty() || !fs::exists(fs::symlink_status(run / link)) || linked_checkpoint(run, link) == name)
    return {};
  return str((run / link).string(), ": is not ", name, ", which is the ", link,
             " checkpoint by checkpoints.json; that is what is taken");
}

bool link_checkpoint(const fs::path& run, const std::string& link, const std::string& checkpoint) {
  const fs::path path = run / link;
  const fs::path target = fs::path("checkpoints") / checkpoint;
  const fs::file_status status = fs::symlink_status(path);
  const bool is_link = fs::is_symlink(status);
  if (is_link && fs::read_symlink(path) == target) return true;
  const bool ours =
      !fs::exists(status) || is_link || (fs::is_regular_file(status) && !name_in_file(path).empty());
  if (!ours) return linked_checkpoint(run, link) == checkpoint;
  try {
    swap_link(path, target);
  } catch (const Error&) {
    return false;
  }
  return true;
}

std::shared_ptr<void> hold_checkpoint(const fs::path& folder) {
  auto held = std::make_shared<Lock>(folder, Lock::Kind::kShared, Lock::Wait::kYes);
  if (!held->is_open() && errno != ENOENT) return held;  // whoever reads it says why it cannot be read
  return held->is_open() && held->is_still(folder) ? held : nullptr;
}

bool remove_checkpoint(const fs::path& folder) {
  const Lock lock(folder, Lock::Kind::kAlone);
  if (!lock.is_granted()) return false;
  remove_folder_atomic(folder);
  return true;
}

}  // namespace mtnlp
