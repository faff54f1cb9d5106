// CSV, TSV, JSON and lines, plain or compressed: every row has a field per column, and written as CSV reads
// back equal.
#include <algorithm>

#include "data/row_reader.h"
#include "fuzz.h"

namespace mtnlp::fuzz {
namespace {

std::vector<std::vector<std::string>> read_all(const fs::path& file, RowFormat format) {
  std::vector<std::vector<std::string>> rows;
  accepts([&] {
    const auto reader = open_rows(file.string(), {.format = format});
    rows.push_back(reader->columns());
    Row row;
    for (bool more = true; more;) {
      // After an Error a reader goes on with the next line.
      if (!accepts([&] { more = reader->next(row); }) || !more) continue;
      require(row.fields.size() == reader->columns().size(), "a field per column");
      require(row.line > 0, "lines count from 1");
      rows.push_back(row.fields);
    }
  });
  return rows;
}

}  // namespace
}  // namespace mtnlp::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  constexpr RowFormat kFormats[] = {RowFormat::kCsv, RowFormat::kTsv, RowFormat::kJsonl, RowFormat::kLines,
                                    RowFormat::kJson};
  static const fuzz::TempFolder folder;
  const fuzz::Input input(data, size, std::size(kFormats));
  auto rows = fuzz::read_all(folder.write("rows", input.bytes), kFormats[input.choice]);
  if (rows.empty() || rows[0].empty()) return 0;
  std::string csv;
  for (const auto& row : rows) csv += csv_line(row);
  // A file with many such bytes near its start is refused.
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && (c < '\t' || c > '\r');
  };
  if (std::any_of(csv.begin(), csv.end(), is_control)) return 0;
  fuzz::require(fuzz::read_all(folder.write("again.csv", csv), RowFormat::kCsv) == rows,
                "rows written as CSV read back equal");
  return 0;
}
