// JSON: what parse_json accepts is what nlohmann's own parser makes of it; what it refuses has a place, and
// is refused there too unless it is one of our own bounds.
#include <algorithm>
#include <string>

#include "base/json.h"
#include "fuzz.h"

namespace mtnlp::fuzz {
namespace {

template <typename J>
void check(std::string_view text) {
  try {
    const J json = parse_json<J>(text);
    require(json == J::parse(text), "the value is nlohmann's");
    require(parse_json<J>(json.dump()) == json, "a value that is written reads back equal");
  } catch (const JsonError& error) {
    require(error.offset <= text.size() && !error.what.empty(), "an error has a place");
    require(json_problem(error, text).find('\n') == std::string::npos, "an error has one line");
    const auto tells = [&](const char* words) { return error.what.find(words) != std::string::npos; };
    const bool ends_early = text.find('\0') != std::string_view::npos;  // a NUL is the end to nlohmann
    require(ends_early || tells("twice") || tells("nests deeper") || !J::accept(text),
            "nothing else is refused");
  }
}

}  // namespace
}  // namespace mtnlp::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check<Json>(text);
  fuzz::check<OrderedJson>(text);
  return 0;
}
