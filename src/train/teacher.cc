#include "train/teacher.h"

#include <algorithm>
#include <utility>

#include "base/field.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/signals.h"
#include "base/words.h"
#include "data/given_files.h"
#include "data/known_parts.h"
#include "data/text_rows.h"
#include "network/load_predictor.h"
#include "run/split_record.h"
#include "tasks/task_kind.h"
#include "text/segments.h"

namespace mtnlp {
namespace {

/// A task that a teacher answers.
struct TaughtTask {
  size_t task, head;           ///< index in the data, and in the teacher
  std::vector<size_t> places;  ///< [outputs in the data] index in the teacher's
};

/// Returns the index in what `theirs` teaches of each output of `ours`.
std::vector<size_t> match_outputs(const Task& ours, const Task& theirs, const fs::path& teacher) {
  if (!ours.kind->has_labels()) return {0};
  std::vector<size_t> places;
  for (const std::string& label : ours.labels)
    places.push_back(static_cast<size_t>(std::ranges::find(theirs.labels, label) - theirs.labels.begin()));
  if (ours.labels.size() != theirs.labels.size() || std::ranges::count(places, theirs.labels.size()) > 0)
    fail_input(teacher.string(), ": its task ", shown(ours.name), " has the labels ",
               shortened(join(theirs.labels), 100), "; the data have ", shortened(join(ours.labels), 100));
  return places;
}

std::vector<TaughtTask> match_tasks(const std::vector<Task>& ours, const std::vector<Task>& theirs,
                                    const fs::path& teacher) {
  std::vector<TaughtTask> matches;
  for (size_t task = 0; task < ours.size(); ++task) {
    const auto found = std::ranges::find(theirs, ours[task].name, &Task::name);
    if (found == theirs.end()) continue;
    if (found->kind != ours[task].kind)
      fail_input(teacher.string(), ": its task ", shown(found->name), " is of kind ", found->kind->name(),
                 "; that of the data is of kind ", ours[task].kind->name());
    matches.push_back(
        {task, static_cast<size_t>(found - theirs.begin()), match_outputs(ours[task], *found, teacher)});
  }
  if (matches.empty())
    fail_input(teacher.string(), ": has no task that the data have too, so it cannot teach; its tasks are ",
               shortened(join(task_names(theirs)), 100));
  return matches;
}

/// Texts on their way to soft labels, which are answered in chunks.
class Lesson {
 public:
  Lesson(const Predictor& teacher, std::vector<TaughtTask> tasks, EncodedRows& encoded, SoftLabels& labels,
         bool quiet)
      : teacher_(teacher),
        tasks_(std::move(tasks)),
        encoded_(encoded),
        labels_(labels),
        progress_("teacher", 0, "texts", {.quiet = quiet}) {}

  /// Adds a text with its tokens for the student.
  void add(std::string_view text, const TokenIds& tokens) {
    constexpr size_t kChunk = 4096;
    labels_.add(tokens, SoftLabels::Row(encoded_.tasks), encoded_);
    texts_.emplace_back(text);
    if (texts_.size() == kChunk) answer();
  }

  /// Answers the texts that have no soft labels yet.
  void answer() {
    throw_if_stopped();
    if (texts_.empty()) return;
    std::vector<Segments> segments;
    for (const std::string& text : texts_) segments.push_back(segments_of(text));
    const std::vector<Matrix> outputs = teacher_.outputs(teacher_.embed(segments));
    const size_t first = labels_.rows.size() - texts_.size();
    for (const TaughtTask& task : tasks_)
      for (size_t i = 0; i < texts_.size(); ++i) {
        const Task& head = teacher_.settings().tasks[task.head];
        const std::vector<double> theirs = head.kind->lesson(head, outputs[task.head].row(i));
        for (const size_t place : task.places) labels_.rows[first + i][task.task].push_back(theirs[place]);
      }
    progress_.add(texts_.size());
    texts_.clear();
  }

 private:
  const Predictor& teacher_;
  const std::vector<TaughtTask> tasks_;
  EncodedRows& encoded_;
  SoftLabels& labels_;
  Progress progress_;
  std::vector<std::string> texts_;
};

void add_training_rows(const TrainingData& data, Lesson& lesson) {
  for (const uint32_t row : data.of(Part::kTrain)) {
    const TokenIds tokens = data.encoded.row_ids(row);
    const std::vector<int32_t> ids(tokens.begin(), tokens.end());  // what they are added to is where they lie
    lesson.add(data.dataset.rows[row].text, {ids, tokens.second_type, tokens.window});
  }
}

/// Adds the texts of a file but those that are `held_out`.
void add_file(const std::string& file, const std::set<uint64_t>& held_out, const MachineOptions& machine,
              const ModelSettings& student, TrainingData& data, Lesson& lesson) {
  const Reading& reading = data.dataset.reading;
  const TextFileOptions options = {.rows = reading.rows,
                                   .reading = {.columns = reading.text,
                                               .cut = student.cut,
                                               .threads = machine.threads,
                                               .keep_going = reading.keep_going},
                                   .quiet = true};  // the lesson shows its own progress
  require_data_file(file);
  size_t texts = 0, left_out = 0;
  std::string buffer;
  read_texts(file, student.tokenizer.get(), options, data.warnings,
             [&](const TextRow& row, const RowText& text_of) {
               const std::string_view text = text_of(row.row, buffer);
               ++texts;
               if (held_out.contains(text_key(text)))
                 ++left_out;
               else
                 lesson.add(text, row.tokens);
             });
  if (texts == 0) fail_input(file, ": holds no texts");
  if (left_out > 0)
    data.warnings.push_back(str(file, ": ", left_out, left_out == 1 ? " text is" : " texts are",
                                " among the validation or test rows, and left out"));
}

/// Throws Error for a teacher of pairs where the rows are single texts, and the other way round.
void require_same_segments(bool pairs, const Reading& reading, const fs::path& teacher) {
  if (pairs != reading.text.is_pair())
    fail_input(teacher.string(), pairs ? ": was trained on pairs of texts, and the rows have single ones"
                                       : ": was trained on single texts, and the rows have pairs");
}

/// Warns of rows to be scored whose answers the teacher was taught, and so may pass on. Throws Error where a `fold` was
/// held out to be scored by what has not seen it.
void warn_of_seen(const KnownParts& known, bool fold, TrainingData& data) {
  size_t seen = 0;
  for (size_t row = 0; row < data.parts.size(); ++row)
    if (data.parts[row] != Part::kTrain)
      if (const auto found = known.find(text_key(data.dataset.rows[row].text)); found != known.end())
        seen += found->second == Part::kTrain;
  if (seen > 0 && fold)
    fail_input(seen, seen == 1 ? " row that the fold holds out is" : " rows that the fold holds out are",
               " among those that ", field("teacher"), " was trained on");
  if (seen > 0)
    data.warnings.push_back(str(seen,
                                seen == 1 ? " validation or test row is" : " validation or test rows are",
                                " among those that ", field("teacher"), " was trained on"));
}

}  // namespace

void add_teacher(const SoftOptions& options, const MachineOptions& machine, const ModelSettings& student,
                 bool fold, TrainingData& data, SoftLabels& labels) {
  if (!options.teacher) return;
  const fs::path& folder = options.teacher->path();
  const Predictor teacher =
      load_predictor_on(machine.device, folder, {.threads = machine.threads}, /*need_heads=*/true);
  const std::vector<Task>& tasks = teacher.settings().tasks;
  require_same_segments(teacher.settings().text.is_pair(), data.dataset.reading, folder);
  Lesson lesson(teacher, match_tasks(data.dataset.tasks, tasks, folder), data.encoded, labels, machine.quiet);
  add_training_rows(data, lesson);
  lesson.answer();
  const KnownParts known = parts_known_to(folder, tasks);
  warn_of_seen(known, fold, data);
  std::set<uint64_t> held_out = held_out_texts(data.dataset, data.parts);
  for (const auto& [key, part] : known)
    if (part != Part::kTrain) held_out.insert(key);
  for (const std::string& file : options.texts) {
    add_file(file, held_out, machine, student, data, lesson);
    lesson.answer();
    labels.checksums[file] = file_checksum(file);
  }
  const fs::path record = folder / "tasks.json";  // which holds the checksums of all other files
  labels.checksums[record.string()] = file_checksum(record);
}

}  // namespace mtnlp
