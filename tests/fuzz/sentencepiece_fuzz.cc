// A SentencePiece file under each of the three classes that give its ids a meaning: refused, or a tokenizer
// that keeps its promises. What our reader lets through, libsentencepiece opens or refuses; what both accept
// holds the same pieces for both, and the library, too, cuts texts with it and neither crashes nor writes.
#include <sentencepiece_processor.h>

#include "text/sentencepiece.h"
#include "text/sentencepiece_proto.h"
#include "tokenizer_checks.h"

namespace mtnlp::fuzz {
namespace {

void require_same_pieces(const SentencePieceModel& model,
                         const sentencepiece::SentencePieceProcessor& library) {
  using Type = SentencePieceModel::PieceType;
  require(static_cast<size_t>(library.GetPieceSize()) == model.pieces.size(), "as many pieces");
  for (int id = 0; id < library.GetPieceSize(); ++id) {
    const auto& piece = model.pieces[static_cast<size_t>(id)];
    require(library.IdToPiece(id) == piece.text && library.GetScore(id) == piece.score, "the same piece");
    require(library.IsUnknown(id) == (piece.type == Type::kUnknown) &&
                library.IsControl(id) == (piece.type == Type::kControl) &&
                library.IsUnused(id) == (piece.type == Type::kUnused) &&
                library.IsByte(id) == (piece.type == Type::kByte),
            "of the same type");
  }
}

void check_library(std::string_view bytes, const fs::path& file) {
  std::string checked;
  if (!accepts([&] { checked = read_sentencepiece_proto(bytes, file).checked; })) return;
  SentencePieceModel model;
  const bool accepted = accepts([&] { model = read_sentencepiece_model(file); });
  sentencepiece::SentencePieceProcessor library;
  bool opened = false;
  try {
    opened = library.LoadFromSerializedProto(checked).ok();
  } catch (const std::exception&) {  // of its index
  }
  require(opened == accepted, "our reader accepts what the library opens");
  if (!opened) return;
  require_same_pieces(model, library);
  for (const char* text : {"", "  ", "Hello world, na\u00EFve caf\u00E9!", "<s> [MASK]</s> \u2581\u2581<unk>",
                           "\u4E2D\u6587\u0130", "\xff\xc3", "a\u0301\u0345\u1E9B\u0323"}) {
    std::vector<int> ids;
    require(library.Encode(text, &ids).ok(), "the library cuts a text");
    for (const int id : ids) require(id >= 0 && id < library.GetPieceSize(), "into pieces of the model");
  }
  std::vector<int> ids;
  require(library.Encode(bytes.substr(0, 4096), &ids).ok(), "the library cuts any bytes");
}

}  // namespace
}  // namespace mtnlp::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  constexpr const char* kConfigs[] = {R"({"tokenizer_class": "XLMRobertaTokenizer"})",
                                      R"({"tokenizer_class": "AlbertTokenizer"})",
                                      R"({"tokenizer_class": "T5Tokenizer", "extra_ids": 3})"};
  static const fuzz::TempFolder folder;
  const fuzz::Input input(data, size, std::size(kConfigs));
  folder.write("tokenizer_config.json", kConfigs[input.choice]);
  const fs::path file = folder.write("spiece.model", input.bytes);
  fuzz::accepts([&] { fuzz::check_texts(*load_tokenizer(folder.path())); });
  fuzz::check_library(input.bytes, file);
  return 0;
}
