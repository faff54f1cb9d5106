#include "base/signals.h"
#include "cli/cli.h"
#include "cli/option_groups.h"
#include "data/text_sample.h"
#include "hub/new_encoder.h"
#include "run/run_paths.h"
#include "text/train_sentencepiece.h"

namespace mtnlp::cli {
namespace {

struct VocabularyArguments {
  TextSampleOptions sample;
  ReadingArguments reading;
  UnigramTraining training;
  NewEncoder shape;
  std::string out;
};

/// Signals end the process as they usually do until the folder is written: the trainer looks at nothing.
void run_vocabulary(const VocabularyArguments& arguments, const GlobalOptions& global) {
  const fs::path out = without_slash(arguments.out);
  require_absent(out);
  require_shape(arguments.shape);
  TextSampleOptions options = arguments.sample;
  options.rows = arguments.reading.rows();
  options.text = arguments.reading.text();
  options.quiet = global.quiet;
  TextSample sample = sample_texts(options);
  log_warnings(sample.warnings);
  log_info(str("learning ", arguments.training.pieces, " pieces from ", sample.lines.size(), " of ",
               sample.all, " lines"));
  const std::string model = train_sentencepiece(std::move(sample.lines), arguments.training);
  catch_stop_signals();
  write_folder_atomic(out,
                      [&](const fs::path& folder) { write_new_encoder(folder, model, arguments.shape); });
  log_info("wrote " + out.string());
}

void add_texts(VerbTable& verb, VocabularyArguments& arguments) {
  const OptionGroup group(verb, "Data");
  TextSampleOptions& sample = arguments.sample;
  group.list("--text", sample.files, "FILE", "Texts to learn from, a row each; may be repeated").require();
  add_reading(verb, arguments.reading, "Data");
  group.flag("--keep-going", sample.keep_going,
             "Drop rows that cannot be read, and count them, instead of stopping at the first");
  group.number("--sample", sample.lines, {1, 100'000'000},
               "Most lines to learn from, drawn by the seed where there are more; memory grows with it");
  add_seed(verb, sample.seed, "Seed of the sample", "Data");
}

}  // namespace

Verb setup_vocabulary(VerbTable& root, const GlobalOptions& global) {
  auto arguments = std::make_shared<VocabularyArguments>();
  VerbTable& verb = add_verb(root, "vocabulary", "Learn the pieces of a new encoder from texts");
  add_texts(verb, *arguments);
  const OptionGroup pieces(verb, "Vocabulary");
  pieces.number("--pieces", arguments->training.pieces, {8, 1'000'000},
                "Pieces of the SentencePiece unigram model");
  pieces.number("--coverage", arguments->training.coverage, {0.98, 1},
                "Share of the texts' characters that are pieces; the rarest become <unk>");
  const OptionGroup encoder(verb, "Encoder");
  NewEncoder& shape = arguments->shape;
  encoder.number("--layers", shape.layers, {1, 1024}, "Transformer layers");
  encoder.number("--dim", shape.dim, {1, 65'536}, "Size of a token's vector; the inner size is 4 times that");
  encoder.number("--heads", shape.heads, {1, 1024}, "Attention heads of a layer, which divide --dim");
  encoder.number("--max-length", shape.positions, {2, 1'000'000},
                 "Most tokens of a text, special ones included");
  OptionGroup(verb, "Output")
      .text("--out", arguments->out, "DIR", "Encoder folder to write, which must not exist")
      .require();
  return {verb.app, [arguments, &global] { run_vocabulary(*arguments, global); }};
}

}  // namespace mtnlp::cli
