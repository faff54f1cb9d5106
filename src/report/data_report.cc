// Tables and JSON of a data check. Invariants: a table stops after kMostClasses rows and says how many are
// left out; the JSON holds everything.
#include "report/data_report.h"

#include <algorithm>
#include <cmath>

#include "base/field.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "report/tables.h"

namespace mtnlp {
namespace {

std::string number(size_t value) {
  return std::to_string(value);
}

std::string share(size_t part, size_t whole) {
  return whole == 0 ? "-"
                    : fixed_text(100.0 * static_cast<double>(part) / static_cast<double>(whole), 1) + " %";
}

/// Returns the line below a table that stops after kMostClasses of `all` rows; "" when it has all of them.
std::string more_of(size_t all, const std::string& what) {
  return all <= kMostClasses ? "" : str("  ", all - kMostClasses, " more ", what, "; --json writes all\n");
}

DataTable files_table(const DataCheck& check) {
  ResultTable table = {{"file", "part", "rows", "blank", "no label", "unreadable"}, {}};
  for (size_t i = 0; i < std::min(check.sources.size(), kMostClasses); ++i) {
    const SourceCheck& source = check.sources[i];
    table.rows.push_back({source.file, source.part ? part_name(*source.part) : "split", number(source.rows),
                          number(source.blank.count), number(source.unlabelled.count),
                          number(source.unreadable.count)});
  }
  table.below = more_of(check.sources.size(), "files");
  return {"Files", std::move(table)};
}

DataTable classes_table(const DataCheck& check) {
  ResultTable table = {{"class", "train", "validation", "test", "rows"}, {}};
  const auto add = [&](const std::string& name, const std::array<size_t, 3>& rows) {
    table.rows.push_back(
        {name, number(rows[0]), number(rows[1]), number(rows[2]), number(rows[0] + rows[1] + rows[2])});
  };
  for (const TaskCheck& task : check.tasks) {
    for (size_t label = 0; label < std::min(task.strata.size(), kMostClasses); ++label)
      add(class_name(task.name, task.strata[label]),
          {task.rows[0][label], task.rows[1][label], task.rows[2][label]});
    add(task_cell(task.name) + " (all)",
        {task.total(Part::kTrain), task.total(Part::kValidation), task.total(Part::kTest)});
    table.below += more_of(task.strata.size(), "classes of " + task_cell(task.name));
  }
  return {"Rows of each class and part", std::move(table)};
}

DataTable findings_table(const DataCheck& check) {
  ResultTable table = {{"finding", "rows", "such as"}, {}};
  const auto add = [&](const std::string& name, size_t rows, const std::string& example) {
    table.rows.push_back({name, number(rows), example});
  };
  const auto first = [](const std::vector<std::string>& examples) {
    return examples.empty() ? "" : examples[0];
  };
  for (const TaskCheck& task : check.tasks) {
    add(task_cell(task.name) + ": text of an earlier row", task.duplicates, "");
    add(task_cell(task.name) + ": equal texts with different labels", task.conflicting_rows,
        task.conflicts.empty() ? "" : task.conflicts[0].text);
    for (const SharedTexts& shared : task.shared)
      add(task_cell(task.name) + ": " + part_name(shared.second) + " with a text of " +
              part_name(shared.first),
          shared.rows, first(shared.examples));
  }
  const EncodingCheck& encoding = check.encoding;
  add("bytes that are not UTF-8", encoding.not_utf8.rows, first(encoding.not_utf8.examples));
  add("U+FFFD", encoding.replacement.rows, first(encoding.replacement.examples));
  add("control characters", encoding.control.rows, first(encoding.control.examples));
  add("UTF-8 read as Latin-1", encoding.mojibake.rows, first(encoding.mojibake.examples));
  return {"Findings", std::move(table)};
}

DataTable lengths_table(const LengthCheck& lengths, size_t rows) {
  ResultTable table = {{"tokens", "rows", "share"}, {}};
  const auto add = [&](const std::string& name, size_t count) {
    table.rows.push_back({name, number(count), share(count, rows)});
  };
  size_t above = 0;
  for (const LengthCheck::Bucket& bucket : lengths.histogram) {
    if (bucket.rows > 0) add(str(above + 1, " - ", bucket.up_to), bucket.rows);
    above = bucket.up_to;
  }
  add(lengths.fit.has_windows()
          ? str("cut by --max-windows ", lengths.fit.max_windows, " of ", lengths.fit.max_length, " tokens")
          : str("cut by --max-length ", lengths.fit.max_length),
      lengths.cut);
  add("with unknown pieces", lengths.rows_with_unknown);
  table.below = str("\n  mean ", fixed_text(lengths.mean, 1), ", median ", lengths.median, ", longest ",
                    lengths.longest, " tokens; ", share(lengths.unknown, lengths.ids),
                    " of the pieces unknown to the encoder\n");
  return {"Lengths", std::move(table)};
}

OrderedJson count_json(const RowCount& rows) {
  OrderedJson json = {{"rows", rows.count}};
  if (rows.count > 0) json["first_line"] = rows.lines.front();
  return json;
}

OrderedJson odd_json(const OddRows& odd) {
  return {{"rows", odd.rows}, {"examples", odd.examples}};
}

OrderedJson source_json(const SourceCheck& source) {
  return {{"file", source.file},
          {"part", source.part ? OrderedJson(part_name(*source.part)) : OrderedJson(nullptr)},
          {"rows", source.rows},
          {"blank", count_json(source.blank)},
          {"unlabelled", count_json(source.unlabelled)},
          {"unreadable", count_json(source.unreadable)}};
}

OrderedJson task_json(const TaskCheck& task) {
  OrderedJson json;
  for (const Part part : kParts) {
    OrderedJson& rows = json["rows"][part_name(part)] = OrderedJson::object();
    auto& entries = rows.get_ref<OrderedJson::object_t&>();  // rows[label] would search all before it
    for (size_t label = 0; label < task.strata.size(); ++label)
      entries.emplace_back(task.strata[label], task.rows[static_cast<size_t>(part)][label]);
  }
  json["duplicates"] = task.duplicates;
  OrderedJson examples = OrderedJson::array();
  for (const Conflict& conflict : task.conflicts) {
    OrderedJson labels;
    for (const auto& [label, rows] : conflict.labels) labels[label] = rows;
    examples.push_back({{"text", conflict.text}, {"labels", labels}});
  }
  json["conflicts"] = {
      {"texts", task.conflicting_texts}, {"rows", task.conflicting_rows}, {"examples", examples}};
  json["shared"] = OrderedJson::array();
  for (const SharedTexts& shared : task.shared)
    json["shared"].push_back({{"first", part_name(shared.first)},
                              {"second", part_name(shared.second)},
                              {"texts", shared.texts},
                              {"rows", shared.rows},
                              {"examples", shared.examples}});
  return json;
}

OrderedJson lengths_json(const LengthCheck& lengths) {
  OrderedJson histogram = OrderedJson::array();
  for (const LengthCheck::Bucket& bucket : lengths.histogram)
    histogram.push_back({{"up_to", bucket.up_to}, {"rows", bucket.rows}});
  return {{"max_length", lengths.fit.max_length},
          {"cut", lengths.cut},
          {"mean", lengths.mean},
          {"median", lengths.median},
          {"longest", lengths.longest},
          {"histogram", histogram},
          {"pieces", lengths.ids},
          {"unknown_pieces", lengths.unknown},
          {"rows_with_unknown", lengths.rows_with_unknown},
          {"unknown_examples", lengths.unknown_examples}};
}

}  // namespace

std::vector<DataTable> data_check_results(const DataCheck& check) {
  std::vector<DataTable> tables = {files_table(check), classes_table(check), findings_table(check)};
  if (check.lengths) tables.push_back(lengths_table(*check.lengths, check.rows));
  return tables;
}

std::string data_check_tables(const DataCheck& check) {
  std::string text;
  for (DataTable& one : data_check_results(check)) {
    one.table.rows.insert(one.table.rows.begin(), one.table.header);
    text += (text.empty() ? "" : "\n") + align_table(one.table.rows) + one.table.below;
  }
  return text;
}

OrderedJson data_check_json(const DataCheck& check) {
  OrderedJson json = {
      {"rows", check.rows}, {"sources", OrderedJson::array()}, {"tasks", OrderedJson::object()}};
  for (const SourceCheck& source : check.sources) json["sources"].push_back(source_json(source));
  for (const TaskCheck& task : check.tasks) json["tasks"][task.name] = task_json(task);
  json["encoding"] = {{"not_utf8", odd_json(check.encoding.not_utf8)},
                      {"replacement", odd_json(check.encoding.replacement)},
                      {"control", odd_json(check.encoding.control)},
                      {"mojibake", odd_json(check.encoding.mojibake)}};
  if (check.lengths) json["lengths"] = lengths_json(*check.lengths);
  json["warnings"] = OrderedJson::array();
  for (const std::string& warning : check.warnings)
    json["warnings"].push_back(spelled(warning, Spelling::kOption));
  return json;
}

}  // namespace mtnlp
