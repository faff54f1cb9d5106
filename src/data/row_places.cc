#include "data/row_places.h"

#include <algorithm>

#include "base/error.h"
#include "base/printable.h"

namespace mtnlp {
namespace {

/// Reads one file again.
class PlacesOfSource {
 public:
  PlacesOfSource(const Dataset& dataset, const Source& source, const std::vector<std::string>& columns)
      : dataset_(dataset), reader_(open(dataset, source)), text_(*reader_, dataset.reading.text) {
    for (const std::string& column : columns) columns_.push_back(reader_->find(column));
  }

  /// Calls take(id, place) for the `rows` of the source.
  template <typename Take>
  void read(std::span<const uint32_t> rows, const Take& take) {
    auto next = rows.begin();
    Row row;
    for (uint32_t number = 0; next != rows.end(); ++number) {
      const DatasetRow& wanted = dataset_.rows[*next];
      try {
        if (!reader_->next(row))
          fail_input(reader_->name(), ": has changed since it was read: rows are missing");
        if (number != wanted.row) continue;
        if (text_(row, buffer_) != wanted.text) reader_->fail(row, "the file has changed since it was read");
      } catch (const RowError&) {
        if (number == wanted.row) throw;
        continue;
      }
      take(*next++, place_of(row));
    }
  }

 private:
  static std::unique_ptr<RowReader> open(const Dataset& dataset, const Source& source) {
    if (source.checksum.empty())
      fail_input(source.file, ": is a pipe, which cannot be read again to tell where its rows stand");
    return open_rows(source.file, dataset.reading.rows);
  }

  RowPlace place_of(const Row& row) const {
    RowPlace place{row.line, row.number};
    for (const auto& column : columns_) {
      const bool there = column && row.cell(*column) != Cell::kAbsent;
      place.cells.push_back(there ? std::optional(row.fields[*column]) : std::nullopt);
    }
    return place;
  }

  const Dataset& dataset_;
  std::unique_ptr<RowReader> reader_;
  RowText text_;
  std::vector<std::optional<size_t>> columns_;
  std::string buffer_;
};

/// Throws Error where no file has a cell in the column of index `column`.
void require_cells(const Dataset& dataset, std::span<const RowPlace> places, const std::string& name,
                   size_t column) {
  if (places.empty() ||
      std::ranges::any_of(places, [&](const RowPlace& place) { return place.cells[column].has_value(); }))
    return;
  for (const Source& source : dataset.sources)  // tells which columns there are
    if (const auto reader = open_rows(source.file, dataset.reading.rows); !reader->find(name))
      require_column(*reader, name);
  fail_input("no row has the key ", shown(name));
}

}  // namespace

std::vector<RowPlace> read_places(const Dataset& dataset, std::span<const uint32_t> rows,
                                  const std::vector<std::string>& columns) {
  std::vector<RowPlace> places;
  for (uint32_t source = 0; source < dataset.sources.size(); ++source) {
    std::vector<uint32_t> own;
    for (const uint32_t row : rows)
      if (dataset.rows[row].source == source) own.push_back(row);
    if (own.empty()) continue;
    PlacesOfSource reading(dataset, dataset.sources[source], columns);
    reading.read(own, [&](uint32_t, RowPlace place) { places.push_back(std::move(place)); });
  }
  for (size_t i = 0; i < columns.size(); ++i) require_cells(dataset, places, columns[i], i);
  return places;
}

std::map<uint32_t, size_t> read_lines(const Dataset& dataset, const std::set<uint32_t>& rows) {
  const std::vector<uint32_t> ids(rows.begin(), rows.end());
  const std::vector<RowPlace> places = read_places(dataset, ids);
  std::map<uint32_t, size_t> lines;
  for (size_t i = 0; i < ids.size(); ++i) lines[ids[i]] = places[i].line;
  return lines;
}

}  // namespace mtnlp
