#include "data/given_files.h"

#include "base/error.h"
#include "base/field.h"
#include "base/files.h"
#include "base/printable.h"
#include "base/words.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

constexpr size_t kLongestTaskName = 200;  ///< in bytes; it is a column, a tensor and a word of tables

/// Returns what `file` is instead of a file that can be found again; empty for one that can.
std::string why_not_found_again(const std::string& file) {
  std::error_code error;
  const fs::file_type type = fs::status(file, error).type();
  if (type == fs::file_type::fifo) return "a pipe";
  if (type == fs::file_type::socket) return "a socket";
  if (type != fs::file_type::regular) return "a device";
  const std::string path = fs::path(file).lexically_normal().string();
  const bool open_here =
      path.starts_with("/dev/std") || path.starts_with("/dev/fd/") || path.starts_with("/proc/");
  return open_here ? "a name of what is open in this process" : "";
}

}  // namespace

TaskFile parse_task_file(const std::string& name, const std::string& file) {
  const size_t colon = file.rfind(':');
  if (colon == std::string::npos) return {name, file};
  const std::string before = file.substr(0, colon), after = file.substr(colon + 1);
  std::vector<std::string> kinds;
  for (const TaskKind* kind : task_kinds()) {
    if (kind == &default_task_kind()) continue;
    if (kind->name() == after) return {name, before, kind};
    kinds.push_back(kind->name());
  }
  if (!fs::exists(file) && fs::exists(before))
    fail_input(file, ": is not a file, and ", shown(after),
               " is not a kind of task; valid are: ", join(kinds), did_you_mean(after, kinds));
  return {name, file};
}

std::string task_file_text(const Task& task, const std::string& file) {
  const std::string text = task.name + "=" + file;
  return task.kind == &default_task_kind() ? text : text + ":" + task.kind->name();
}

void require_task_name(const std::string& name) {
  if (printable(name) != name)
    fail_input(field("task"), ": the name ", shown(name), " holds characters that cannot be shown");
  if (name.size() > kLongestTaskName)
    fail_input(field("task"), ": the name ", shown(name), " has ", name.size(), " bytes; at most ",
               kLongestTaskName, " are valid");
}

void require_data_file(const std::string& file) {
  const std::string valid =
      "; data must be a regular file: they are read again by train " + field("resume") + " and eval";
  if (file == "-" && !fs::exists(file)) fail_input("-: is not a file", valid);
  require_file(file);
  if (const std::string what = why_not_found_again(file); !what.empty())
    fail_input(file, ": is ", what, valid);
}

}  // namespace mtnlp
