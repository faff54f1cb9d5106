#include <algorithm>
#include <iterator>

#include "cli/cli.h"
#include "cli/rows_to_score.h"
#include "cli/stored_options.h"
#include "cli/train.h"
#include "data/given_files.h"
#include "run/run_paths.h"

namespace mtnlp::cli {
namespace {

struct DistillArguments {
  std::string teacher;  ///< run folder; empty with --resume
  TrainArguments train;
};

/// Says whether `option`, without the leading dashes, is one of which a student has its own, whatever its teacher was
/// trained with.
bool is_own(const std::string& option) {
  constexpr const char* kOwn[] = {"encoder",     "init",   "drop-labels", "random-weights",
                                  "keep-layers", "freeze", "fold",        "soft",
                                  "teacher",     "text",   "soft-weight", "soft-temperature"};
  return std::ranges::find(kOwn, option) != std::end(kOwn);
}

constexpr const char* kFiles[] = {"task", "validation", "test"};  ///< options by Part

bool is_file(const std::string& option) {
  return std::ranges::find(kFiles, option) != std::end(kFiles);
}

/// Returns the files of `record` as values of these options.
std::vector<StoredOption> files_of(const SplitRecord& record) {
  std::vector<StoredOption> options;
  for (const char* name : kFiles) options.push_back({name, {}});
  const Dataset& data = record.dataset;
  for (size_t task = 0; task < data.tasks.size(); ++task)
    for (const Source& source : data.sources)
      if (std::ranges::find(source.tasks, task) != source.tasks.end())
        options[static_cast<size_t>(source.part.value_or(Part::kTrain))].values.push_back(
            task_file_text(data.tasks[task], source.file));
  return options;
}

/// Returns what options.toml of a run has under `name`, none when it is not there.
std::vector<std::string> stored_values(const std::vector<StoredOption>& options, const std::string& name) {
  const auto found = std::ranges::find(options, name, &StoredOption::name);
  return found == options.end() ? std::vector<std::string>() : found->values;
}

/// The model to learn from.
struct Teacher {
  explicit Teacher(const std::string& model)
      : name(model), checkpoint(resolve_model(model)), options_file(run_of_model(model) / "options.toml") {
    if (run_of_model(model).empty() || !fs::exists(options_file))
      fail_input(model, ": is not a run of mtnlp train, whose rows and options a student takes");
  }
  std::string name;  ///< as given
  ModelFolder checkpoint;
  fs::path options_file;  ///< of its run
};

/// Returns the options that a student of `teacher` has unless its command line, `given`, has others: what shaped the run of the
/// teacher, its files where the run recorded them and its split among it, and what makes it a student.
std::vector<StoredOption> options_of_student(const Teacher& teacher, VerbTable& given) {
  const std::vector<StoredOption> all = read_options(teacher.options_file);
  const std::vector<std::string> free = names_in_run(given, InRun::kFree);
  const ModelSettings settings = read_checkpoint_settings(teacher.checkpoint);
  std::vector<StoredOption> options;
  for (const StoredOption& option : all)
    if (!is_file(option.name) && !is_own(option.name) && std::ranges::count(free, "--" + option.name) == 0)
      options.push_back(option);
  const bool embedded = stored_values(all, "task").empty();
  if (!embedded && option_of(given, "--task").parsed->count() == 0)
    std::ranges::move(files_of(record_of_run(teacher.name, teacher.checkpoint, settings)),
                      std::back_inserter(options));
  if (stored_values(all, "split-seed").empty()) options.push_back({"split-seed", stored_values(all, "seed")});
  for (const char* start : {"init", "teacher"}) options.push_back({start, {teacher.name}});
  options.push_back({"keep-layers", {str((settings.config.layers + 1) / 2)}});
  // Labels that the data lack are refused as those of the teacher, which distill cannot do without.
  options.push_back({"drop-labels", {"true"}});
  options.push_back({"soft-temperature", {option_of(given, "--soft-temperature").default_value}});
  return options;
}

void run_distill(const DistillArguments& arguments, const GlobalOptions& global, VerbTable& verb) {
  if (!arguments.train.run.resume.empty()) return resume_train(arguments.train.run, global, verb);
  if (arguments.teacher.empty()) fail_input("TEACHER is missing; see mtnlp distill --help");
  const Teacher teacher(arguments.teacher);
  const StoredVerb<TrainArguments> student(add_train, options_of_student(teacher, verb), teacher.options_file,
                                           &verb);
  TrainArguments own = student.arguments();
  own.run = arguments.train.run;
  start_train(own, global, student.verb());
}

/// Says of the options that a student has from its teacher that they are the teacher's.
void tell_of_teacher(VerbTable& verb) {
  for (OptionRow& row : verb.options) {
    if (row.in_run != InRun::kShapesResult || row.is_argument() || is_own(row.name().substr(2))) continue;
    if (row.about.ends_with(']')) row.about.resize(row.about.rfind(" ["));
    row.about += " [the teacher's]";
  }
  OptionRow& layers = option_of(verb, "--keep-layers");
  layers.about.replace(layers.about.rfind('['), std::string::npos, "[every second one]");
}

}  // namespace

Verb setup_distill(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<DistillArguments>();
  arguments->train.train.soft.temperature = 2;
  VerbTable& verb =
      add_verb(root, "distill", "Train a smaller model from a run, by the run's own answers too");
  OptionRow& teacher =
      OptionGroup(verb).argument("TEACHER", arguments->teacher,
                                 "Run folder of the model to learn from, whose rows and options are taken");
  teacher.in_run = InRun::kAbsent;
  add_student_options(verb, arguments->train);
  add_run_options(verb, arguments->train.run, arguments->train.train.save_every);
  tell_of_teacher(verb);
  option_of(verb, "--resume").parsed->excludes(teacher.parsed);
  return {verb.app, [arguments, &global, &verb] { run_distill(*arguments, global, verb); },
          [] { return true; }};
}

}  // namespace mtnlp::cli
