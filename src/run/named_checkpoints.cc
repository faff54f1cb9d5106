// Which checkpoints of a run are its best and its last: checkpoints.json, else the links, else what follows
// from the checkpoints that are there.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/field.h"
#include "base/json.h"
#include "run/checkpoints.h"
#include "run/metrics_table.h"
#include "run/selection.h"

namespace mtnlp {
namespace {

constexpr int kCheckpointsVersion = 1;

fs::path record_of(const fs::path& run) {
  return run / "checkpoints.json";
}

bool has_record(const fs::path& run) {
  return fs::exists(fs::symlink_status(record_of(run)));
}

bool holds(const fs::path& run, const std::string& name) {
  return fs::is_directory(run / "checkpoints" / name);
}

std::string named_in(const Json& json, const char* key, const fs::path& file) {
  auto name = json_get<std::string>(json, key, "", file);
  if (!name.empty() && !is_checkpoint_name(name))
    fail_input(file.string(), ": \"", key, "\" is ", in_quotes(name),
               ", which is not a name of a checkpoint");
  return name;
}

NamedCheckpoints read_record(const fs::path& run) {
  const fs::path file = record_of(run);
  const Json json = read_json(file);
  if (const int version = json_require<int>(json, "version", file); version > kCheckpointsVersion)
    fail_input(file.string(), ": has format version ", version, "; this mtnlp reads up to ",
               kCheckpointsVersion);
  NamedCheckpoints named{named_in(json, "best", file), named_in(json, "last", file),
                         named_in(json, "next", file)};
  if (named.last.empty()) fail_input(file.string(), ": \"last\" is missing");
  return named;
}

/// Returns the first checkpoint that is needed and not there; empty when all are.
std::string missing_of(const fs::path& run, const NamedCheckpoints& named, Need need) {
  const bool best = need == Need::kBest || need == Need::kBoth;
  const bool last = need != Need::kBest || named.best.empty();
  if (best && !named.best.empty() && !holds(run, named.best)) return named.best;
  return last && !named.last.empty() && !holds(run, named.last) ? named.last : std::string();
}

/// Returns what a user can do without the checkpoint `missing`.
std::string way_out(const fs::path& run, const NamedCheckpoints& named, const std::string& missing) {
  if (missing != named.last && holds(run, named.last))
    return str("; the last is there: take ", (run / "last").string(), ", or go on with train ",
               field("resume"));
  if (missing != named.best && !named.best.empty() && holds(run, named.best))
    return str("; the best is there: take ", (run / "best").string(), ", or make ", named.best,
               " the \"last\" as well to go on from it");
  return {};
}

/// Returns the best of `names`, oldest first, as the training chooses it: the first with the highest score,
/// the newest where there are no scores. Empty when metrics.csv does not tell.
std::string best_of(const fs::path& run, const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? std::string() : names[0];
  try {
    const MetricsTable metrics = MetricsTable::read(run / "metrics.csv");
    const Selection selection = selection_of_run(run);
    std::string best;
    double best_score = -1;
    for (const std::string& name : names) {
      uint64_t step = 0;
      is_checkpoint_name(name, &step);
      const std::optional<size_t> row = metrics.row_at(step);
      if (!row) return {};
      const double score = selection.score(metrics, *row);
      if (!best.empty() && score <= best_score) continue;
      best = name;
      best_score = score;
    }
    return best;
  } catch (const Error&) {
    return {};
  }
}

/// Returns the checkpoints of ended epochs up to the last.
std::vector<std::string> ended_epochs(const fs::path& run, const NamedCheckpoints& named) {
  std::vector<std::string> names = all_checkpoints(run);
  std::erase_if(names, [&](const std::string& name) {
    return is_open_checkpoint(name) || is_before(named.last, name) || name == named.next;
  });
  return names;
}

[[noreturn]] void fail_ambiguous(const fs::path& run, const std::string& what, const std::string& link,
                                 const std::string& newest) {
  fail_input(run.string(), ": nothing says which of its ", what,
             " (neither checkpoints.json nor links); make the links again, as by ln -s checkpoints/", newest,
             " ", (run / link).string());
}

/// Chooses a best where none is named, or where that is gone.
void choose_best(const fs::path& run, NamedCheckpoints& named, Need need) {
  const std::string lost = named.best;
  const std::vector<std::string> ended = ended_epochs(run, named);
  const std::string why = lost.empty() ? "nothing says which checkpoint is the best (neither "
                                         "checkpoints.json nor the link best)"
                                       : "its best checkpoint, " + lost + ", is gone";
  named.best = best_of(run, ended);
  if (!named.best.empty()) {
    const char* how = ended.size() == 1 ? ", the only one after an epoch, is taken for it"
                                        : ", of those that are left the best in metrics.csv, is taken for it";
    if (!lost.empty() || all_checkpoints(run).size() > 1)
      named.best_doubt = str(run.string(), ": ", why, "; ", named.best, how);
  } else if (!ended.empty() && need != Need::kLast) {
    if (lost.empty())
      fail_ambiguous(run, str(ended.size(), " checkpoints is the best"), "best", ended.back());
    fail_input(run.string(), ": ", why, ", and metrics.csv does not tell which of the ", ended.size(),
               " others is the best; name it in ", record_of(run).string());
  } else if (ended.empty() && !lost.empty()) {
    named.best_doubt = str(run.string(), ": ", why, "; no other is after an epoch, so the next epoch's is");
  }
}

void choose_last(const fs::path& run, NamedCheckpoints& named) {
  const std::vector<std::string> all = all_checkpoints(run);
  named.last = all.empty() ? named.best : all.back();
  if (all.size() > 1)
    named.last_doubt = str(run.string(),
                           ": nothing says which checkpoint is the last (neither checkpoints.json nor the "
                           "link last); the newest, ",
                           named.last, ", is taken for it");
}

NamedCheckpoints read_links(const fs::path& run, Need need) {
  for (const char* link : {"best", "last"})
    if (fs::exists(fs::symlink_status(run / link)) && linked_checkpoint(run, link).empty())
      fail_input((run / link).string(), ": is not one of the checkpoints in ",
                 (run / "checkpoints").string());
  NamedCheckpoints named{linked_checkpoint(run, "best"), linked_checkpoint(run, "last")};
  if (named.best.empty() && named.last.empty()) {
    const std::vector<std::string> all = all_checkpoints(run);
    if (all.size() > 1)
      fail_ambiguous(run, str(all.size(), " checkpoints are the best and the last"), "last", all.back());
    if (!all.empty()) named = {is_open_checkpoint(all[0]) ? std::string() : all[0], all[0]};
  } else if (named.last.empty()) {
    choose_last(run, named);
  } else if (named.best.empty()) {
    choose_best(run, named, need);
  }
  if (const std::string missing = missing_of(run, named, need); !missing.empty())
    fail_input(run.string(), ": the link to ", missing, " points at nothing", way_out(run, named, missing));
  return named;
}

NamedCheckpoints read_names(const fs::path& run, Need need) {
  while (has_record(run)) {
    NamedCheckpoints named = read_record(run);
    const std::string missing = missing_of(run, named, need);
    if (missing.empty()) return named;
    // A training beside us may have gone on between the two looks.
    if (read_record(run) == named)
      fail_input(record_of(run).string(), ": names ", missing, ", which is not in ",
                 (run / "checkpoints").string(), way_out(run, named, missing));
  }
  return read_links(run, need);
}

/// Throws Error when there are checkpoints newer than the last: a run writes its checkpoints anew from the
/// last on, and removes those that it has passed.
void refuse_newer(const fs::path& run, const NamedCheckpoints& named) {
  const std::vector<std::string> all = all_checkpoints(run);
  const auto newer = std::ranges::find_if(
      all, [&](const std::string& name) { return is_before(named.last, name) && name != named.next; });
  if (newer == all.end()) return;
  fail_input(run.string(), ": holds ", *newer, ", which is newer than its last checkpoint, ", named.last,
             "; to go on from the newer one, ",
             has_record(run) ? "make it the \"last\" in checkpoints.json" : "point the link last at it",
             "; to go on from the older one, move the newer out of ", (run / "checkpoints").string());
}

}  // namespace

NamedCheckpoints read_named_checkpoints(const fs::path& run, Need need) {
  NamedCheckpoints named = read_names(run, need);
  if (need != Need::kGoOn || named.last.empty()) return named;
  refuse_newer(run, named);
  if (!named.best.empty() && !holds(run, named.best)) choose_best(run, named, need);
  return named;
}

void write_named_checkpoints(const fs::path& run, const NamedCheckpoints& named) {
  const auto or_null = [](const std::string& name) {
    return name.empty() ? OrderedJson() : OrderedJson(name);
  };
  OrderedJson json = {
      {"version", kCheckpointsVersion}, {"best", or_null(named.best)}, {"last", or_null(named.last)}};
  if (!named.next.empty()) json["next"] = named.next;
  write_file_atomic(record_of(run), json.dump(2) + "\n");
}

}  // namespace mtnlp
