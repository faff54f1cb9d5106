#include "cli/stored_options.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/words.h"
#include "cli/cli.h"
#include "run/run_state.h"
#include "text/unicode.h"

namespace mtnlp::cli {
namespace {

bool is_stored(const OptionRow& row) {
  return row.in_run != InRun::kAbsent;
}

/// Returns the key of an option in options.toml: "lr" for "--lr", "encoder" for the argument ENCODER.
std::string key_of(const OptionRow& row) {
  if (!row.is_argument()) return row.name().substr(2);
  std::string key = row.name();
  std::ranges::transform(key, key.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return key;
}

/// Returns the default as a list of one value; empty when there is none.
std::vector<std::string> default_of(const OptionRow& row) {
  return row.default_value.empty() ? std::vector<std::string>() : std::vector{row.default_value};
}

/// Says whether an option has a value; a flag that is off has none.
bool is_set(const OptionRow& row) {
  return row.parsed->count() > 0 && (!row.flag || row.parsed->as<bool>());
}

/// Returns the values of an option as text, or its default; empty when it has neither, or when an option was given
/// that takes its place.
std::vector<std::string> values_of(const OptionRow& row) {
  if (row.parsed->count() > 0) return row.parsed->results();
  const auto is_given = [](const CLI::Option* option) { return option->count() > 0; };
  return std::ranges::any_of(row.parsed->get_excludes(), is_given) ? std::vector<std::string>()
                                                                   : default_of(row);
}

}  // namespace

void require_fitting(const VerbTable& verb, const std::string& place) {
  std::map<const CLI::Option*, const OptionRow*> rows;
  for (const OptionRow& row : verb.options) rows[row.parsed] = &row;
  for (const OptionRow& row : verb.options) {
    if (!is_set(row)) continue;
    if (row.needs != nullptr && !is_set(*row.needs))
      fail_input(place, row.name(), " needs ", row.needs->name());
    for (const CLI::Option* other : row.parsed->get_excludes())
      if (is_set(*rows.at(other))) fail_input(place, row.name(), " cannot go with ", rows.at(other)->name());
  }
}

std::vector<StoredOption> stored_options(const VerbTable& verb) {
  std::vector<StoredOption> stored;
  for (const OptionRow& row : verb.options)
    if (is_stored(row)) stored.push_back({key_of(row), values_of(row)});
  return stored;
}

OptionValues identity(const VerbTable& verb, bool given) {
  OptionValues identity;
  for (const OptionRow& row : verb.options) {
    if (row.in_run != InRun::kShapesResult) continue;
    const std::vector<std::string> values = given ? values_of(row) : default_of(row);
    if (!values.empty() && !(row.flag && values[0] == "false")) identity[row.name()] = values;
  }
  return identity;
}

void take_options(VerbTable& verb, const std::vector<StoredOption>& stored, const fs::path& file) {
  std::map<std::string, const OptionRow*> rows;
  std::vector<std::string> keys;
  std::set<const CLI::Option*> given, left;
  for (const OptionRow& row : verb.options) {
    if (row.parsed->count() > 0) given.insert(row.parsed);
    if (!is_stored(row)) continue;
    keys.push_back(key_of(row));
    rows[keys.back()] = &row;
  }
  const auto is_given = [&](const CLI::Option* option) { return given.contains(option); };
  for (const auto& [key, values, line] : stored) {
    const std::string place = str(file.string(), ":", line > 0 ? str(line, ": ") : " "),
                      name = shortened(key, 60);
    if (!rows.contains(key)) fail_input(place, "unknown option ", name, did_you_mean(name, keys));
    const OptionRow& row = *rows[key];
    CLI::Option& option = *row.parsed;
    // What the command line rules out falls away, with what needs it.
    if (is_given(&option)) continue;
    if (std::ranges::any_of(option.get_excludes(), is_given) ||
        (row.needs != nullptr && left.contains(row.needs->parsed))) {
      left.insert(&option);
      continue;
    }
    if (values.size() > 1 && !row.repeated)
      fail_input(place, name, " has ", values.size(), " values; it takes one");
    if (values.empty()) continue;
    try {
      for (const std::string& value : values) option.add_result(value);
      option.run_callback();
    } catch (const CLI::ParseError& error) {
      fail_input(place, problem_of(error));
    }
  }
  require_fitting(verb, file.string() + ": ");
}

void require_utf8(const VerbTable& verb) {
  for (const OptionRow& row : verb.options)
    for (const std::string& value : row.parsed->results())
      if (is_stored(row) && !is_valid_utf8(value))
        fail_input(row.name(), " ", shortened(printable(value), 200),
                   ": is not UTF-8, as all names of files, columns, tasks and labels must be");
}

std::vector<StoredOption> options_of_run(const RunFolder& run, const std::string& table) {
  const fs::path file = run.file("options.toml");
  std::vector<StoredOption> options = read_options(file, table);
  if (options.empty()) fail_input(file.string(), ": holds no options, without which a run cannot be resumed");
  return options;
}

ResumeOptions resume_options(const fs::path& run, const VerbTable& before, const VerbTable& now) {
  ResumeOptions resume;
  resume.run = run;
  resume.identity = identity(now);
  resume.defaults = identity(now, /*given=*/false);
  resume.free = names_in_run(now, InRun::kFree);
  require_same_options(identity(before), resume.identity, {}, resume.free);
  return resume;
}

void take_given(VerbTable& verb, const VerbTable& given) {
  for (const OptionRow& theirs : given.options) {
    if (theirs.parsed->count() == 0 || !is_stored(theirs)) continue;
    OptionRow& ours = option_of(verb, theirs.name());
    for (const std::string& value : theirs.parsed->results()) ours.parsed->add_result(value);
    ours.parsed->run_callback();
  }
}

}  // namespace mtnlp::cli
