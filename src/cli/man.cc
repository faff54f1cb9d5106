// The manual page, in the man macros of troff.
#include <iostream>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "mtnlp/version.h"

namespace mtnlp::cli {
namespace {

/// Returns `text` for troff: no line begins with a control character, and hyphens can be copied as "-".
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

std::string options_of(const std::vector<const OptionRow*>& options) {
  std::string text;
  for (const OptionRow* option : options) {
    std::string names;
    for (const std::string& name : option->names) names += (names.empty() ? "" : ", ") + bold(name);
    if (!option->value.empty()) names += " \\fI" + escaped(option->value) + "\\fR";
    text += ".TP\n" + names + "\n" + escaped(explained(*option, /*anywhere=*/true)) + "\n";
  }
  return text;
}

std::string usage(const VerbTable& verb) {
  std::string text = bold(path_of(*verb.app));
  for (const OptionRow* argument : arguments_of(verb))
    text += argument->required ? " \\fI" + argument_name(*argument) + "\\fR"
                               : " [\\fI" + argument_name(*argument) + "\\fR]";
  return text + (verb.verbs.empty() ? " [options]\n" : " \\fIVERB\\fR [options]\n");
}

std::string manual_section(const VerbTable& verb) {
  std::string text =
      ".SS " + escaped(path_of(*verb.app)) + "\n" + escaped(verb.about()) + ".\n.PP\n" + usage(verb);
  text += options_of(arguments_of(verb));
  for (const GroupOfRows& group : groups_of(verb)) {
    std::vector<const OptionRow*> options = group.options;
    std::erase_if(options, [](const OptionRow* option) { return option->name() == "--help"; });
    if (!options.empty()) text += ".PP\n" + group.name + ":\n" + options_of(options);
  }
  return text;
}

}  // namespace

std::string manual_page(const VerbTable& root) {
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
  for (const VerbTable* verb : all_verbs(root))
    if (verb->verbs.empty()) text += manual_section(*verb);
  text += ".SH OPTIONS OF EVERY VERB\n";
  for (const GroupOfRows& group : groups_of(root)) text += options_of(group.options);
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

Verb setup_man(VerbTable& root, const GlobalOptions&) {
  auto markdown = std::make_shared<bool>(false);
  VerbTable& verb = add_verb(root, "man", "Print the manual page, to be read with man -l");
  const OptionGroup hidden(verb, "");
  hidden.flag("--markdown", *markdown, "Print docs/options.md instead");
  return {verb.app, [markdown, &root] {
            std::cout << (*markdown ? options_page(root) : manual_page(root)) << std::flush;
          }};
}

}  // namespace mtnlp::cli
