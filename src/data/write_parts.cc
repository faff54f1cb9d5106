#include "mtnlp/data/write_parts.h"

#include <algorithm>
#include <memory>
#include <string>

#include "mtnlp/base/error.h"
#include "mtnlp/base/json.h"
#include "mtnlp/base/output.h"
#include "mtnlp/base/suggest.h"
#include "mtnlp/data/row_reader.h"

namespace mtnlp {
namespace {

/// "a/topic.csv.gz" → "topic".
std::string bare_name(const std::string& file) {
  fs::path name = fs::path(file).filename();
  if (name.extension() == ".gz") name = name.stem();
  return name.stem().string();
}

/// A folder for each source to be split, all of them free; "" for the others.
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

std::string line_of(const RowReader& reader, const Row& row) {
  switch (reader.format()) {
    case RowFormat::kJsonl:
      return row.raw + "\n";
    case RowFormat::kTsv:
      return join(row.fields, "\t") + "\n";
    default:
      return csv_line(row.fields);
  }
}

/// A line of JSON with a null for each of `columns` that it lacks.
std::string with_all_columns(const std::string& line, const std::vector<std::string>& columns) {
  OrderedJson object = parse_json<OrderedJson>(line);
  const size_t before = object.size();
  for (const std::string& column : columns) object.emplace(column, nullptr);
  return object.size() == before ? line : object.dump() + "\n";
}

const char* ending_of(RowFormat format) {
  return format == RowFormat::kJsonl ? ".jsonl" : format == RowFormat::kTsv ? ".tsv" : ".csv";
}

/// The file of one part, which begins when its first row comes.
class PartFile {
 public:
  PartFile(WrittenPart written, std::string header)
      : written_(std::move(written)), header_(std::move(header)) {}
  bool is_empty() const { return written_.rows == 0; }
  void add(const std::string& line) {
    if (!out_) {
      std::error_code error;
      const fs::path folder = written_.file.parent_path();
      fs::create_directories(folder, error);
      if (error) fail_system(folder.string(), ": cannot be written: ", error.message());
      out_ = std::make_unique<OutputFile>(written_.file.string());
      out_->stream() << header_;
    }
    out_->stream() << line;
    ++written_.rows;
  }
  void commit(std::vector<WrittenPart>& files) const {
    if (!out_) return;
    out_->commit();
    files.push_back(written_);
  }

 private:
  WrittenPart written_;
  std::string header_;
  std::unique_ptr<OutputFile> out_;
};

}  // namespace

std::vector<WrittenPart> write_parts(const Dataset& dataset, const std::vector<Part>& parts,
                                     const fs::path& folder) {
  const std::vector<fs::path> folders = folders_of_sources(dataset, folder);
  std::vector<WrittenPart> files;
  size_t id = 0;
  for (size_t source = 0; source < folders.size(); ++source) {
    size_t end = id;
    while (end < dataset.rows.size() && dataset.rows[end].source == source) ++end;
    if (!folders[source].empty()) {
      const auto reader = open_rows(dataset.sources[source].file);
      Row row;
      row.fields = reader->columns();
      const std::string header = reader->format() == RowFormat::kJsonl ? "" : line_of(*reader, row);
      std::vector<PartFile> outputs;
      for (const Part part : kParts)
        outputs.emplace_back(
            WrittenPart{folders[source] / str(part_name(part), ending_of(reader->format())), source, part},
            header);
      size_t next = id;
      for (uint32_t number = 0; next < end && reader->next(row); ++number)
        if (dataset.rows[next].row == number) {
          PartFile& output = outputs[static_cast<size_t>(parts[next++])];
          const std::string line = line_of(*reader, row);
          const bool names_columns = output.is_empty() && reader->format() == RowFormat::kJsonl;
          output.add(names_columns ? with_all_columns(line, reader->columns()) : line);
        }
      if (next < end) fail_input(dataset.sources[source].file, ": became shorter while it was split");
      for (const PartFile& output : outputs) output.commit(files);
    }
    id = end;
  }
  return files;
}

}  // namespace mtnlp
