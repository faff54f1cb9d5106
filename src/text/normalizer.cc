// Each step of the normaliser is a function from a text to what it appends; the chain is made once, from
// JSON, and is then only read, by any number of threads.
#include "text/normalizer.h"

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "text/unicode.h"

namespace mtnlp {
namespace {

constexpr int kDeepestSequence = 8;

std::string decode_base64(std::string_view text, const std::string& where) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) fail_input(where, ": the precompiled charsmap is not base64");
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return out;
}

Normalizer::Step decompose_step(Decomposition form) {
  return [form](std::string_view text, std::string& out) { append_decomposed(text, form, out); };
}

Normalizer::Step strip_step(bool left, bool right) {
  return [left, right](std::string_view text, std::string& out) {
    size_t begin = text.size(), end = 0;  // of what is not white space
    for (size_t at = 0; at < text.size();) {
      const size_t here = at;
      if (is_white_space(decode_utf8(text, at))) continue;
      begin = std::min(begin, here);
      end = at;
    }
    if (!left) begin = 0;
    if (!right) end = text.size();
    if (begin < end) out += text.substr(begin, end - begin);
  };
}

/// Returns the step for the regular expression " {2,}", the only one that converted SentencePiece models
/// hold.
Normalizer::Step replace_spaces_step(std::string to) {
  return [to = std::move(to)](std::string_view text, std::string& out) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find_first_not_of(' ', at), text.size());
      if (end - at >= 2)
        out += to;
      else
        out += text.substr(at, end - at);
      at = std::min(text.find(' ', end), text.size());
      out += text.substr(end, at - end);
    }
  };
}

Normalizer::Step replace_from_json(const Json& json, const fs::path& file) {
  const Json pattern = json_require<Json>(json, "pattern", file);
  const auto to = json_require<std::string>(json, "content", file);
  if (pattern.is_object()) {
    const auto from = json_get<std::string>(pattern, "String", "", file);
    if (!from.empty()) return replace_step(from, to);
    if (json_get<std::string>(pattern, "Regex", "", file) == " {2,}") return replace_spaces_step(to);
  }
  fail_input(file.string(), ": the normalizer Replace with the pattern ", json_excerpt(pattern),
             " is not supported, only a \"String\" or the \"Regex\" \" {2,}\"");
}

}  // namespace

Normalizer::Step replace_step(std::string from, std::string to) {
  return [from = std::move(from), to = std::move(to)](std::string_view text, std::string& out) {
    for (size_t found; (found = text.find(from)) != std::string_view::npos;) {
      out += text.substr(0, found);
      out += to;
      text.remove_prefix(found + from.size());
    }
    out += text;
  };
}

Normalizer::Step charsmap_step(Charsmap map) {
  return [map = std::make_shared<const Charsmap>(std::move(map))](std::string_view text, std::string& out) {
    map->append_normalized(text, out);
  };
}

BertCleanUp bert_clean_up(const Json& json, const fs::path& file) {
  BertCleanUp options;
  options.clean_text = json_get(json, "clean_text", true, file);
  options.tokenize_chinese_chars = json_get(json, "handle_chinese_chars", true, file);
  options.lowercase = json_get(json, "lowercase", true, file);
  options.strip_accents = json_get(json, "strip_accents", options.lowercase, file);
  return options;
}

Normalizer::Step clean_up_step(const BertCleanUp& options) {
  return [options](std::string_view text, std::string& out) { append_cleaned_up(text, options, out); };
}

Normalizer::Normalizer(const Json& json, const fs::path& file) {
  append_json(json, file, 0);
}

void Normalizer::append_json(const Json& json, const fs::path& file, int depth) {
  if (json.is_null()) return;
  if (!json.is_object()) fail_input(file.string(), ": the normalizer is neither an object nor null");
  const auto type = json_require<std::string>(json, "type", file);
  if (type == "Sequence" && depth < kDeepestSequence) {
    for (const Json& part : json_require<std::vector<Json>>(json, "normalizers", file))
      append_json(part, file, depth + 1);
  } else if (type == "BertNormalizer") {
    append(clean_up_step(bert_clean_up(json, file)));
  } else if (type == "Lowercase") {
    append([](std::string_view text, std::string& out) { append_lower(text, out); });
  } else if (type == "NFD" || type == "NFKD") {
    append(decompose_step(type == "NFD" ? Decomposition::kCanonical : Decomposition::kCompatible));
  } else if (type == "StripAccents") {
    append(append_without_accents);
  } else if (type == "Strip") {
    append(strip_step(json_get(json, "strip_left", true, file), json_get(json, "strip_right", true, file)));
  } else if (type == "Replace") {
    append(replace_from_json(json, file));
  } else if (type == "Precompiled") {
    const auto blob =
        decode_base64(json_get<std::string>(json, "precompiled_charsmap", "", file), file.string());
    if (!blob.empty()) append(charsmap_step(Charsmap(blob, file.string())));
  } else {
    fail_input(file.string(), ": the normalizer \"", type,
               "\" is not supported, valid are BertNormalizer, Lowercase, NFD, NFKD, StripAccents, Strip, "
               "Replace, Precompiled and a Sequence of them");
  }
}

std::string_view Normalizer::apply(std::string_view text, std::string& buffer) const {
  std::string next;
  for (const Step& step : steps_) {
    next.clear();
    next.reserve(text.size() + text.size() / 8 + 16);
    step(text, next);
    buffer.swap(next);
    text = buffer;
  }
  return text;
}

}  // namespace mtnlp
