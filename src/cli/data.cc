#include <iostream>

#include "base/signals.h"
#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/train_command.h"
#include "data/data_check.h"
#include "data/split.h"
#include "data/write_parts.h"
#include "hub/model_folder.h"
#include "report/data_report.h"
#include "report/tables.h"
#include "run/find_encoder.h"

namespace mtnlp::cli {
namespace {

struct CheckArguments {
  DataArguments data;
  std::string encoder = "models/minilm-l6", json;
  CutChoice cut;
  uint64_t seed = 42;
  int threads = 1;
};

struct SplitArguments {
  DataArguments data;
  std::string out;
  uint64_t seed = 42;
};

struct SplitData {
  Dataset dataset;
  std::vector<Part> parts;
};

SplitData read_and_split(const DataArguments& arguments, uint64_t seed, bool skip_unreadable) {
  DatasetOptions options = arguments.dataset_options();
  options.seed = seed;
  options.reading.keep_going = options.reading.keep_going || skip_unreadable;
  SplitData data{make_dataset(options), {}};
  data.parts = split_rows(data.dataset, {.seed = seed}, &data.dataset.warnings);
  return data;
}

void run_check(const CheckArguments& arguments, const GlobalOptions& global) {
  const bool tokenized = arguments.encoder != "none";
  const fs::path encoder = tokenized ? find_encoder(arguments.encoder) : fs::path();
  if (!arguments.json.empty()) check_output_of_model(arguments.json, encoder.string());
  DataArguments from = arguments.data;
  use_embedded_data_if_none(from);
  const SplitData data = read_and_split(from, arguments.seed, /*skip_unreadable=*/true);
  std::unique_ptr<Tokenizer> tokenizer;
  TextCut cut;
  if (tokenized) {
    tokenizer = load_model_tokenizer(encoder, read_prompts(encoder).default_text());
    cut = arguments.cut.over({.truncation = tokenizer->truncation()});
    check_cut(cut, read_encoder_config(transformer_folder(encoder) / "config.json"), *tokenizer,
              data.dataset.reading.text.is_pair());
  }
  const DataCheck check = check_data(data.dataset, data.parts, tokenizer.get(), cut, arguments.threads);
  if (arguments.json != "-" && !global.quiet) std::cout << data_check_tables(check) << std::flush;
  if (!arguments.json.empty()) write_json(arguments.json, data_check_json(check));
  log_warnings(check.warnings);
}

void run_split(const SplitArguments& arguments, const GlobalOptions& global) {
  catch_stop_signals();
  DataArguments from = arguments.data;
  use_embedded_data_if_none(from);
  const SplitData data = read_and_split(from, arguments.seed, /*skip_unreadable=*/false);
  OptionWords options;
  if (!global.quiet)
    options = options_of_parts(from, arguments.seed, arguments.out, data.dataset, data.parts);
  const std::vector<WrittenPart> files = write_parts(data.dataset, data.parts, arguments.out);
  log_warnings(data.dataset.warnings);
  if (global.quiet) return;
  std::vector<std::vector<std::string>> table = {{"file", "rows"}};
  for (const WrittenPart& file : files)
    if (table.size() <= kMostClasses) table.push_back({file.file.string(), std::to_string(file.rows)});
  std::cout << align_table(table);
  if (files.size() > kMostClasses)
    std::cout << "  " << files.size() - kMostClasses << " more files; the command names all\n";
  std::cout << "\n" << train_command(data.dataset, files, options) << "\n" << std::flush;
}

Verb setup_check(VerbTable& data, const GlobalOptions& global) {
  auto arguments = std::make_shared<CheckArguments>();
  VerbTable& verb = add_verb(data, "check", "Look for faults in labelled rows before training on them");
  add_data(verb, arguments->data);
  add_seed(verb, arguments->seed, "Seed of the split and of the rows that --limit draws", "Data");
  const OptionGroup model(verb, "Model");
  model.text("--encoder", arguments->encoder, "DIR",
             "Encoder folder whose tokenizer counts the tokens of each text; none: they are not counted");
  add_cut(model, arguments->cut);
  add_json(verb, arguments->json, "the findings");
  add_threads(verb, arguments->threads);
  return {verb.app, [arguments, &global] { run_check(*arguments, global); }};
}

Verb setup_split(VerbTable& data, const GlobalOptions& global) {
  auto arguments = std::make_shared<SplitArguments>();
  VerbTable& verb = add_verb(data, "split", "Write the parts that training would use to files");
  add_data(verb, arguments->data);
  add_seed(verb, arguments->seed, "Seed of the split and of the rows that --limit draws", "Data");
  OptionGroup(verb, "Output")
      .text("--out", arguments->out, "DIR",
            "Folder to write, with FILE/train.csv, FILE/validation.csv and FILE/test.csv for each FILE")
      .require();
  return {verb.app, [arguments, &global] { run_split(*arguments, global); }};
}

}  // namespace

std::vector<Verb> setup_data(VerbTable& root, const GlobalOptions& global) {
  VerbTable& verb = add_verb(root, "data", "Check or split labelled rows, or find wrong labels");
  verb.app->require_subcommand(1);
  return {setup_check(verb, global), setup_split(verb, global), setup_suspects(verb, global)};
}

}  // namespace mtnlp::cli
