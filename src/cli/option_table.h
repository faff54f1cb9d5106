// The one table of options: a row for each option of each verb. The parser (CLI11), help, completion, the
// manual page, docs/options.md, options.toml and what --resume compares are all made from it.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/numbers.h"
#include "base/printable.h"

namespace mtnlp::cli {

/// What a run keeps of an option of train.
enum class InRun {
  kShapesResult,  ///< stands in options.toml; a resumed run must have it as it was
  kFree,          ///< stands in options.toml; a resumed run may change it
  kAbsent,        ///< says where a run goes, not what it is
};

struct OptionRow {
  std::vector<std::string> names;    ///< "-h", "--help"; of an argument its one name, "MODEL"
  std::string group;                 ///< heading of the help; "" for a hidden option
  std::string value;                 ///< "N", "FILE", "mean|cls|max"; "" for a flag and an argument
  std::vector<std::string> choices;  ///< the values it takes, when they are a closed list
  std::string range;                 ///< "1 to 10000"; "" for any value
  std::string default_value;         ///< as a command line would give it; "" for none
  std::string default_words;         ///< the default in words where it depends on the machine
  std::string about;                 ///< may end in "[what holds when it is not given]"
  bool flag = false, required = false, repeated = false;
  InRun in_run = InRun::kShapesResult;
  CLI::Option* parsed = nullptr;

  const std::string& name() const { return names.back(); }  ///< "--lr"
  bool is_argument() const { return !names[0].starts_with('-'); }
  /// Makes it one that has to be given.
  void require() {
    required = true;
    parsed->required();
  }
};

/// A verb, or the executable itself, with its options in the order of the help.
struct VerbTable {
  CLI::App* app;
  std::deque<OptionRow> options = {};  // a deque and a list: references to their members last
  std::list<VerbTable> verbs = {};

  std::string name() const { return app->get_name(); }
  std::string about() const { return app->get_description(); }
};

/// Returns the table of `app` with the one option --help.
VerbTable make_table(CLI::App& app);
/// Adds a verb below `table`.
VerbTable& add_verb(VerbTable& table, const std::string& name, const std::string& about);
/// Returns "mtnlp data check".
std::string path_of(const CLI::App& app);

/// A decimal number from `low` to `high`, below `high` when it is `open`; nothing else: not NaN, not "3x".
template <typename Number>
struct Range {
  Number low, high;
  bool open = false;

  std::string text() const { return str(low, " to ", open ? "below " : "", high); }
  /// Returns what is wrong with `text`, "" for nothing. Takes the zeros in front off a whole number, which
  /// would make it octal for CLI11.
  std::string check(std::string& text) const {
    const std::optional<Number> value = parse_number<Number>(text);
    if (!value || !(*value >= low) || !(open ? *value < high : *value <= high))
      return shown(text) + " is not valid; valid are " + this->text();
    if (std::is_integral_v<Number>) text = str(*value);
    return "";
  }
};

/// The words of a closed list, with what each stands for.
template <typename Value>
using Choices = std::vector<std::pair<std::string, Value>>;

/// Returns `names`, each with the enumerator at its place.
template <typename Enum>
Choices<Enum> choices_of(const std::vector<std::string>& names) {
  Choices<Enum> choices;
  for (const std::string& name : names) choices.emplace_back(name, static_cast<Enum>(choices.size()));
  return choices;
}

/// Returns `words`, which stand for themselves.
Choices<std::string> words_of(const std::vector<std::string>& words);

/// Returns what is wrong with `text`, "" for nothing, and suggests the nearest of `words`.
std::string check_choice(const std::string& text, const std::vector<std::string>& words);

/// Adds options of a verb below one heading of its help. What `value` holds at that time is the default.
class OptionGroup {
 public:
  explicit OptionGroup(VerbTable& verb, std::string heading = kPlain)
      : verb_(verb), heading_(std::move(heading)) {}

  /// Adds an option that takes any text, a list of texts when it is repeated.
  OptionRow& text(const std::string& name, std::string& value, const std::string& placeholder,
                  const std::string& about) const;
  OptionRow& text(const std::string& name, std::optional<std::string>& value, const std::string& placeholder,
                  const std::string& about) const;
  OptionRow& list(const std::string& name, std::vector<std::string>& values, const std::string& placeholder,
                  const std::string& about) const;
  OptionRow& flag(const std::string& name, bool& value, const std::string& about) const;
  /// Adds an argument by position.
  OptionRow& argument(const std::string& name, std::string& value, const std::string& about) const;

  template <typename Number>
  OptionRow& number(const std::string& name, Number& value, const std::type_identity_t<Range<Number>>& range,
                    const std::string& about) const {
    OptionRow& row = add(verb_.app->add_option(name, value), {name}, "N", about);
    row.parsed->transform(CLI::Validator([range](std::string& text) { return range.check(text); }, ""));
    row.range = range.text();
    row.default_value = str(value);
    return row;
  }

  /// Adds an option that takes one of the words. It has no default when none stands for `value`.
  template <typename Value, typename Meaning>
  OptionRow& choice(const std::string& name, Value& value, const Choices<Meaning>& choices,
                    const std::string& about) const {
    const auto take = [&value, choices](const std::string& word) {
      value = std::ranges::find(choices, word, &std::pair<std::string, Meaning>::first)->second;
    };
    OptionRow& row = add(verb_.app->add_option_function<std::string>(name, take), {name}, "", about);
    std::vector<std::string> words;
    for (const auto& [word, meaning] : choices) {
      words.push_back(word);
      if (meaning == value) row.default_value = word;
    }
    use_choices(row, std::move(words));
    return row;
  }

  static constexpr const char* kPlain = "Options";  ///< stands last, with --help

 private:
  OptionRow& add(CLI::Option* parsed, std::vector<std::string> names, std::string value,
                 const std::string& about) const;
  static void use_choices(OptionRow& row, std::vector<std::string> words);

  VerbTable& verb_;
  std::string heading_;
};

/// Returns the names of the options of this kind, in their order.
std::vector<std::string> names_in_run(const VerbTable& verb, InRun in_run);

}  // namespace mtnlp::cli
