// WordPiece: any bytes are a text, for a cased and for an uncased vocabulary; and any bytes are a vocab.txt
// or refused.
#include "tokenizer_checks.h"

namespace mtnlp::fuzz {
namespace {

constexpr const char* kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\nb\n##b\nab\n##ab\n.\n,\n!\nI\n##I\ni\ncafe\n##"
    "s\n\u4E2D\n\u00E9\n##\u00E9\n\uFFFD\n";

std::unique_ptr<Tokenizer> load(const TempFolder& folder, const char* config) {
  folder.write("vocab.txt", kVocabulary);
  folder.write("tokenizer_config.json", config);
  return load_tokenizer(folder.path());
}

}  // namespace
}  // namespace mtnlp::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  static const fuzz::TempFolder folder;
  static const auto uncased = fuzz::load(folder, R"({"do_lower_case": true})");
  static const auto cased =
      fuzz::load(folder, R"({"do_lower_case": false, "tokenize_chinese_chars": false})");
  const fuzz::Input input(data, size, 3);
  if (input.choice < 2) {
    fuzz::check_text(input.choice == 0 ? *uncased : *cased, input.bytes);
    return 0;
  }
  folder.write("vocab.txt", input.bytes);
  fuzz::accepts([&] { fuzz::check_texts(*load_tokenizer(folder.path())); });
  return 0;
}
