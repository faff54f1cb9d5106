// The manual page, in the man macros of troff.
#include <iostream>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/describe.h"
#include "mtnlp/version.h"

namespace mtnlp::cli {
namespace {

/// No control line by accident, no hyphen that a copy turns into another character.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else {
      if (c == '-') out += '\\';
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string options_of(const std::vector<OptionText>& options) {
  std::string text;
  for (const OptionText& option : options) {
    std::string names;
    for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + bold(name);
    if (!option.value.empty() && option.names[0].starts_with('-'))
      names += " \\fI" + escaped(option.value) + "\\fR";
    text += ".TP\n" + names + "\n" + escaped(option.about) + "\n";
  }
  return text;
}

std::string usage(const VerbText& verb) {
  std::string text = bold(verb.path);
  for (const OptionText& argument : verb.arguments)
    text += argument.required ? " \\fI" + argument.names[0] + "\\fR" : " [\\fI" + argument.names[0] + "\\fR]";
  return text + (verb.verbs.empty() ? " [options]\n" : " \\fIVERB\\fR [options]\n");
}

std::string section(const VerbText& verb) {
  std::string text = ".SS " + escaped(verb.path) + "\n" + escaped(verb.about) + ".\n.PP\n" + usage(verb);
  text += options_of(verb.arguments);
  for (const OptionGroup& group : verb.groups) {
    if (group.name == "Options") continue;  // --help
    text += ".PP\n" + group.name + ":\n" + options_of(group.options);
  }
  return text;
}

}  // namespace

std::string manual_page(const VerbText& root) {
  std::string text = str(".TH MTNLP 1 \"\" \"mtnlp ", kVersion, "\" \"User commands\"\n");
  text += ".SH NAME\nmtnlp \\- train and evaluate multi\\-task sentence transformers\n.SH SYNOPSIS\n" +
          usage(root);
  text +=
      ".SH DESCRIPTION\nFiles of labelled sentences in, a classifier out: an encoder of the BERT family is "
      "fine\\-tuned "
      "with one linear head for each task. A \\fIMODEL\\fR is an encoder folder, a checkpoint folder, or a "
      "run folder, "
      "which stands for its best checkpoint.\n";
  text += ".SH VERBS\n";
  for (const VerbText* verb : all_verbs(root))
    if (verb->verbs.empty()) text += section(*verb);
  text += ".SH OPTIONS OF EVERY VERB\n";
  for (const OptionGroup& group : root.groups) text += options_of(group.options);
  text +=
      ".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nThe machine failed: a full disk, no permission to write, out "
      "of memory.\n"
      ".TP\n2\nThe command line or the input is wrong.\n.TP\n128 + N\nStopped by signal N; training then "
      "leaves a valid "
      "last checkpoint.\n";
  text +=
      ".SH FILES\n.TP\n\\fIruns/\\fR\nRun folders: options.toml, metrics.csv, split.csv, test.json, "
      "train.log, and the "
      "checkpoints best and last.\n";
  return text +
         ".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nWhen set and not empty, nothing is coloured.\n.TP\n"
         "\\fBOMP_WAIT_POLICY\\fR, \\fBGOMP_SPINCOUNT\\fR\nHow the threads wait for each other; other "
         "settings of OpenMP do not count.\n.SH "
         "EXAMPLES\n.nf\n"
         "mtnlp train \\-\\-task topic=news.csv \\-\\-task sentiment=tweets.csv \\-\\-out runs/demo\n"
         "mtnlp eval runs/demo\ncat lines.txt | mtnlp predict runs/demo\n.fi\n";
}

Verb setup_man(CLI::App& app, const GlobalOptions&) {
  CLI::App* verb = app.add_subcommand("man", "Print the manual page, for man -l");
  return {verb, [&app] { std::cout << manual_page(describe(app)) << std::flush; }};
}

}  // namespace mtnlp::cli
