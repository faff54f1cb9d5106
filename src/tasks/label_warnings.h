// What the reader of labels doubts, each kind in one line of bounded length: labels that look alike or like no
// label, columns that hold none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/task.h"

namespace mtnlp {

/// Longer labels, in bytes, are texts: they are not compared with each other.
inline constexpr size_t kLongestLabel = 1000;

/// Says whether `label` is one of the words that tables carry where a value is missing ("nan", "N/A", "-").
bool stands_for_missing(std::string_view label);

/// Returns pairs of `labels` that are different and yet look the same to a person, or are equal numbers: one
/// line for each way in which they do, with three pairs and a count.
std::vector<std::string> look_alikes(const std::vector<std::string>& labels);

/// Returns one line, with three examples and a count, for each kind of doubt about the labels of `task`.
/// `rows`: of each label. `chosen`: the user named the labels, so that none of them stands for a missing one.
/// `no_labels`: DatasetOptions::missing_labels, which the option that is proposed repeats.
std::vector<std::string> label_warnings(const Task& task, const std::vector<size_t>& rows, bool chosen,
                                        const std::vector<std::string>& no_labels = {});

/// Returns one line with the labels of `task` that have none of the `rows`; none where each has one.
std::vector<std::string> label_gaps(const Task& task, const std::vector<size_t>& rows);

}  // namespace mtnlp
