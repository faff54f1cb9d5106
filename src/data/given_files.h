// What is checked of --task NAME=FILE before a file is read.
#pragma once

#include <string>

#include "data/dataset.h"

namespace mtnlp {

/// Returns what `NAME=FILE` or `NAME=FILE:KIND` says; a kind that is not the default is named so. Throws Error where
/// something else than a kind stands behind a file.
TaskFile parse_task_file(const std::string& name, const std::string& file);

/// Returns `NAME=FILE` or `NAME=FILE:KIND`, as parse_task_file takes it.
std::string task_file_text(const Task& task, const std::string& file);

/// Throws Error unless `name` can be the name of a task: a column, a tensor and a word in tables.
void require_task_name(const std::string& name);

/// Throws Error unless `file` is a readable regular file, which can be read again in another process.
void require_data_file(const std::string& file);

}  // namespace mtnlp
