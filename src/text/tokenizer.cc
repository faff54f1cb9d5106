#include "text/tokenizer.h"

#include <algorithm>
#include <utility>

#include "base/placeholder.h"
#include "base/printable.h"
#include "text/loaders.h"
#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr const char* kSentencePieceFiles[] = {"sentencepiece.bpe.model", "spiece.model", "tokenizer.model"};

/// Returns how many of `room` ids are taken from the beginning of a text that is too long.
size_t ids_of_head(Truncation truncation, size_t room) {
  switch (truncation) {
    case Truncation::kHead:
      return room;
    case Truncation::kTail:
      return 0;
    case Truncation::kHeadTail:
      return (room + 2) / 4;
  }
  return room;
}

/// Cuts the ids from place `from` on to `room`, of which the first `prompt` stay whichever end is kept.
void keep_room(std::vector<int32_t>& ids, size_t from, size_t room, size_t prompt, Truncation truncation) {
  const size_t length = ids.size() - from;
  if (length <= room) return;
  prompt = std::min(prompt, room);
  const size_t head = prompt + ids_of_head(truncation, room - prompt);
  const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(from + head);
  ids.erase(begin, begin + static_cast<std::ptrdiff_t>(length - room));
}

/// Returns how many ids of two texts stay in `room` when the longer one is cut first, and of equal ones each by
/// half, as the library's "longest_first" has it; `prompt` ids of the first text stay.
std::pair<size_t, size_t> longest_first(size_t first, size_t second, size_t room, size_t prompt) {
  if (first + second <= room) return {first, second};
  const size_t half = room / 2;
  const size_t of_first = first <= second ? std::min(first, half) : room - std::min(second, half);
  const size_t with_prompt = std::max(of_first, std::min(prompt, room));
  return {with_prompt, room - with_prompt};
}

bool lowers(const Json& normalizer) {
  if (type_of(normalizer) == "Lowercase") return true;
  if (type_of(normalizer) != "Sequence" || !normalizer.contains("normalizers")) return false;
  const Json& parts = normalizer["normalizers"];
  return std::any_of(parts.begin(), parts.end(),
                     [](const Json& part) { return type_of(part) == "Lowercase"; });
}

std::unique_ptr<Tokenizer> load_vocabulary_of(const TokenizerFolder& files) {
  const fs::path& folder = files.path;
  if (const fs::path file = folder / "tokenizer.json"; fs::exists(file))
    return load_tokenizer_json(files, file);
  if (const fs::path file = folder / "vocab.txt"; fs::exists(file)) return load_vocabulary(files, file);
  for (const char* name : kSentencePieceFiles)
    if (const fs::path file = folder / name; fs::exists(file)) return load_sentencepiece(files, file);
  fail_input(
      folder.string(),
      ": holds no tokenizer, valid are tokenizer.json, vocab.txt, sentencepiece.bpe.model, spiece.model "
      "and tokenizer.model");
}

}  // namespace

void Tokenizer::append_first_pieces(std::string_view text, size_t, std::vector<int32_t>& ids) const {
  append_pieces(text, ids);
}

void Tokenizer::use_prompt(const std::string& prompt) {
  std::vector<int32_t> ids;
  append_pieces(prompt, ids);
  prompt_ = prompt;
  prompt_pieces_ = ids.size();
}

/// Returns how many pieces fit beside `special` ids. Throws Error when that is too little for a text.
size_t Tokenizer::checked_room(size_t max_length, size_t special) const {
  const size_t room = max_length - special;
  if (prompt_pieces_ > 0 && prompt_pieces_ >= room)
    fail_input("the prompt \"", shortened(prompt_, 60), "\" has ", prompt_pieces_,
               " tokens, which leaves no room for a text in ", max_length, " tokens");
  return room;
}

/// Returns the windows of a text, one after another; `ids` are those of the whole, with the special ones.
std::vector<int32_t> Tokenizer::windows_of(std::span<const int32_t> ids, const TextCut& cut) const {
  const size_t closed = last_id() != kNoId ? 1 : 0;
  const auto head = ids.first(std::min(ids.size() - closed, (first_id() != kNoId ? 1 : 0) + prompt_pieces_));
  const auto pieces = ids.subspan(head.size()).first(ids.size() - head.size() - closed);
  const size_t room = cut.max_length - head.size() - closed;
  if (cut.stride > room)
    fail_input("the stride of the windows is ", cut.stride, ", but a window of ", cut.max_length,
               " tokens holds ", room, " of a text; valid are 1 to ", room);
  std::vector<int32_t> windows;
  for (size_t first = 0;; first += cut.stride) {
    const auto own = pieces.subspan(first, std::min(room, pieces.size() - first));
    windows.insert(windows.end(), head.begin(), head.end());
    windows.insert(windows.end(), own.begin(), own.end());
    if (closed > 0) windows.push_back(last_id());
    if (first + room >= pieces.size()) return windows;
  }
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, const TextCut& cut, size_t* full_length) const {
  if (cut.max_length < 2) fail_input("the maximal length is ", cut.max_length, ", valid is 2 or more");
  const bool opened = first_id() != kNoId, closed = last_id() != kNoId;
  const size_t room =
      checked_room(cut.max_length, size_t{opened} + size_t{closed}) + cut.longest() - cut.max_length;
  const std::string prompted = prompt_.empty() ? "" : prompt_ + std::string(text);
  if (!prompt_.empty()) text = prompted;
  std::vector<int32_t> ids;
  if (opened) ids.push_back(first_id());
  if (cut.truncation == Truncation::kHead && full_length == nullptr)
    append_first_pieces(text, room, ids);
  else
    append_pieces(text, ids);
  if (full_length != nullptr) *full_length = ids.size() + closed;
  keep_room(ids, opened, room, prompt_pieces_, cut.truncation);
  if (closed) ids.push_back(last_id());
  return cut.has_windows() ? windows_of(ids, cut) : ids;
}

Encoding Tokenizer::encode(const Segments& segments, const TextCut& cut, size_t* full_length) const {
  if (!segments.second) {
    Encoding encoding{encode(segments.first, cut, full_length)};
    if (encoding.ids.size() > cut.max_length) encoding.window = cut.max_length;
    return encoding;
  }
  if (cut.has_windows()) fail_input("windows are for single texts, not for pairs");
  const std::optional<PairForm> form = pair_form();
  if (!form) fail_input("the tokenizer's files have no form for pairs of texts that is supported");
  const bool opened = first_id() != kNoId;
  const size_t special = opened + form->separators + 1;
  if (cut.max_length < special)
    fail_input("the maximal length is ", cut.max_length, ", valid for pairs of texts is ", special,
               " or more");
  const size_t room = checked_room(cut.max_length, special);
  std::vector<int32_t> first, second;
  append_pieces(prompt_ + std::string(segments.first), first);
  append_pieces(*segments.second, second);
  if (full_length != nullptr) *full_length = first.size() + second.size() + special;
  const auto [of_first, of_second] = longest_first(first.size(), second.size(), room, prompt_pieces_);
  keep_room(first, 0, of_first, prompt_pieces_, cut.truncation);
  keep_room(second, 0, of_second, 0, cut.truncation);
  Encoding encoding;
  std::vector<int32_t>& ids = encoding.ids;
  ids.reserve(first.size() + second.size() + special);
  if (opened) ids.push_back(first_id());
  ids.insert(ids.end(), first.begin(), first.end());
  ids.insert(ids.end(), form->separators, last_id());
  if (form->second_type) encoding.second_type = ids.size();
  ids.insert(ids.end(), second.begin(), second.end());
  ids.push_back(last_id());
  return encoding;
}

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder) {
  for (const std::string& name : tokenizer_files(folder)) refuse_placeholder(folder / name);
  const TokenizerFolder files(folder);
  auto tokenizer = load_vocabulary_of(files);
  if (const auto truncation = files.truncation()) tokenizer->use_truncation(*truncation);
  return tokenizer;
}

std::vector<std::string> tokenizer_files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const char* name :
       {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.txt", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model"})
    if (is_there(folder / name)) names.emplace_back(name);
  return names;
}

// ---- what the loaders share ----

int32_t id_of(const std::vector<std::string>& pieces, const std::string& text, const fs::path& file) {
  const auto found = std::find(pieces.rbegin(), pieces.rend(), text);
  if (found == pieces.rend()) fail_input(file.string(), ": has no token \"", text, "\"");
  return static_cast<int32_t>(pieces.rend() - found) - 1;
}

void lower_first_when_asked(const TokenizerFolder& folder, const Json& json, Normalizer& normalizer) {
  if (folder.lower_case && !lowers(json))
    normalizer.prepend([](std::string_view text, std::string& out) { append_lower(text, out); });
}

std::string type_of(const Json& json) {
  const auto found = json.find("type");
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace mtnlp
