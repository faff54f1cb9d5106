// The post-processor of tokenizer.json: the ids around a text, and around and between those of a pair.
#include <utility>

#include "base/json.h"
#include "text/loaders.h"
#include "text/tokenizer_json.h"

namespace mtnlp {

const Json& part(const Json& object, const std::string& key) {
  static const Json kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

const Json& require_part(const Json& object, const std::string& key, const fs::path& file) {
  const Json& found = part(object, key);
  if (found.is_null()) fail_input(file.string(), ": \"", key, "\" is missing");
  return found;
}

const Json& require_list(const Json& object, const std::string& key, const fs::path& file) {
  const Json& found = require_part(object, key, file);
  if (!found.is_array())
    fail_input(file.string(), ": \"", key, "\" is ", shown_json(found), ", valid is a list");
  return found;
}

namespace {

/// Returns the id of "cls" or "sep" of BertProcessing or RobertaProcessing, each a pair of a text and an id.
int32_t id_of_pair(const Json& post, const std::string& key, const fs::path& file) {
  const Json& pair = require_list(post, key, file);
  if (pair.size() != 2)
    fail_input(file.string(), ": \"", key, "\" of the post-processor is not a pair of a text and an id");
  return checked_id(pair[1], file);
}

[[noreturn]] void refuse_post_processor(const std::string& type, const fs::path& file) {
  fail_input(file.string(), ": the post-processor \"", type,
             "\" is not supported as written, valid are BertProcessing, RobertaProcessing and a "
             "TemplateProcessing with at most one token on each side of the text");
}

/// Reads a TemplateProcessing: a token or none, the text, a token or none.
void read_template(const Json& post, const fs::path& file, Pipeline& pipeline) {
  bool text_seen = false;
  for (const Json& step : require_list(post, "single", file)) {
    if (step.contains("Sequence")) {
      if (std::exchange(text_seen, true)) refuse_post_processor("TemplateProcessing", file);
      continue;
    }
    const auto name = json_require<std::string>(require_part(step, "SpecialToken", file), "id", file);
    const Json& token = require_part(require_part(post, "special_tokens", file), name, file);
    const Json& ids = require_list(token, "ids", file);
    int32_t& id = text_seen ? pipeline.last_id : pipeline.first_id;
    if (ids.size() != 1 || id != Tokenizer::kNoId) refuse_post_processor("TemplateProcessing", file);
    id = checked_id(ids[0], file);
  }
  if (!text_seen) refuse_post_processor("TemplateProcessing", file);
}

/// Returns the form of the pairs of a TemplateProcessing whose text alone is read; none where it is not what
/// PairForm can say.
std::optional<PairForm> read_pair_template(const Json& post, const Pipeline& single, const fs::path& file) {
  std::vector<int32_t> ids[3];  // before, between and behind the texts
  std::vector<int> types;       // of the steps
  size_t texts = 0;
  for (const Json& step : part(post, "pair")) {
    const bool is_text = step.contains("Sequence");
    const Json& content = require_part(step, is_text ? "Sequence" : "SpecialToken", file);
    types.push_back(json_get(content, "type_id", 0, file));
    const auto name = json_require<std::string>(content, "id", file);
    if (is_text) {
      if (texts == 2 || name != (texts == 0 ? "A" : "B")) return std::nullopt;
      ++texts;
      continue;
    }
    const Json& token = require_part(require_part(post, "special_tokens", file), name, file);
    for (const Json& id : require_list(token, "ids", file)) ids[texts].push_back(checked_id(id, file));
  }
  std::vector<int32_t> before, behind = {single.last_id};
  if (single.first_id != Tokenizer::kNoId) before = {single.first_id};
  const PairForm form{ids[1].size(), !types.empty() && types.back() == 1};
  std::vector<int> usual(types.size(), 0);
  if (form.second_type && types.size() > 1) usual[usual.size() - 2] = usual.back() = 1;
  const bool fits = texts == 2 && types == usual && ids[0] == before && ids[2] == behind &&
                    single.last_id != Tokenizer::kNoId &&
                    ids[1] == std::vector<int32_t>(form.separators, single.last_id);
  return fits ? std::optional(form) : std::nullopt;
}

}  // namespace

bool read_post_processor(const Json& json, const fs::path& file, Pipeline& pipeline) {
  const Json& post = part(json, "post_processor");
  if (post.is_null()) return false;
  const std::string type = type_of(post);
  if (type == "TemplateProcessing") {
    read_template(post, file, pipeline);
    pipeline.pair = read_pair_template(post, pipeline, file);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    pipeline.first_id = id_of_pair(post, "cls", file);
    pipeline.last_id = id_of_pair(post, "sep", file);
    pipeline.pair = type == "BertProcessing" ? PairForm{1, true} : PairForm{2, false};
  } else {
    refuse_post_processor(type, file);
  }
  return true;
}

}  // namespace mtnlp
