#include "cli/rows_to_score.h"

#include <numeric>

#include "eval/evaluator.h"
#include "run/run_folder.h"
#include "run/run_state.h"

namespace mtnlp::cli {

RowsToScore all_rows(Dataset dataset) {
  log_warnings(dataset.warnings);
  RowsToScore result{std::move(dataset), {}};
  result.rows.resize(result.dataset.rows.size());
  std::iota(result.rows.begin(), result.rows.end(), 0U);
  return result;
}

RowsToScore rows_of_files(const DataArguments& data, const ModelSettings& settings) {
  DatasetOptions options = data.dataset_options();
  options.reading.text = data.reading.text(settings.text);
  return all_rows(make_dataset_for(settings.tasks, options));
}

SplitRecord record_of_run(const std::string& model, const fs::path& checkpoint,
                          const ModelSettings& settings) {
  const fs::path run = run_of_model(model);
  if (run.empty())
    fail_input(model,
               ": is not in a run folder, so it has no test part to score; name files with --task NAME=FILE");
  require_split_of(checkpoint, run);
  return read_split_record(run, settings.tasks);
}

RowsToScore rows_of_run(const std::string& model, const fs::path& checkpoint, Part part,
                        const ModelSettings& settings) {
  SplitRecord record = record_of_run(model, checkpoint, settings);
  return {std::move(record.dataset), rows_of_part(record.parts, part)};
}

EncodedRows encode_to_score(const Dataset& dataset, const ModelSettings& settings, int threads) {
  EncodedRows encoded = encode_rows(dataset, *settings.tokenizer, settings.cut, threads);
  log_truncated(encoded.truncated, encoded.size(), settings.cut);
  return encoded;
}

void add_part(VerbTable& verb, Part& part, const std::string& about) {
  Choices<Part> parts;
  for (const Part each : kParts) parts.emplace_back(part_name(each), each);
  OptionGroup(verb, "Data").choice("--part", part, parts, about);
}

void refuse_idle_options(const CLI::App& verb, bool files) {
  for (const CLI::Option* option : verb.get_options()) {
    if (option->count() == 0 || option->get_group() != "Data" || option->get_name() == "--task") continue;
    if ((option->get_name() == "--part") == files)
      fail_input(option->get_name(),
                 files ? " chooses a part of a run, and is not valid with --task"
                       : " describes files given with --task; the parts of a run are read as in training");
  }
}

}  // namespace mtnlp::cli
