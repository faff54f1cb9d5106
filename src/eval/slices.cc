#include "eval/slices.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/statistics.h"
#include "tasks/intervals.h"

namespace mtnlp {
namespace {

constexpr size_t kFewestRows = 5;

/// Says of each row whether it is wrong, or has an error above the median.
std::vector<bool> wrong_rows(const RowFigures& figures, size_t rows) {
  std::vector<double> errors;
  for (size_t row = 0; row < rows; ++row) errors.push_back(figures.error(row));
  double limit = 0;
  if (!figures.right_or_wrong() && rows > 0) {
    std::vector<double> sorted = errors;
    std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(rows / 2));
    limit = sorted[rows / 2];
  }
  std::vector<bool> wrong;
  for (const double error : errors) wrong.push_back(error > limit);
  return wrong;
}

/// Returns the slices of one grouping, their names in its order.
std::vector<Slice> slices_by(const Grouping& grouping, std::span<const uint32_t> rows,
                             const std::vector<bool>& wrong) {
  std::vector<Slice> slices;
  for (const std::string& name : grouping.names) slices.push_back({.by = grouping.by, .name = name});
  size_t all_rows = 0, all_wrong = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t group = grouping.groups[rows[i]];
    ++all_rows;
    all_wrong += wrong[i] ? 1 : 0;
    if (group == Grouping::kNone) continue;
    ++slices[group].rows;
    slices[group].wrong += wrong[i] ? 1 : 0;
  }
  for (Slice& slice : slices) {
    slice.other_rows = all_rows - slice.rows;
    slice.other_wrong = all_wrong - slice.wrong;
  }
  std::erase_if(slices, [](const Slice& slice) { return slice.rows < kFewestRows || slice.other_rows == 0; });
  return slices;
}

}  // namespace

std::vector<size_t> whole_lengths(const Dataset& dataset, const EncodedRows& encoded,
                                  std::span<const uint32_t> rows, const ModelSettings& settings) {
  std::vector<size_t> lengths;
  for (const uint32_t row : rows) {
    size_t& length = lengths.emplace_back(encoded.length(row));
    if (length >= settings.cut.max_length)  // it may be cut, or in windows, which overlap
      settings.tokenizer->encode(segments_of(dataset.rows[row].text), settings.cut, &length);
  }
  return lengths;
}

Grouping group_by_length(std::span<const size_t> lengths, std::span<const uint32_t> rows, size_t all_rows) {
  constexpr size_t kQuarters = 4;
  Grouping grouping{"length", {}, std::vector<size_t>(all_rows, Grouping::kNone)};
  if (rows.empty()) return grouping;
  std::vector<size_t> sorted(lengths.begin(), lengths.end());
  std::ranges::sort(sorted);
  std::vector<size_t> longest;  // of each quarter
  for (size_t quarter = 1; quarter <= kQuarters; ++quarter) {
    const size_t length = sorted[(sorted.size() * quarter + kQuarters - 1) / kQuarters - 1];
    if (longest.empty() || length > longest.back()) longest.push_back(length);
  }
  size_t shortest = sorted.front();
  for (const size_t length : longest) {
    grouping.names.push_back(shortest == length ? str(length, " tokens")
                                                : str(shortest, " to ", length, " tokens"));
    shortest = length + 1;
  }
  for (size_t i = 0; i < rows.size(); ++i)
    grouping.groups[rows[i]] =
        static_cast<size_t>(std::ranges::lower_bound(longest, lengths[i]) - longest.begin());
  return grouping;
}

Grouping group_by_source(const Dataset& dataset) {
  Grouping grouping{"source"};
  for (const Source& source : dataset.sources) grouping.names.push_back(source.file);
  for (const DatasetRow& row : dataset.rows) grouping.groups.push_back(row.source);
  return grouping;
}

Grouping group_by_truncation(std::span<const size_t> lengths, std::span<const uint32_t> rows, size_t all_rows,
                             const TextCut& cut) {
  Grouping grouping{"truncation", {"cut", "whole"}, std::vector<size_t>(all_rows, Grouping::kNone)};
  for (size_t i = 0; i < rows.size(); ++i) grouping.groups[rows[i]] = lengths[i] > cut.longest() ? 0 : 1;
  return grouping;
}

Grouping group_by_column(const std::string& name, size_t column, std::span<const RowPlace> places,
                         std::span<const uint32_t> rows, size_t all_rows) {
  Grouping grouping{name, {}, std::vector<size_t>(all_rows, Grouping::kNone)};
  std::map<std::string, size_t> counts;
  for (const RowPlace& place : places)
    if (const auto& cell = place.cells[column]) ++counts[*cell];
  std::vector<std::pair<std::string, size_t>> commonest(counts.begin(), counts.end());
  std::ranges::stable_sort(commonest, std::greater(), &std::pair<std::string, size_t>::second);
  commonest.resize(std::min(commonest.size(), kMostGroups));
  std::map<std::string, size_t> groups;
  for (const auto& [value, count] : commonest) {
    groups[value] = grouping.names.size();
    grouping.names.push_back(value.empty() ? "(empty)" : value);
  }
  for (size_t i = 0; i < rows.size(); ++i)
    if (const auto& cell = places[i].cells[column])
      if (const auto found = groups.find(*cell); found != groups.end())
        grouping.groups[rows[i]] = found->second;
  return grouping;
}

std::vector<Grouping> usual_groupings(const Dataset& dataset, const EncodedRows& encoded,
                                      std::span<const uint32_t> rows, const ModelSettings& settings) {
  const std::vector<size_t> lengths = whole_lengths(dataset, encoded, rows, settings);
  return {group_by_length(lengths, rows, encoded.size()), group_by_source(dataset),
          group_by_truncation(lengths, rows, encoded.size(), settings.cut)};
}

std::vector<Slice> slices_of(const RowFigures& figures, std::span<const uint32_t> rows,
                             std::span<const Grouping> groupings) {
  const std::vector<bool> wrong = wrong_rows(figures, rows.size());
  std::vector<Slice> slices;
  for (const Grouping& grouping : groupings)
    for (Slice& slice : slices_by(grouping, rows, wrong)) slices.push_back(std::move(slice));
  std::vector<double> ps;
  for (Slice& slice : slices) {
    slice.right_or_wrong = figures.right_or_wrong();
    slice.p = fisher_test(slice.wrong, slice.rows, slice.other_wrong, slice.other_rows);
    ps.push_back(slice.p);
  }
  const std::vector<double> corrected = holm_corrected(ps);
  for (size_t i = 0; i < slices.size(); ++i) slices[i].corrected = corrected[i];
  return slices;
}

OrderedJson slices_json(const std::vector<Slice>& slices) {
  OrderedJson json = OrderedJson::array();
  for (const Slice& slice : slices) {
    const std::string count = slice.right_or_wrong ? "wrong" : "above_median",
                      rate = slice.right_or_wrong ? "error_rate" : "above_median_rate";
    json.push_back({{"by", slice.by},
                    {"name", slice.name},
                    {"rows", slice.rows},
                    {count, slice.wrong},
                    {rate, slice.share()},
                    {rate + "_ci95", wilson_interval(slice.wrong, slice.rows)},
                    {"other_rows", slice.other_rows},
                    {"other_" + count, slice.other_wrong},
                    {"other_" + rate, slice.other_share()},
                    {"p", slice.p},
                    {"p_holm", slice.corrected},
                    {"worse", slice.is_worse()}});
  }
  return json;
}

}  // namespace mtnlp
