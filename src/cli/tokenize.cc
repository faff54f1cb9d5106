#include "base/output.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "hub/model_folder.h"
#include "run/run_folder.h"

namespace mtnlp::cli {
namespace {

constexpr size_t kChunkRows = 8192;

struct TokenizeArguments {
  std::string model, out = "-";
  std::optional<Truncation> truncation;
  size_t max_length = 0;
  PromptChoice prompt;
  InputArguments input;
  int threads = 1;
};

std::string ids_line(const std::vector<int32_t>& ids) {
  std::string line;
  for (const int32_t id : ids) {
    if (!line.empty()) line += ' ';
    line += std::to_string(id);
  }
  return line + '\n';
}

void run_tokenize(const TokenizeArguments& arguments) {
  check_output_of_model(arguments.out, arguments.model, arguments.input.file);
  catch_stop_signals();
  const ModelFolder folder = resolve_model(arguments.model);
  const Prompts prompts = choose_prompt(read_prompts(folder), arguments.prompt, folder);
  const auto tokenizer = load_model_tokenizer(folder, prompts.default_text());
  TextCut cut;
  if (arguments.max_length == 0 || !arguments.truncation)
    cut = read_text_cut(folder, tokenizer->truncation());
  if (arguments.max_length > 0) cut.max_length = arguments.max_length;
  if (arguments.truncation) cut.truncation = *arguments.truncation;
  const auto reader = open_input(arguments.input);
  std::optional<TextColumns> columns;
  if (is_checkpoint(folder)) columns = parse_tasks_file(folder).text;
  TextRowsOptions reading = text_options(arguments.input, columns, cut, arguments.threads);
  log_warnings(doubts_about_lines(*reader, reading.columns));
  TextRows rows(*reader, *tokenizer, reading);
  OutputFile out(arguments.out);
  for (std::vector<TextRow> chunk; !(chunk = rows.next(kChunkRows)).empty();) {
    for (const TextRow& row : chunk) out.stream() << ids_line(row.tokens.ids);
    out.flush();
  }
  out.commit();
  log_rows(rows, cut);
}

}  // namespace

Verb setup_tokenize(VerbTable& root, const GlobalOptions&) {
  auto arguments = std::make_shared<TokenizeArguments>();
  VerbTable& verb = add_verb(root, "tokenize", "Write token ids, one line per row");
  const OptionGroup options(verb);
  options.argument("MODEL", arguments->model, "Encoder, checkpoint or run folder").require();
  add_input(verb, arguments->input);
  options.text("--out", arguments->out, "FILE", "File to write; - is standard output");
  options.number("--max-length", arguments->max_length, {2, 1'000'000},
                 "Most tokens of a text, special ones included; longer texts are cut [the folder's]");
  options.choice("--truncate", arguments->truncation, choices_of<Truncation>(truncation_names()),
                 "End of a longer text that is kept; head+tail: a quarter from the start, the rest from the "
                 "end [the folder's]");
  add_prompt(verb, arguments->prompt);
  add_threads(verb, arguments->threads);
  return {verb.app, [arguments] { run_tokenize(*arguments); }};
}

}  // namespace mtnlp::cli
