// The goldens of tests/golden/make_tokenizer_goldens.py.
#pragma once

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include "base/files.h"
#include "base/json.h"
#include "testing.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace mtnlp::testing {

/// The content of tests/golden/tokenizers/NAME.gz.
inline std::string read_golden(const std::string& name) {
  const gzFile file = gzopen(test_path("golden/tokenizers/" + name + ".gz").c_str(), "rb");
  if (file == nullptr) fail_system("no golden ", name);
  std::string content(1 << 16, '\0');
  size_t size = 0;
  for (int count;
       (count = gzread(file, content.data() + size, static_cast<unsigned>(content.size() - size))) > 0;) {
    size += static_cast<size_t>(count);
    if (size == content.size()) content.resize(size * 2);
  }
  gzclose(file);
  content.resize(size);
  return content;
}

inline Json golden_json(const std::string& name) {
  return Json::parse(read_golden(name));
}

inline const std::vector<std::string>& golden_lines() {
  static const auto kLines = golden_json("lines.json").get<std::vector<std::string>>();
  return kLines;
}

inline const Json& golden_case(const std::string& name) {
  static const Json kCases = golden_json("cases.json");
  return kCases.at(name);
}

/// The tokenizer of a case: its file, with what the case changes in it and puts beside it.
inline std::unique_ptr<Tokenizer> golden_tokenizer(const std::string& name) {
  const Json& golden = golden_case(name);
  const auto file = golden["file"].get<std::string>();
  std::string content = read_golden(file);
  if (golden.contains("change")) {
    Json json = Json::parse(content);
    json.update(golden["change"]);
    content = json.dump();
  }
  const TempFolder folder;
  folder.write(fs::path(file).filename(), content);
  if (golden.contains("config")) folder.write("tokenizer_config.json", golden["config"].dump());
  return load_tokenizer(folder.path());
}

/// The name of a case as GoogleTest wants it: letters and digits only.
inline std::string test_name(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

inline std::string crc32_hex(std::string_view text) {
  char hex[9];
  std::snprintf(hex, sizeof hex, "%08lx",
                ::crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<unsigned>(text.size())));
  return hex;
}

inline std::string joined(const std::vector<int32_t>& ids) {
  std::string text;
  for (const int32_t id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

/// Whether the reference, too, made `ids` of golden line `i`.
inline bool equals_golden(const Json& expected, size_t i, const std::vector<int32_t>& ids) {
  return expected.contains("ids") ? ids == expected["ids"][i].get<std::vector<int32_t>>()
                                  : crc32_hex(joined(ids)) == expected["crc32"][i];
}

/// Expects what `tokenizer` makes of every golden line to be what the reference made of it in `name`. Reports
/// the first few lines that differ.
inline void expect_golden(const Tokenizer& tokenizer, const std::string& name) {
  const Json& expected = golden_case(name);
  const size_t max_length = expected.value("max_length", size_t{1} << 40);
  const std::vector<std::string>& lines = golden_lines();
  ASSERT_GE(lines.size(), 5000u);
  int wrong = 0;
  for (size_t i = 0; i < lines.size() && wrong < 5; ++i) {
    const std::vector<int32_t> ids = tokenizer.encode(lines[i], {max_length});
    if (equals_golden(expected, i, ids)) continue;
    ++wrong;
    ADD_FAILURE() << "case \"" << name << "\", line " << i << ": "
                  << Json(lines[i].substr(0, 200)).dump(-1, ' ', true, Json::error_handler_t::replace)
                  << "\n  ours " << joined(ids).substr(0, 300);
  }
}

/// Expects `change` to make of "a" + c + "b" what the reference makes of it, for every code point c; `change`
/// gets the text and appends to `out`. A failure names the block.
inline void expect_sweep(const std::string& name,
                         const std::function<void(std::string_view, std::string&)>& change) {
  static const Json kSweep = golden_json("sweep.json");
  constexpr char32_t kBlock = 1024, kEnd = 0x110000;
  const Json& expected = kSweep.at(name);
  ASSERT_EQ(expected.size(), kEnd / kBlock);
  int wrong = 0;
  for (char32_t begin = 0; begin < kEnd && wrong < 5; begin += kBlock) {
    std::string result, text;
    for (char32_t c = begin; c < begin + kBlock; ++c) {
      if (c >= 0xD800 && c < 0xE000) continue;
      text = "a";
      append_utf8(c, text);
      text += "b";
      change(text, result);
      result += '\n';
    }
    if (crc32_hex(result) == expected[begin / kBlock]) continue;
    ++wrong;
    ADD_FAILURE() << "sweep \"" << name << "\": a code point from " << std::hex
                  << static_cast<uint32_t>(begin) << " to " << static_cast<uint32_t>(begin + kBlock - 1)
                  << " differs";
  }
}

}  // namespace mtnlp::testing
