// The table of options: one row for each option of each verb. The parser (CLI11), help, completion, the
// manual page, docs/options.md, options.toml and the identity that --resume compares are made from it.
// Invariants: a row is added through OptionGroup alone, together with its CLI11 option; its address does not
// change while the table lives.
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

/// What a run does with an option of train.
enum class InRun {
  kShapesResult,  ///< is written to options.toml; a resumed run must have the same value
  kFree,          ///< is written to options.toml; a resumed run may have another value
  kAbsent,        ///< is not written: it says where the run folder is, not what the run is
};

/// An option or an argument of a verb.
struct OptionRow {
  std::vector<std::string> names;  ///< {"-h", "--help"}; an argument has one name, {"MODEL"}
  std::string group;               ///< heading in the help; "" hides the option
  std::string
      value;  ///< placeholder of the value: "N", "FILE", "mean|cls|max"; "" for a flag and an argument
  std::vector<std::string> choices;  ///< all valid values where they can be listed; else empty
  std::string range;                 ///< "1 to 10000"; "" for any value
  std::string default_value;         ///< default as a command line would give it; "" when there is none
  std::string default_words;         ///< default in words where it depends on the machine; else ""
  std::string about;                 ///< help text; may end in "[default in words]"
  bool flag = false, required = false, repeated = false;
  bool number = false, whole = false;  ///< takes a number; a whole one
  InRun in_run = InRun::kShapesResult;
  const OptionRow* needs = nullptr;  ///< option without which it cannot be given: see require_fitting
  CLI::Option* parsed = nullptr;     ///< the option in CLI11, which owns it

  const std::string& name() const { return names.back(); }  ///< the longest name: "--lr"
  bool is_argument() const { return !names[0].starts_with('-'); }
  /// Makes the option one that must be given.
  void require() {
    required = true;
    parsed->required();
  }
};

/// A verb, or the executable itself. Options stand in the order of the help.
struct VerbTable {
  CLI::App* app;
  std::deque<OptionRow> options = {};  // deque and list: references to elements stay valid
  std::list<VerbTable> verbs = {};

  std::string name() const { return app->get_name(); }
  std::string about() const { return app->get_description(); }
};

/// Returns a table for `app` that has one option, --help.
VerbTable make_table(CLI::App& app);
/// Adds a verb below `table`.
VerbTable& add_verb(VerbTable& table, const std::string& name, const std::string& about);
/// Returns the verb as the user writes it: "mtnlp data check".
std::string path_of(const CLI::App& app);

/// The valid values of an option: decimal numbers from `low` to `high`, without `high` itself when `open`.
/// NaN and "3x" are not among them.
template <typename Number>
struct Range {
  Number low, high;
  bool open = false;

  std::string text() const { return str(low, " to ", open ? "below " : "", high); }
  /// Returns an error message for `text`, "" when it is valid. Removes leading zeros from a whole number,
  /// which CLI11 would read as octal.
  std::string check(std::string& text) const {
    const std::optional<Number> value = parse_number<Number>(text);
    if (!value || !(*value >= low) || !(open ? *value < high : *value <= high))
      return shown(text) + " is not valid; valid are " + this->text();
    if (std::is_integral_v<Number>) text = str(*value);
    return "";
  }
};

/// Valid words of an option, each with its meaning.
template <typename Value>
using Choices = std::vector<std::pair<std::string, Value>>;

/// Returns `names`, each with the enumerator of the same index.
template <typename Enum>
Choices<Enum> choices_of(const std::vector<std::string>& names) {
  Choices<Enum> choices;
  for (const std::string& name : names) choices.emplace_back(name, static_cast<Enum>(choices.size()));
  return choices;
}

/// Returns the error message for a `text` that is not one of `words`, with the nearest of them.
std::string not_one_of(const std::string& text, const std::vector<std::string>& words);
/// Returns the same unless `text` is one of `words`; else "".
std::string check_choice(const std::string& text, const std::vector<std::string>& words);

/// Adds options to a verb, below one heading of its help. The default of an option is the value that its
/// variable holds when it is added; parsing writes to the variable, which must outlive the verb.
class OptionGroup {
 public:
  explicit OptionGroup(VerbTable& verb, std::string heading = kPlain)
      : verb_(verb), heading_(std::move(heading)) {}

  /// Adds an option that takes any text. `placeholder` stands for it in the help.
  OptionRow& text(const std::string& name, std::string& value, const std::string& placeholder,
                  const std::string& about) const;
  OptionRow& text(const std::string& name, std::optional<std::string>& value, const std::string& placeholder,
                  const std::string& about) const;
  /// Adds an option that may be repeated; each time it takes one text.
  OptionRow& list(const std::string& name, std::vector<std::string>& values, const std::string& placeholder,
                  const std::string& about) const;
  /// Adds an option without a value.
  OptionRow& flag(const std::string& name, bool& value, const std::string& about) const;
  /// Adds an argument by position.
  OptionRow& argument(const std::string& name, std::string& value, const std::string& about) const;
  /// Adds one that takes all words of the command line that are not options.
  OptionRow& arguments(const std::string& name, std::vector<std::string>& values,
                       const std::string& about) const;

  /// Adds an option that takes a number in `range`; one without a default may be absent.
  template <typename Number>
  OptionRow& number(const std::string& name, Number& value, const std::type_identity_t<Range<Number>>& range,
                    const std::string& about) const {
    OptionRow& row = in_range(add(verb_.app->add_option(name, value), {name}, "N", about), range);
    row.default_value = str(value);
    return row;
  }
  template <typename Number>
  OptionRow& number(const std::string& name, std::optional<Number>& value,
                    const std::type_identity_t<Range<Number>>& range, const std::string& about) const {
    return in_range(add(verb_.app->add_option(name, value), {name}, "N", about), range);
  }

  /// Adds an option that takes one of the words of `choices`, and assigns its meaning. There is no default
  /// unless a word means what `value` holds.
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

  /// Adds an option whose text `take` reads. `check` returns an error message, "" for a valid text, and may
  /// change that to the one spelling that a run writes down.
  OptionRow& parsed(const std::string& name, const std::function<void(const std::string&)>& take,
                    const std::function<std::string(std::string&)>& check, const std::string& placeholder,
                    const std::string& about) const;

  static constexpr const char* kPlain = "Options";  ///< heading that comes last, with --help

 private:
  OptionRow& add(CLI::Option* parsed, std::vector<std::string> names, std::string value,
                 const std::string& about) const;
  static void use_choices(OptionRow& row, std::vector<std::string> words);
  template <typename Number>
  static OptionRow& in_range(OptionRow& row, const Range<Number>& range) {
    row.parsed->transform(CLI::Validator([range](std::string& text) { return range.check(text); }, ""));
    row.range = range.text();
    row.number = true;
    row.whole = std::is_integral_v<Number>;
    return row;
  }

  VerbTable& verb_;
  std::string heading_;
};

/// Returns the option of `verb` with this name, which it has.
OptionRow& option_of(VerbTable& verb, const std::string& name);

/// Returns the names of the options with this `in_run`, in the order of the help.
std::vector<std::string> names_in_run(const VerbTable& verb, InRun in_run);

}  // namespace mtnlp::cli
