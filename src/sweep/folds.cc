#include "sweep/folds.h"

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/numbers.h"
#include "run/run_paths.h"
#include "sweep/children.h"
#include "sweep/work_folder.h"

namespace mtnlp {
namespace {

constexpr int kFoldsVersion = 1;
constexpr const char* kFoldOptions = "options.toml";

/// Returns how many folds `folder` is for.
size_t read_folds(const fs::path& folder) {
  const fs::path file = folder / kFolds;
  if (!is_folds(folder)) fail_input(folder.string(), ": is not a folder of folds (", kFolds, " is missing)");
  const Json json = read_json(file);
  if (const int version = json_require<int>(json, "version", file); version > kFoldsVersion)
    fail_input(file.string(), ": version is ", version, "; this mtnlp reads up to ", kFoldsVersion);
  const auto folds = json_require<size_t>(json, "folds", file);
  if (folds < 2 || folds > kMostFolds)
    fail_input(file.string(), ": \"folds\" is ", folds, "; valid are 2 to ", kMostFolds);
  return folds;
}

/// Says whether a run has been trained to its end.
bool is_done(const fs::path& results) {
  return fs::exists(results) && read_json(results).value("done", false);
}

}  // namespace

void create_folds(const fs::path& folder, size_t folds, const std::string& options) {
  create_work_folder(folder, [&](const fs::path& to) {
    write_file_atomic(to / kFoldOptions, options);
    const OrderedJson json = {{"version", kFoldsVersion}, {"folds", folds}};
    write_file_atomic(to / kFolds, json.dump(1) + "\n");  // last: a folder with it is one of folds
  });
}

FoldRuns train_folds(const fs::path& folder, const WordsOfCall& words) {
  const size_t folds = read_folds(folder);
  const Lock lock = lock_folder(folder);
  FoldRuns all;
  std::vector<Command> commands;
  for (size_t number = 1; number <= folds; ++number) {
    const std::string name = str("fold-", number);
    const fs::path run = folder / name, results = folder / (name + ".json");
    all.runs.push_back(run);
    all.results.push_back(results);
    if (is_done(results)) continue;
    wait_until_left(run);
    const TrainCall call{.options = folder / kFoldOptions,
                         .run = run,
                         .results = results,
                         .resume = is_run(run),
                         .score_test = true,
                         .fold = Fold{number, folds}};
    commands.push_back({name, words(call), folder / (name + ".log")});
  }
  run_children(commands, 1, [&](const Command& command, const Ending& ending) {
    if (ending.code != 0) throw failure_of(command.name, command.errors, ending);
    log_info(str(command.name, " of ", folds, " is trained, ", fixed_text(ending.seconds, 1), " s"));
  });
  return all;
}

}  // namespace mtnlp
