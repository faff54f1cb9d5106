// The options of a verb in a run: options.toml, and the identity that --resume compares.
#pragma once

#include <optional>
#include <vector>

#include "base/files.h"
#include "base/log.h"
#include "cli/option_table.h"
#include "run/options_file.h"
#include "run/run_folder.h"
#include "train/options.h"

namespace mtnlp::cli {

/// Returns the options for options.toml: each with its value or default; those that have neither are left
/// out.
std::vector<StoredOption> stored_options(const VerbTable& verb);

/// Returns the options that shape the result, with their values; when not `given`, with their defaults
/// instead.
OptionValues identity(const VerbTable& verb, bool given = true);

/// Throws Error, beginning with `place`, for an option that has a value without what it needs, or beside what it excludes.
/// Only now, since it may stand in another place than what it needs: on the command line, in a file, in a grid.
void require_fitting(const VerbTable& verb, const std::string& place = "");

/// Sets the options of `verb` that were not on the command line to the values in `stored`, which were read
/// from `file`; those that the command line excludes fall away. Throws Error naming the line of an option that is unknown
/// or not valid, and as require_fitting.
void take_options(VerbTable& verb, const std::vector<StoredOption>& stored, const fs::path& file);

/// Sets the options of `verb` to the values that those of the same name got on the command line of `given`, but for
/// those that are not stored.
void take_given(VerbTable& verb, const VerbTable& given);

/// Throws Error for a value that is not UTF-8, which options.toml cannot hold.
void require_utf8(const VerbTable& verb);

/// The options of a verb with runs, which `add` adds, parsed anew from `stored`; those that were on the command line
/// of `given` count before them.
template <typename Arguments>
class StoredVerb {
 public:
  StoredVerb(VerbTable& (*add)(VerbTable& root, Arguments& arguments),
             const std::vector<StoredOption>& stored, const fs::path& file, const VerbTable* given = nullptr)
      : root_(make_table(app_)), verb_(add(root_, arguments_)) {
    if (given != nullptr) take_given(verb_, *given);
    take_options(verb_, stored, file);
  }
  const Arguments& arguments() const { return arguments_; }
  const VerbTable& verb() const { return verb_; }

 private:
  CLI::App app_;
  VerbTable root_;
  Arguments arguments_;
  VerbTable& verb_;
};

/// Returns the options in the table of `run`'s options.toml. Throws Error when there are none.
std::vector<StoredOption> options_of_run(const RunFolder& run, const std::string& table);

/// Returns what a resumed run must share with its beginning, of a verb parsed from the run's options alone (`before`), and
/// with the command line (`now`). Throws Error for an option that may not change and has.
ResumeOptions resume_options(const fs::path& run, const VerbTable& before, const VerbTable& now);

/// A run of a verb to be resumed, with the options it began with and those that `given`, the command line, may change.
template <typename Arguments>
class ResumedVerb {
 public:
  ResumedVerb(VerbTable& (*add)(VerbTable& root, Arguments& arguments), const fs::path& folder,
              const VerbTable& given, const std::string& table)
      : run_(RunFolder::go_on(folder)),
        stored_(options_of_run(run_, table)),
        now_(add, stored_, run_.file("options.toml"), &given) {
    const StoredVerb<Arguments> before(add, stored_, run_.file("options.toml"));
    resume_ = resume_options(run_.path(), before.verb(), now_.verb());
  }
  const Arguments& arguments() const { return now_.arguments(); }
  const VerbTable& verb() const { return now_.verb(); }
  const ResumeOptions& resume() const { return resume_; }

  /// Removes what the stopped process left half-written, goes on with the run's log, and returns the folder.
  RunFolder take() {
    run_.remove_leftovers();
    log_.emplace(run_.file("train.log"), /*append=*/true);
    log_info("resuming run folder " + run_.path().string());
    return run_;
  }

 private:
  RunFolder run_;
  std::vector<StoredOption> stored_;
  StoredVerb<Arguments> now_;
  ResumeOptions resume_;
  std::optional<ScopedLogFile> log_;
};

}  // namespace mtnlp::cli
