// A source is read once more, row by row, next to the rows of the data set in the same order, and each row
// goes to the file of its part as it stands. The files of a source appear together, by one rename of their
// folder.
#include "data/write_parts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <set>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/output.h"
#include "base/words.h"
#include "data/byte_stream.h"
#include "data/row_reader.h"
#include "tasks/labels.h"

namespace mtnlp {
namespace {

/// Returns "topic" for "a/topic.csv.gz".
std::string bare_name(const std::string& file) {
  fs::path name = fs::path(file).filename();
  std::string ending = name.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (std::ranges::find(compressed_endings(), ending) != compressed_endings().end()) name = name.stem();
  const std::string bare = name.stem().string();
  return bare == "." || bare == ".." ? "rows" : bare;
}

/// Returns a folder for each source to be split, all of them free; "" for the others.
std::vector<fs::path> folders_of_sources(const Dataset& dataset, const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const Source& source : dataset.sources) {
    const std::string name = bare_name(source.file);
    fs::path own = folder / name;
    for (int copy = 2; std::find(folders.begin(), folders.end(), own) != folders.end(); ++copy)
      own = folder / str(name, "-", copy);
    if (!source.part && fs::exists(own)) fail_input(own.string(), ": exists already; choose another folder");
    folders.push_back(source.part ? fs::path() : own);
  }
  return folders;
}

/// Returns the line of `row`; `delimiter` is that of CSV.
std::string line_of(const RowReader& reader, const Row& row, char delimiter) {
  switch (reader.format()) {
    case RowFormat::kJsonl:
    case RowFormat::kJson:
      return row.raw + "\n";
    case RowFormat::kTsv:
      return join(row.fields, std::string(1, reader.delimiter())) + "\n";
    default:
      return csv_line(row.fields, delimiter);
  }
}

/// Returns a line of JSON with a null for each of `columns` that it lacks; all else stays as it is.
std::string with_all_columns(std::string line, const std::vector<std::string>& columns) {
  std::set<std::string> keys;
  for (const JsonMember& member : json_members(line)) keys.insert(member.key);
  std::string nulls;
  for (const std::string& column : columns)
    if (!keys.contains(column)) nulls += ", " + OrderedJson(column).dump() + ": null";
  return line.insert(line.rfind('}'), nulls);
}

/// Takes the label out of the column `name`.
void clear_label(const std::string& name, const std::vector<std::string>& missing, RowReader& reader,
                 Row& row) {
  const size_t column = require_column(reader, name);
  if (has_no_label(row.fields[column], missing)) return;
  row.fields[column].clear();
  if (row.raw.empty()) return;
  for (const JsonMember& member : json_members(row.raw))
    if (member.key == name) {
      row.raw.replace(static_cast<size_t>(member.value.data() - row.raw.data()), member.value.size(), "null");
      return;  // the members are views of what was
    }
}

/// Takes the labels out of `row` that the data set does not have (--limit drew another row for them).
void clear_labels(const Dataset& dataset, const DatasetRow& kept, RowReader& reader, Row& row) {
  const Source& source = dataset.sources[kept.source];
  for (size_t i = 0; i < source.tasks.size(); ++i)
    if (kept.targets[source.tasks[i]].is_none())
      for (const std::string& name : source.label_columns[i])
        clear_label(name, dataset.reading.missing_labels, reader, row);
}

const char* ending_of(RowFormat format) {
  return is_json(format) ? ".jsonl" : format == RowFormat::kTsv ? ".tsv" : ".csv";
}

/// Reads the next row; one that cannot be read, which counts as a row, where the data set dropped such rows.
bool next_row(RowReader& reader, Row& row, bool keep_going) {
  try {
    return reader.next(row);
  } catch (const RowError&) {
    if (!keep_going) throw;
    return true;
  }
}

/// The files of one source's parts; each begins when its first row comes.
class PartFiles {
 public:
  /// Opens the files; `delimiter` is that of CSV, where 0 stands for a comma: no first line "sep=;" is
  /// written.
  PartFiles(const fs::path& folder, const RowReader& reader, char delimiter)
      : folder_(folder), reader_(reader), delimiter_(delimiter == '\0' ? ',' : delimiter) {}

  void add(Part part, const Row& row) {
    const auto index = static_cast<size_t>(part);
    std::string line = line_of(reader_, row, delimiter_);
    if (rows_[index]++ == 0) {
      files_[index] = std::make_unique<OutputFile>((folder_ / name_of(part)).string());
      Row header;
      header.fields = reader_.columns();
      if (is_json(reader_.format()))
        line = with_all_columns(std::move(line), reader_.columns());
      else if (reader_.has_header())
        line.insert(0, line_of(reader_, header, delimiter_));
    }
    files_[index]->stream() << line;
  }

  /// Adds the parts that have rows to `written`, as files of `folder`.
  void commit(size_t source, const fs::path& folder, std::vector<WrittenPart>& written) const {
    for (const Part part : kParts) {
      const auto index = static_cast<size_t>(part);
      if (rows_[index] == 0) continue;
      files_[index]->commit();
      written.push_back({folder / name_of(part), source, part, rows_[index]});
    }
  }

 private:
  std::string name_of(Part part) const { return str(part_name(part), ending_of(reader_.format())); }

  fs::path folder_;
  const RowReader& reader_;
  char delimiter_;
  std::array<std::unique_ptr<OutputFile>, 3> files_;
  std::array<size_t, 3> rows_{};
};

}  // namespace

std::vector<WrittenPart> write_parts(const Dataset& dataset, const std::vector<Part>& parts,
                                     const fs::path& folder) {
  const std::vector<fs::path> folders = folders_of_sources(dataset, folder);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_system(folder.string(), ": cannot be written: ", error.message());
  std::vector<WrittenPart> written;
  size_t id = 0;
  for (size_t source = 0; source < folders.size(); ++source) {
    size_t end = id;
    while (end < dataset.rows.size() && dataset.rows[end].source == source) ++end;
    const auto fill = [&](const fs::path& temporary) {
      const auto reader = open_rows(dataset.sources[source].file, dataset.reading.rows);
      PartFiles files(temporary, *reader, dataset.reading.rows.delimiter);
      Row row;
      for (uint32_t number = 0; id < end && next_row(*reader, row, dataset.reading.keep_going); ++number) {
        if (dataset.rows[id].row != number) continue;
        clear_labels(dataset, dataset.rows[id], *reader, row);
        files.add(parts[id++], row);
      }
      if (id < end) fail_input(dataset.sources[source].file, ": became shorter while it was split");
      files.commit(source, folders[source], written);
    };
    if (id < end && !folders[source].empty()) write_folder_atomic(folders[source], fill);
    id = end;
  }
  return written;
}

}  // namespace mtnlp
