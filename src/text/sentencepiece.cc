#include "text/sentencepiece.h"

#include <exception>
#include <new>
#include <utility>

#include <sentencepiece_processor.h>

#include "base/error.h"
#include "base/printable.h"
#include "text/sentencepiece_proto.h"

// The library exports this function; its installed headers do not declare it.
namespace sentencepiece::logging {
void SetMinLogLevel(int level);
}

namespace mtnlp {
namespace {

constexpr size_t kMaxModelFile = size_t{64} << 20;  // of 250,000 pieces some 5 MB

[[noreturn]] void refuse(const fs::path& file, std::string_view reason) {
  fail_input(file.string(), ": libsentencepiece refuses the model: ", shortened(printable(reason), 200));
}

/// Opens what our reader has checked; nothing of the library's log is shown.
void load(const std::string& checked, const fs::path& file, sentencepiece::SentencePieceProcessor& library) {
  constexpr int kNothing = 4;  // above its LOG_FATAL
  sentencepiece::logging::SetMinLogLevel(kNothing);
  try {
    const auto status = library.LoadFromSerializedProto(checked);
    if (!status.ok()) refuse(file, status.error_message());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // of Darts, its index
    refuse(file, error.what());
  }
}

SentencePieceModel::PieceType piece_type(const sentencepiece::SentencePieceProcessor& library, int id,
                                         bool user_defined) {
  using Type = SentencePieceModel::PieceType;
  if (user_defined) return Type::kUserDefined;
  if (library.IsUnknown(id)) return Type::kUnknown;
  if (library.IsControl(id)) return Type::kControl;
  if (library.IsUnused(id)) return Type::kUnused;
  return library.IsByte(id) ? Type::kByte : Type::kNormal;
}

}  // namespace

SentencePieceModel read_sentencepiece_model(const fs::path& file) {
  SentencePieceProto proto = read_sentencepiece_proto(read_file(file, kMaxModelFile), file);
  sentencepiece::SentencePieceProcessor library;
  load(proto.checked, file, library);
  const auto count = static_cast<size_t>(library.GetPieceSize());
  if (count != proto.user_defined.size())
    refuse(file, str("it finds ", count, " pieces, the file holds ", proto.user_defined.size()));
  SentencePieceModel model;
  model.charsmap = std::move(proto.charsmap);
  model.pieces.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const int id = static_cast<int>(i);
    model.pieces.push_back(
        {library.IdToPiece(id), library.GetScore(id), piece_type(library, id, proto.user_defined[i])});
  }
  return model;
}

}  // namespace mtnlp
