#include "cli/option_table.h"

#include "base/words.h"

namespace mtnlp::cli {

VerbTable make_table(CLI::App& app) {
  VerbTable table{&app};
  OptionRow help;
  help.names = {"-h", "--help"};
  help.group = OptionGroup::kPlain;
  help.about = "Print this help and exit";
  help.flag = true;
  help.in_run = InRun::kAbsent;
  help.parsed = app.set_help_flag("-h,--help", help.about);
  table.options.push_back(help);
  return table;
}

VerbTable& add_verb(VerbTable& table, const std::string& name, const std::string& about) {
  return table.verbs.emplace_back(make_table(*table.app->add_subcommand(name, about)));
}

std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return (parent == nullptr ? "" : path_of(*parent) + " ") + app.get_name();
}

std::string not_one_of(const std::string& text, const std::vector<std::string>& words) {
  return shown(text) + " is not valid; valid are " + join(words) + did_you_mean(text, words);
}

std::string check_choice(const std::string& text, const std::vector<std::string>& words) {
  return std::ranges::find(words, text) == words.end() ? not_one_of(text, words) : "";
}

OptionRow& OptionGroup::text(const std::string& name, std::string& value, const std::string& placeholder,
                             const std::string& about) const {
  OptionRow& row = add(verb_.app->add_option(name, value), {name}, placeholder, about);
  row.default_value = value;
  return row;
}

OptionRow& OptionGroup::text(const std::string& name, std::optional<std::string>& value,
                             const std::string& placeholder, const std::string& about) const {
  const auto take = [&value](const std::string& text) { value = text; };
  return add(verb_.app->add_option_function<std::string>(name, take), {name}, placeholder, about);
}

OptionRow& OptionGroup::parsed(const std::string& name, const std::function<void(const std::string&)>& take,
                               const std::function<std::string(std::string&)>& check,
                               const std::string& placeholder, const std::string& about) const {
  OptionRow& row = add(verb_.app->add_option_function<std::string>(name, take), {name}, placeholder, about);
  row.parsed->transform(CLI::Validator(check, ""));
  return row;
}

OptionRow& OptionGroup::list(const std::string& name, std::vector<std::string>& values,
                             const std::string& placeholder, const std::string& about) const {
  OptionRow& row = add(verb_.app->add_option(name, values), {name}, placeholder, about);
  row.repeated = true;
  return row;
}

OptionRow& OptionGroup::flag(const std::string& name, bool& value, const std::string& about) const {
  OptionRow& row = add(verb_.app->add_flag(name, value), {name}, "", about);
  row.flag = true;
  return row;
}

OptionRow& OptionGroup::argument(const std::string& name, std::string& value,
                                 const std::string& about) const {
  OptionRow& row = add(verb_.app->add_option(name, value), {name}, "", about);
  row.default_value = value;
  return row;
}

OptionRow& OptionGroup::arguments(const std::string& name, std::vector<std::string>& values,
                                  const std::string& about) const {
  OptionRow& row = add(verb_.app->add_option(name, values), {name}, "", about);
  row.repeated = true;
  return row;
}

OptionRow& OptionGroup::add(CLI::Option* parsed, std::vector<std::string> names, std::string value,
                            const std::string& about) const {
  OptionRow row;
  row.names = std::move(names);
  row.group = heading_;
  row.value = std::move(value);
  row.about = about;
  row.parsed = parsed;
  parsed->group(heading_);
  // An option takes one value each time: CLI11 would also take the words after it, or a list in [brackets].
  if (!row.is_argument()) parsed->allow_extra_args(false);
  return verb_.options.emplace_back(std::move(row));
}

void OptionGroup::use_choices(OptionRow& row, std::vector<std::string> words) {
  row.value = row.is_argument() ? "" : join(words, "|");
  row.choices = words;
  row.parsed->check([words = std::move(words)](const std::string& text) { return check_choice(text, words); },
                    "");
}

OptionRow& option_of(VerbTable& verb, const std::string& name) {
  return *std::ranges::find(verb.options, name, [](const OptionRow& row) { return row.name(); });
}

std::vector<std::string> names_in_run(const VerbTable& verb, InRun in_run) {
  std::vector<std::string> names;
  for (const OptionRow& row : verb.options)
    if (row.in_run == in_run && !row.is_argument()) names.push_back(row.name());
  return names;
}

}  // namespace mtnlp::cli
