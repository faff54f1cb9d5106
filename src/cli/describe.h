// The command line as plain data, out of its CLI11 definition: help, shell completion and the manual page are
// functions of it.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace mtnlp::cli {

struct OptionText {
  std::vector<std::string> names;  ///< "-h", "--help"; for an argument its one name, "MODEL"
  std::string value;               ///< "N", "FILE", "mean|cls|max"; "" for a flag
  std::vector<std::string> words;  ///< the values it takes, when they are a closed list
  std::string about;               ///< with range and default: "Passes over the data (1 to 10000) [3]"
  bool required = false, repeated = false;
};

struct OptionGroup {
  std::string name;
  std::vector<OptionText> options;
};

struct VerbText {
  std::string name;  ///< "check"
  std::string path;  ///< "mtnlp data check"
  std::string about;
  std::vector<OptionText> arguments;  ///< by position
  std::vector<OptionGroup> groups;
  std::vector<VerbText> verbs;
};

VerbText describe(const CLI::App& app);

/// "mtnlp data check"
std::string path_of(const CLI::App& app);

/// `verb` and all below it, depth first.
std::vector<const VerbText*> all_verbs(const VerbText& verb);

std::string help_text(const VerbText& verb);
std::string bash_completion(const VerbText& root);
std::string zsh_completion(const VerbText& root);
std::string manual_page(const VerbText& root);

}  // namespace mtnlp::cli
