// A SentencePiece file under each of the three classes that give its ids a meaning: refused, or a tokenizer
// that keeps its promises.
#include "tokenizer_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  constexpr const char* kConfigs[] = {R"({"tokenizer_class": "XLMRobertaTokenizer"})",
                                      R"({"tokenizer_class": "AlbertTokenizer"})",
                                      R"({"tokenizer_class": "T5Tokenizer", "extra_ids": 3})"};
  static const fuzz::TempFolder folder;
  const fuzz::Input input(data, size, std::size(kConfigs));
  folder.write("tokenizer_config.json", kConfigs[input.choice]);
  folder.write("spiece.model", input.bytes);
  fuzz::accepts([&] { fuzz::check_texts(*load_tokenizer(folder.path())); });
  return 0;
}
