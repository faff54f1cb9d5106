// vocab.txt alone: BERT's usual settings, changed by tokenizer_config.json.
#include <algorithm>
#include <utility>

#include "text/loaders.h"
#include "text/unicode.h"
#include "text/wordpiece.h"

namespace mtnlp {
namespace {

/// Reads one piece a line; white space at its end does not count.
std::vector<std::string> read_pieces(const fs::path& file) {
  const std::string content = read_file(file);
  if (!is_valid_utf8(content)) fail_input(file.string(), ": is not UTF-8");
  std::vector<std::string> pieces;
  for (size_t begin = 0; begin < content.size();) {
    const size_t line_end = std::min(content.find('\n', begin), content.size());
    size_t end = begin;
    for (size_t at = begin; at < line_end;)
      if (!is_white_space(decode_utf8(content, at))) end = at;
    pieces.push_back(content.substr(begin, end - begin));
    begin = line_end + 1;
  }
  return pieces;
}

}  // namespace

BertCleanUp bert_clean_up(const TokenizerFolder& folder) {
  BertCleanUp clean_up;
  clean_up.lowercase = json_get(folder.config, "do_lower_case", true, folder.config_file);
  clean_up.strip_accents = json_get(folder.config, "strip_accents", clean_up.lowercase, folder.config_file);
  clean_up.tokenize_chinese_chars =
      json_get(folder.config, "tokenize_chinese_chars", true, folder.config_file);
  return clean_up;
}

std::unique_ptr<Tokenizer> make_bert(const TokenizerFolder& folder, std::vector<std::string> pieces,
                                     std::vector<AddedToken> added, const fs::path& file) {
  Pipeline pipeline;
  pipeline.added = std::move(added);
  pipeline.normalizer.append(clean_up_step(bert_clean_up(folder)));
  lower_first_when_asked(folder, Json(), pipeline.normalizer);
  std::vector<std::string> all = pieces;  // the model cuts words into its own pieces alone
  append_folder_tokens(folder, all, pipeline);
  const auto special = [&](const char* name, const char* usual) {
    const std::string text = folder.token(name, usual);
    const int32_t id = id_of(all, text, file);
    if (std::ranges::find(pipeline.added, text, &AddedToken::content) == pipeline.added.end())
      pipeline.added.push_back(folder.described(text, id));
    return id;
  };
  const int32_t unknown = special("unk_token", "[UNK]");
  pipeline.first_id = special("cls_token", "[CLS]");
  pipeline.last_id = special("sep_token", "[SEP]");
  pipeline.pair = PairForm{1, folder.has_token_types()};
  for (const auto& [name, usual] : {std::pair{"pad_token", "[PAD]"}, std::pair{"mask_token", "[MASK]"}})
    if (std::find(pieces.begin(), pieces.end(), folder.token(name, usual)) != pieces.end())
      special(name, usual);
  return std::make_unique<WordPiece>(std::move(pipeline), std::move(pieces), unknown);
}

std::unique_ptr<Tokenizer> load_vocabulary(const TokenizerFolder& folder, const fs::path& file) {
  return make_bert(folder, read_pieces(file), {}, file);
}

}  // namespace mtnlp
