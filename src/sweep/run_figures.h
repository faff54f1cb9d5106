// The figures of several runs beside each other.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace mtnlp {

/// The figures of test parts, run after run.
class RunFigures {
 public:
  /// Adds those of a run, whose `results` are what `train --json` wrote.
  void add(const Json& results);

  /// Returns {TASK: {KEY: {"mean", "ci95"}}}: the mean over the runs, and half its 95 % interval.
  OrderedJson to_json() const;
  /// Returns a line for each task, with those of its figures that metrics.csv has, too.
  std::string text() const;

 private:
  std::map<std::string, std::map<std::string, std::vector<double>>> values_;  ///< by task and key
};

}  // namespace mtnlp
