// The record of a run's split, sources.json or split.csv, beside a data file that is there: it is read or
// refused, and every row that is read is one of the file's with a part.
#include "fuzz.h"
#include "run/split_record.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  static const fuzz::TempFolder folder;
  static const std::string sum =
      file_checksum(folder.write("rows.csv", "text,mood\none,up\ntwo,down\nthree,up\nfour,\n"));
  const fuzz::Input input(data, size, 2);
  std::string sources =
      R"({"version": 1, "text_column": "text", "group_column": "", "sources": [{"file": "rows.csv",
    "checksum": "CHECKSUM", "part": null, "tasks": ["mood"], "label_columns": ["mood"]}]})";
  if (input.choice == 0) sources = input.bytes;
  if (const size_t at = sources.find("CHECKSUM"); at != std::string::npos) sources.replace(at, 8, sum);
  folder.write("sources.json", sources);
  folder.write("split.csv",
               input.choice == 1 ? input.bytes : "source,row,part\n0,0,train\n0,1,test\n0,2,validation\n");
  const std::vector<Task> tasks = {{"mood", {"down", "up"}}};
  fuzz::accepts([&] { require_same_sources(folder.path()); });
  fuzz::accepts([&] {
    const SplitRecord record = read_split_record(folder.path(), tasks);
    fuzz::require(record.parts.size() == record.dataset.rows.size(), "a part for every row");
    for (const DatasetRow& row : record.dataset.rows)
      fuzz::require(row.row < 4 && row.source < record.dataset.sources.size(), "a row is one of the file's");
  });
  return 0;
}
