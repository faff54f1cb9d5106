#include <algorithm>

#include "base/log.h"
#include "base/output.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/signals.h"
#include "cli/cli.h"
#include "cli/neighbour.h"
#include "cli/option_groups.h"
#include "cli/prompt_options.h"
#include "infer/pipeline.h"
#include "infer/predictions.h"
#include "run/run_folder.h"

namespace mtnlp::cli {
namespace {

struct PredictArguments {
  std::string model, out = "-", prefix;
  RowFormat out_format = RowFormat::kAuto;
  std::vector<std::string> keep_columns;
  InputArguments input;
  PromptChoice prompt;
  std::optional<Decide> decide;
  bool raw = false, unbuffered = false, spreadsheet = false, explain = false;
  AnswerOptions answers;
  ComputeArguments compute;
};

/// Throws Error for options that the output cannot follow.
void check_answers(const PredictArguments& arguments, const std::vector<Task>& tasks, RowFormat format) {
  if (arguments.spreadsheet && is_json(format))
    fail_input("--spreadsheet is for CSV and TSV, but the output is JSON; --out-format csv writes CSV");
  if (arguments.explain && !is_json(format))
    fail_input("--explain gives lists, which CSV and TSV cannot hold; --out-format jsonl writes JSON");
  if (arguments.unbuffered && arguments.out != "-")
    fail_input("--unbuffered is for standard output; ", arguments.out, " appears only when it is complete");
  const auto is_single = [](const Task& task) { return task.kind == &default_task_kind(); };
  if (arguments.answers.min_confidence == 0 || std::ranges::all_of(tasks, is_single)) return;
  if (std::ranges::none_of(tasks, is_single))
    fail_input(arguments.model, ": has no task of one label of several, which --min-confidence is for");
  std::vector<std::string> others;
  for (const Task& task : tasks)
    if (!is_single(task)) others.push_back(shown(task.name));
  log_warning("--min-confidence is for one label of several; all answers are written of " + few_of(others));
}

void run_predict(const PredictArguments& arguments, const GlobalOptions& global) {
  check_output_of_model(arguments.out, arguments.model, arguments.input.file);
  catch_stop_signals();
  const auto reader = open_input(arguments.input);
  const ModelFolder folder = resolve_model(arguments.model);
  const Predictor predictor =
      load(folder, {.prompt = arguments.prompt, .decide = arguments.decide, .raw = arguments.raw},
           arguments.compute, global, /*need_heads=*/true);
  const ModelSettings& settings = predictor.settings();

  TextRowsOptions reading =
      text_options(arguments.input, settings.text, settings.cut, arguments.compute.threads);
  RowWriterOptions writing;
  writing.format = output_format(arguments.out_format, arguments.out, reader->format());
  check_answers(arguments, settings.tasks, writing.format);
  AnswerOptions answers = arguments.answers;
  answers.nested = is_json(writing.format);
  require_separable(settings.tasks, answers);
  std::optional<Explainer> explainer;
  if (arguments.explain) answers.explainer = &explainer.emplace(predictor, folder.path());
  writing.added = prediction_columns(settings.tasks, arguments.prefix, answers);
  writing.spreadsheet = arguments.spreadsheet;
  writing.keep = arguments.keep_columns;
  writing.also_known = reading.columns.all();
  OutputFile out(arguments.out);
  RowWriter writer(out.stream(), *reader, writing);
  reading.check = [&writer](const Row& row) { writer.check(row); };
  reading.unreadable_are = "without a prediction in the output";
  log_warnings(doubts_about_lines(*reader, reading.columns));
  TextRows rows(*reader, *settings.tokenizer, reading);
  Progress progress("predict", 0, "rows", {.quiet = global.quiet});
  PipelineOptions pipeline;
  if (arguments.explain) pipeline = {.first_chunk = 16, .chunk = 64};
  if (arguments.unbuffered) pipeline = {.first_chunk = 1, .chunk = 1, .read_ahead = false};
  stream_embeddings(rows, predictor.embedder(), pipeline,
                    [&](std::span<const TextRow> chunk, const Matrix& embeddings) {
                      write_predictions(chunk, embeddings, predictor, rows, writer, answers);
                      out.flush();
                      progress.add(chunk.size());
                    });
  writer.finish();
  out.commit();
  log_rows(rows, settings.cut);
  log_warnings(writer.warnings());
}

void add_answers(const OptionGroup& output, PredictArguments& arguments) {
  AnswerOptions& answers = arguments.answers;
  add_label_separator(
      output, answers.separator,
      "Text between the labels of a multilabel task in a cell of CSV or TSV; JSON has a list");
  output.flag(
      "--all-probabilities", answers.all_probabilities,
      "Add the probability of every label, as a float that is exact: columns TASK.probability.LABEL, in "
      "JSON an object TASK.probabilities");
  output.number("--top", answers.top, {0, 10'000},
                "Number of the likeliest labels to add with their probabilities: columns TASK.top.1, "
                "TASK.top.1.probability and so on, in JSON a list TASK.top");
  output.number("--min-confidence", answers.min_confidence, {0, 1},
                "Lowest probability of a label that is written, of tasks of one label of several; of a lower "
                "one the label is "
                "left empty, in JSON null");
  output.flag(
      "--explain", arguments.explain,
      "Add to JSON a list TASK.explanation: by how much the probability of the label falls where each word "
      "of the text is hidden; as many passes as the text has words");
  output.flag(
      "--unbuffered", arguments.unbuffered,
      "Answer each row before the next is awaited, for rows that come slowly, as from tail -f; slower "
      "where they come fast");
  output.flag("--spreadsheet", arguments.spreadsheet,
              "Put an apostrophe before each cell, of the input too, that begins with = + - @, a tab or a "
              "carriage return, which a spreadsheet program may run as a formula; CSV and TSV");
}

}  // namespace

Verb setup_predict(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<PredictArguments>();
  VerbTable& verb = add_verb(root, "predict",
                             "Label rows: write the label of every task and its probability, or its number");
  OptionGroup(verb).argument("MODEL", arguments->model, "Run folder or checkpoint folder").require();
  add_input(verb, arguments->input);
  const OptionGroup output(verb, "Output");
  output.text("--out", arguments->out, "FILE", "File to write; - is standard output");
  Choices<RowFormat> formats = choices_of<RowFormat>(row_format_names());
  std::erase_if(formats, [](const auto& choice) { return choice.second == RowFormat::kLines; });
  output.choice("--out-format", arguments->out_format, formats,
                "Format to write; auto: by the ending of --out, else the format of the rows");
  output.text("--prefix", arguments->prefix, "PREFIX",
              "Text before the names of the columns that predict adds");
  output.list("--keep-columns", arguments->keep_columns, "NAME",
              "Column of the input to write; may be repeated, the columns are written in that order [all]");
  add_answers(output, *arguments);
  add_prompt(verb, arguments->prompt);
  const OptionRow& decide = add_decide(verb, arguments->decide, OptionGroup::kPlain);
  OptionGroup(verb)
      .flag("--raw", arguments->raw,
            "Answer by the logits alone, without the temperature and the shift of a task")
      .parsed->excludes(decide.parsed);
  arguments->compute.fast = true;
  add_compute(verb, arguments->compute);
  return {verb.app, [arguments, &global] { run_predict(*arguments, global); },
          [arguments] { return needs_libtorch(arguments->compute.device); }};
}

}  // namespace mtnlp::cli
