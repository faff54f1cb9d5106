#include "text/sentence_config.h"

#include <cmath>

#include "base/json.h"
#include "base/placeholder.h"

namespace mtnlp {
namespace {

/// Returns a length in tokens; a number beyond any model's means that there is none. Such are written as
/// 1e30.
size_t read_length(const Json& json, const char* key, const fs::path& file) {
  constexpr double kNoLimit = 1e6;
  const auto length = json_get<double>(json, key, kNoLimit + 1, file);
  if (!(length >= 2))
    fail_input(file.string(), ": \"", key, "\" is ", length, "; valid are 2 and more, or null");
  if (length != std::floor(length))
    fail_input(file.string(), ": \"", key, "\" is ", length, "; valid are whole numbers, or null");
  return length <= kNoLimit ? static_cast<size_t>(length) : 0;
}

}  // namespace

const std::vector<std::string>& sentence_config_names() {
  static const std::vector<std::string> names = {
      "sentence_bert_config.json",      "sentence_roberta_config.json", "sentence_distilbert_config.json",
      "sentence_camembert_config.json", "sentence_albert_config.json",  "sentence_xlm-roberta_config.json",
      "sentence_xlnet_config.json",     "sentence_flaubert_config.json"};
  return names;
}

SentenceConfig read_sentence_config(const fs::path& folder) {
  SentenceConfig config;
  for (const std::string& name : sentence_config_names()) {
    const fs::path file = folder / name;
    if (!is_there(file)) continue;
    refuse_placeholder(file);
    const Json json = read_json(file);
    if (json.empty()) continue;  // the library looks on, too
    config.file = file;
    config.max_length = read_length(json, "max_seq_length", file);
    config.lower_case = json_get<bool>(json, "do_lower_case", false, file);
    if (const auto task = json_get<std::string>(json, "transformer_task", "feature-extraction", file);
        task != "feature-extraction")
      fail_input(file.string(), ": \"transformer_task\" is ", in_quotes(task),
                 "; supported: feature-extraction");
    for (const char* key : {"processor_kwargs", "tokenizer_args"})  // they take precedence
      if (const auto found = json.find(key); found != json.end() && found->is_object())
        if (found->contains("model_max_length"))
          config.max_length = read_length(*found, "model_max_length", file);
    break;
  }
  if (const fs::path file = folder / "tokenizer_config.json"; config.max_length == 0 && fs::exists(file))
    config.max_length = read_length(read_json(file), "model_max_length", file);
  return config;
}

}  // namespace mtnlp
