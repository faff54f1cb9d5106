// The labelled rows that eval and compare score.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/option_groups.h"
#include "data/dataset.h"
#include "data/encoded_rows.h"
#include "hub/model_settings.h"
#include "run/split_record.h"

namespace mtnlp::cli {

struct RowsToScore {
  Dataset dataset;
  std::vector<uint32_t> rows;  ///< ids of those to score
};

/// Returns all rows of `dataset`. Logs what is odd about them.
RowsToScore all_rows(Dataset dataset);

/// Returns the rows of the files that `data` names, with the text columns of `settings` unless it names others.
/// Logs what is odd about them.
RowsToScore rows_of_files(const DataArguments& data, const ModelSettings& settings);

/// Returns the rows of the run that `model` with the folder `checkpoint` belongs to, and their parts, with the labels of
/// `settings`. Throws Error where it belongs to none.
SplitRecord record_of_run(const std::string& model, const fs::path& checkpoint,
                          const ModelSettings& settings);

/// Returns the rows of `part` of the run that `model` with the folder `checkpoint` belongs to, with the labels of
/// `settings`. Throws Error where it belongs to none.
RowsToScore rows_of_run(const std::string& model, const fs::path& checkpoint, Part part,
                        const ModelSettings& settings);

/// Returns the tokens of all rows for a model with `settings`, and says how many of them are cut.
EncodedRows encode_to_score(const Dataset& dataset, const ModelSettings& settings, int threads);

/// Adds --part; the default is what `part` holds.
void add_part(VerbTable& verb, Part& part, const std::string& about);

/// Throws Error for options that would have no effect: --part beside `files`, or options that describe files
/// without any.
void refuse_idle_options(const CLI::App& verb, bool files);

}  // namespace mtnlp::cli
