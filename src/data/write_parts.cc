#include "mtnlp/data/write_parts.h"

#include <algorithm>
#include <memory>
#include <string>

#include "mtnlp/base/error.h"
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

const char* ending_of(RowFormat format) {
  return format == RowFormat::kJsonl ? ".jsonl" : format == RowFormat::kTsv ? ".tsv" : ".csv";
}

/// The file of one part, which begins when its first row comes.
class PartFile {
 public:
  PartFile(fs::path file, std::string header) : file_(std::move(file)), header_(std::move(header)) {}
  void add(const std::string& line) {
    if (!out_) {
      std::error_code error;
      fs::create_directories(file_.parent_path(), error);
      if (error) fail_system(file_.parent_path().string(), ": cannot be written: ", error.message());
      out_ = std::make_unique<OutputFile>(file_.string());
      out_->stream() << header_;
    }
    out_->stream() << line;
  }
  void commit(std::vector<fs::path>& files) const {
    if (!out_) return;
    out_->commit();
    files.push_back(file_);
  }

 private:
  fs::path file_;
  std::string header_;
  std::unique_ptr<OutputFile> out_;
};

}  // namespace

std::vector<fs::path> write_parts(const Dataset& dataset, const std::vector<Part>& parts,
                                  const fs::path& folder) {
  const std::vector<fs::path> folders = folders_of_sources(dataset, folder);
  std::vector<fs::path> files;
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
        outputs.emplace_back(folders[source] / str(part_name(part), ending_of(reader->format())), header);
      size_t next = id;
      for (uint32_t number = 0; next < end && reader->next(row); ++number)
        if (dataset.rows[next].row == number)
          outputs[static_cast<size_t>(parts[next++])].add(line_of(*reader, row));
      if (next < end) fail_input(dataset.sources[source].file, ": became shorter while it was split");
      for (const PartFile& output : outputs) output.commit(files);
    }
    id = end;
  }
  return files;
}

}  // namespace mtnlp
