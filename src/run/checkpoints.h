// The checkpoints of a run, RUN/checkpoints/step-NNNNNN[-open], and which of them are its best and its last:
//   checkpoints.json    {"version", "best", "last"}: names below RUN/checkpoints, null for none yet; while a
//                       further one is written, "next" is its name
// The links RUN/best and RUN/last say the same for people and other tools; where links cannot be or got lost,
// the record alone counts. Runs of 0.1.0 have the links alone.
// On-disk format: read_named_checkpoints must go on reading what older versions wrote.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace mtnlp {

/// Returns "step-000135", or "step-000150-open" inside an epoch.
std::string checkpoint_name(uint64_t step, bool open);
/// Says whether a run gives its checkpoints such a name; `step`, if any, is told its number.
bool is_checkpoint_name(std::string_view name, uint64_t* step = nullptr);

/// Says whether `name` is one inside an epoch, or before its validation.
bool is_open_checkpoint(const std::string& name);
/// Says whether checkpoint `a` came before `b` in their run; an open one comes before that of the same step's
/// end.
bool is_before(const std::string& a, const std::string& b);
/// Returns the names of the checkpoints in `run` that are complete, the oldest first.
std::vector<std::string> all_checkpoints(const fs::path& run);

/// Writes files.json, which lists the other files of a checkpoint without heads with their checksums: such a one is
/// an encoder folder, and has no tasks.json.
void write_file_list(const fs::path& folder);
/// Throws Error naming the first file of files.json that is not as it was.
void require_listed_files(const fs::path& folder);

/// Says whether `folder` is a real folder, named as a run does it, that holds a checkpoint and nothing else:
/// what lies there may be removed. Never throws.
bool is_only_a_checkpoint(const fs::path& folder);

struct NamedCheckpoints {
  std::string best = {};  ///< empty before an epoch has ended
  std::string last = {};  ///< what --resume goes on from; empty before the first checkpoint
  std::string next = {};  ///< what a run was writing when it was interrupted, complete or not
  /// What was assumed of best and of last, a line for the user; empty when nothing had to be.
  std::string best_doubt = {}, last_doubt = {};
  bool operator==(const NamedCheckpoints&) const = default;
};

/// Which of a run's checkpoints must be there. To go on with a run needs the last, no other that is newer
/// (the run would write it anew), and a best: one that is gone is chosen anew from those that are left.
enum class Need { kBest, kLast, kBoth, kGoOn };

/// Returns what the record of `run` says; without one what its links say, or copies in their place, or that
/// there is but one checkpoint. Where one link is lost, the newest checkpoint is assumed to be the last, and
/// that with the best score in metrics.csv the best. Throws Error when the record is damaged, a checkpoint
/// that is needed is not there, or when nothing tells which of several checkpoints is which.
NamedCheckpoints read_named_checkpoints(const fs::path& run, Need need = Need::kBoth);
/// Writes the record atomically.
void write_named_checkpoints(const fs::path& run, const NamedCheckpoints& named);

/// Returns the checkpoint that the link RUN/`link` names, also where a copy made a file or a folder of it;
/// empty when it is not there or something else.
std::string linked_checkpoint(const fs::path& run, const std::string& link);
/// Returns what the user is told of RUN/`link` when it says something else than `named`; empty when it does
/// not.
std::string warning_of_link(const fs::path& run, const std::string& link, const NamedCheckpoints& named);
/// Points RUN/`link` at the checkpoint. What is not a link of a run stays as it is. False when RUN/`link`
/// does not name the checkpoint afterwards.
bool link_checkpoint(const fs::path& run, const std::string& link, const std::string& checkpoint);

/// Keeps the checkpoint `folder` from being removed by remove_checkpoint as long as the result lives. Null
/// when it is gone.
std::shared_ptr<void> hold_checkpoint(const fs::path& folder);
/// Removes `folder` atomically; false when a reader holds it. Throws Error of kSystem.
bool remove_checkpoint(const fs::path& folder);

}  // namespace mtnlp
