// What is checked of --task NAME=FILE before a file is read.
#pragma once

#include <string>

namespace mtnlp {

/// Throws Error unless `name` can be the name of a task: a column, a tensor and a word in tables.
void require_task_name(const std::string& name);

/// Throws Error unless `file` is a readable regular file, which can be read again in another process.
void require_data_file(const std::string& file);

}  // namespace mtnlp
