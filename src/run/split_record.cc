// sources.json  {"version", "text_column", "group_column", "sources": [{"file", "checksum", "part", "tasks",
//               "label_columns"}]}, of which a task with several has a list, and what else Reading says where it is not the default; files relative to
//               the run, part null for a source that was split
// split.csv     source,row,part,text; "text" is its text_key, which runs before format 3 lack. A
//               further column "labels" when --limit took labels from rows of several tasks: one character for
//               each task of the source, 1 where the row has a label
// earlier.csv   text,part of the texts that the runs before this one (--init) knew and split.csv does not have, or
//               has in a later part; only where there are such
// On-disk format: read_split_record must go on reading what older versions wrote.
#include "run/split_record.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/words.h"
#include "data/row_reader.h"
#include "run/reading_record.h"
#include "run/run_folder.h"
#include "run/run_paths.h"
#include "run/run_state.h"

namespace mtnlp {
namespace {

constexpr int kRecordVersion = 5;
constexpr const char* kSources = "sources.json";
constexpr const char* kEarlier = "earlier.csv";

std::string labels_present(const Dataset& dataset, const DatasetRow& row) {
  std::string present;
  for (const size_t task : dataset.sources[row.source].tasks)
    present += row.targets[task].is_none() ? '0' : '1';
  return present;
}

/// Returns the columns of a task: a name, or a list of several.
OrderedJson columns_json(const std::vector<std::string>& columns) {
  return columns.size() == 1 ? OrderedJson(columns[0]) : OrderedJson(columns);
}

std::vector<std::vector<std::string>> read_columns(const Json& json, const fs::path& file) {
  std::vector<std::vector<std::string>> columns;
  for (const Json& own : json_require<std::vector<Json>>(json, "label_columns", file)) {
    const Json list = own.is_array() && !own.empty() ? own : Json::array({own});
    if (!std::ranges::all_of(list, [](const Json& name) { return name.is_string(); }))
      fail_input(file.string(), ": \"label_columns\" holds ", json_excerpt(own),
                 ", not a name or a list of names");
    columns.push_back(list.get<std::vector<std::string>>());
  }
  return columns;
}

/// Returns the lowest version of the format that says all of the data set.
int version_of(const Dataset& dataset) {
  const Reading& reading = dataset.reading;
  if (reading.text.is_pair()) return 5;
  const bool usual = reading.label_separator == Reading().label_separator && !reading.empty_is_none;
  const auto has_several = [](const Source& source) {
    return std::ranges::any_of(source.label_columns, [](const auto& columns) { return columns.size() > 1; });
  };
  return usual && std::ranges::none_of(dataset.sources, has_several) ? 3 : 4;
}

std::string sources_json(const fs::path& run, const Dataset& dataset) {
  OrderedJson sources = OrderedJson::array();
  const fs::path folder = resolved(run);
  for (const Source& source : dataset.sources) {
    OrderedJson tasks = OrderedJson::array();
    for (const size_t task : source.tasks) tasks.push_back(dataset.tasks[task].name);
    OrderedJson label_columns = OrderedJson::array();
    for (const auto& columns : source.label_columns) label_columns.push_back(columns_json(columns));
    sources.push_back({{"file", resolved(source.file).lexically_relative(folder).string()},
                       {"checksum", source.checksum},
                       {"part", source.part ? OrderedJson(part_name(*source.part)) : OrderedJson()},
                       {"tasks", tasks},
                       {"label_columns", label_columns}});
  }
  OrderedJson json = {{"version", version_of(dataset)}};
  json.update(reading_json(dataset.reading));
  json["sources"] = sources;
  try {
    return json.dump(2) + "\n";
  } catch (const OrderedJson::exception&) {
    fail_input("the names of files, tasks and columns must be UTF-8; found ",
               json.dump(-1, ' ', true, OrderedJson::error_handler_t::replace));
  }
}

/// A source as recorded, and its rows: number in the file, part, labels present ("" for all).
struct RecordedRow {
  uint32_t row;
  Part part;
  std::string labels;
};
struct RecordedSource {
  fs::path file;
  std::string checksum;
  std::optional<Part> part;
  std::vector<std::string> tasks;
  std::vector<std::vector<std::string>> label_columns;  ///< parallel to `tasks`
  std::vector<RecordedRow> rows;
};

bool has_column(const RowReader& reader, const std::string& name) {
  return std::ranges::find(reader.columns(), name) != reader.columns().end();
}

Part part_of(const fs::path& file, const Row& row, size_t column) {
  for (const Part part : kParts)
    if (row.fields[column] == part_name(part)) return part;
  fail_input(file.string(), ":", row.line, ": unknown part ", shown(row.fields[column]));
}

class Record {
 public:
  enum class Rows { kRead, kLeave };  ///< split.csv
  explicit Record(const fs::path& run, Rows rows)
      : run_(run), json_file_(run / kSources), csv_file_(run / "split.csv") {
    if (!fs::exists(json_file_))
      fail_input(run.string(), ": the run has no record of its split (", json_file_.filename().string(), ")");
    const Json json = read_json(json_file_);
    if (const int version = json_require<int>(json, "version", json_file_); version > kRecordVersion)
      fail_input(json_file_.string(), ": has format version ", version, "; this mtnlp reads up to ",
                 kRecordVersion);
    reading = read_reading(json, json_file_);
    for (const Json& source : json_require<std::vector<Json>>(json, "sources", json_file_))
      sources.push_back(read_source(source));
    if (rows == Rows::kRead) read_rows();
  }

  std::vector<RecordedSource> sources;
  Reading reading;

  /// Throws Error: the record does not fit its data.
  [[noreturn]] void fail_row(const RecordedSource& source, const std::string& what) const {
    fail_input(csv_file_.string(), ": does not fit ", source.file.string(), ": ", what);
  }

 private:
  RecordedSource read_source(const Json& json) const {
    if (!json.is_object()) fail_input(json_file_.string(), ": \"sources\" must hold objects");
    RecordedSource source;
    const fs::path relative = json_require<std::string>(json, "file", json_file_);
    source.file = (resolved(run_) / relative).lexically_normal();
    source.checksum = json_require<std::string>(json, "checksum", json_file_);
    if (const auto part = json_get<std::string>(json, "part", "", json_file_); !part.empty())
      source.part = parse_part(part);
    source.tasks = json_require<std::vector<std::string>>(json, "tasks", json_file_);
    source.label_columns = read_columns(json, json_file_);
    if (source.tasks.empty() || source.tasks.size() != source.label_columns.size())
      fail_input(json_file_.string(), ": ", relative.string(), " has ", source.tasks.size(), " tasks and ",
                 source.label_columns.size(), " label columns");
    find_file(source);
    return source;
  }

  /// Finds the file: that of a run on the embedded data in any installation.
  void find_file(RecordedSource& source) const {
    std::error_code error;
    const fs::file_status status = fs::status(source.file, error);
    if (!fs::status_known(status)) fail_input(source.file.string(), ": cannot be read: ", error.message());
    if (!fs::exists(status)) {
      const fs::path embedded = resource_path(fs::path("data") / source.file.filename());
      if (!fs::exists(embedded) || file_checksum(embedded) != source.checksum)
        fail_input(source.file.string(), ": no such file; the run in ", run_.string(), " was trained on it");
      source.file = embedded;
    }
    if (!fs::is_regular_file(source.file))
      fail_input(source.file.string(), ": is not a regular file; the run in ", run_.string(),
                 " was trained on one");
    if (const std::string now = file_checksum(source.file); now != source.checksum)
      fail_input(source.file.string(), ": changed since the run was split (checksum ", source.checksum,
                 ", now ", now, ")");
  }

  void read_rows() {
    const auto reader = open_rows(csv_file_.string(), {.format = RowFormat::kCsv});
    const size_t source_column = require_column(*reader, "source"),
                 row_column = require_column(*reader, "row"), part_column = require_column(*reader, "part");
    const bool partial = has_column(*reader, "labels");
    const size_t labels_column = partial ? require_column(*reader, "labels") : 0;
    for (Row row; reader->next(row);) {
      const auto number = [&](size_t column) {
        const std::string& field = row.fields[column];
        const auto value = parse_number<uint32_t>(field);
        if (!value) fail_input(csv_file_.string(), ":", row.line, ": \"", field, "\" is not a number");
        return *value;
      };
      const uint32_t source = number(source_column);
      if (source >= sources.size())
        fail_input(csv_file_.string(), ":", row.line, ": source ", source, " of ", sources.size());
      auto& rows = sources[source].rows;
      rows.push_back({number(row_column), part_of(csv_file_, row, part_column),
                      partial ? row.fields[labels_column] : std::string()});
      if (rows.size() > 1 && rows[rows.size() - 2].row >= rows.back().row)
        fail_input(csv_file_.string(), ":", row.line, ": row ", rows.back().row, " is out of order");
    }
  }

  fs::path run_, json_file_, csv_file_;
};

size_t task_index(const std::vector<Task>& tasks, const std::string& name, const fs::path& run) {
  const auto found = std::ranges::find(tasks, name, &Task::name);
  if (found == tasks.end())
    fail_input(run.string(), ": its split has the task \"", name, "\", its checkpoint has not");
  return static_cast<size_t>(found - tasks.begin());
}

/// Returns, of the source's whole file `read`, the rows of the record with the labels they had.
std::vector<DatasetRow> rows_of_record(const Record& record, const RecordedSource& source, Dataset& read,
                                       const std::vector<size_t>& tasks) {
  std::vector<DatasetRow> rows;
  auto next = read.rows.begin();
  for (const RecordedRow& recorded : source.rows) {
    while (next != read.rows.end() && next->row < recorded.row) ++next;
    if (next == read.rows.end() || next->row != recorded.row)
      record.fail_row(source, str("it has no labelled row ", recorded.row));
    for (size_t i = 0; i < std::min(tasks.size(), recorded.labels.size()); ++i)
      if (recorded.labels[i] == '0') next->targets[tasks[i]] = kNoTarget;
    rows.push_back(std::move(*next));
  }
  return rows;
}

/// Returns earlier.csv, sorted by key; empty when `own` knows all that `earlier` does.
std::string earlier_csv(const KnownParts& earlier, const KnownParts& own) {
  std::map<uint64_t, Part> more;
  for (const auto& [key, part] : earlier)
    if (const auto found = own.find(key); found == own.end() || found->second > part) more.emplace(key, part);
  if (more.empty()) return {};
  std::string csv = "text,part\n";
  for (const auto& [key, part] : more) csv += str(key, ',', part_name(part), '\n');
  return csv;
}

/// Adds the texts of a CSV file with the columns text and part; returns false when it has no column text.
bool add_known_of(const fs::path& file, KnownParts& known) {
  const auto reader = open_rows(file.string(), {.format = RowFormat::kCsv});
  if (!has_column(*reader, "text")) return false;
  const size_t text = require_column(*reader, "text"), part = require_column(*reader, "part");
  for (Row row; reader->next(row);) {
    const auto key = parse_number<uint64_t>(row.fields[text]);
    if (!key)
      fail_input(file.string(), ":", row.line, ": ", shown(row.fields[text]), " is not the key of a text");
    add_known(known, *key, part_of(file, row, part));
  }
  return true;
}

}  // namespace

void write_split_record(const fs::path& run, const Dataset& dataset, const std::vector<Part>& parts,
                        const KnownParts& earlier) {
  KnownParts own;
  const bool partial = std::ranges::any_of(dataset.rows, [&](const DatasetRow& row) {
    return labels_present(dataset, row).find('0') != std::string::npos;
  });
  std::string csv = partial ? "source,row,part,text,labels\n" : "source,row,part,text\n";
  for (size_t id = 0; id < dataset.rows.size(); ++id) {
    const DatasetRow& row = dataset.rows[id];
    const uint64_t key = text_key(row.text);
    add_known(own, key, parts[id]);
    csv += str(row.source, ',', row.row, ',', part_name(parts[id]), ',', key);
    if (partial) csv += ',' + labels_present(dataset, row);
    csv += '\n';
  }
  write_file_atomic(run / kSources, sources_json(run, dataset));
  write_file_atomic(run / "split.csv", csv);
  if (const std::string more = earlier_csv(earlier, own); !more.empty())
    write_file_atomic(run / kEarlier, more);
}

SplitRecord read_split_record(const fs::path& run, const std::vector<Task>& tasks) {
  const Record record(run, Record::Rows::kRead);
  SplitRecord result;
  result.dataset.tasks = tasks;
  result.dataset.reading = record.reading;
  for (const RecordedSource& source : record.sources) {
    DatasetOptions options{.reading = record.reading};
    std::vector<size_t> indices;
    for (size_t i = 0; i < source.tasks.size(); ++i) {
      indices.push_back(task_index(tasks, source.tasks[i], run));
      options.files.push_back({source.tasks[i], source.file.string()});
      options.label_columns[source.tasks[i]] = source.label_columns[i];
    }
    Dataset read = make_dataset_for(tasks, options);
    for (DatasetRow& row : rows_of_record(record, source, read, indices)) {
      row.source = static_cast<uint32_t>(result.dataset.sources.size());
      result.dataset.rows.push_back(std::move(row));
    }
    for (const RecordedRow& row : source.rows) result.parts.push_back(row.part);
    result.dataset.sources.push_back(std::move(read.sources[0]));
    result.dataset.sources.back().part = source.part;
  }
  return result;
}

KnownParts read_known_parts(const fs::path& run, const std::vector<Task>& tasks) {
  KnownParts known;
  if (!add_known_of(run / "split.csv", known)) {
    const SplitRecord record = read_split_record(run, tasks);
    for (size_t id = 0; id < record.parts.size(); ++id)
      add_known(known, text_key(record.dataset.rows[id].text), record.parts[id]);
  }
  if (fs::exists(run / kEarlier) && !add_known_of(run / kEarlier, known))
    fail_input((run / kEarlier).string(), ": the column \"text\" is missing");
  return known;
}

KnownParts parts_known_to(const fs::path& checkpoint, const std::vector<Task>& tasks) {
  const fs::path run = run_of_model(checkpoint);
  if (run.empty()) {
    log_info(str(checkpoint.string(), ": does not lie in a run, so which rows it trained on is not known"));
    return {};
  }
  require_split_of(checkpoint, run);
  return read_known_parts(run, tasks);
}

void require_same_sources(const fs::path& run) {
  if (fs::exists(run / kSources)) Record(run, Record::Rows::kLeave);
}

}  // namespace mtnlp
