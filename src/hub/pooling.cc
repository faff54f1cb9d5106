#include "hub/pooling.h"

#include <algorithm>
#include <string_view>

#include "base/field.h"
#include "base/numbers.h"
#include "base/words.h"

namespace mtnlp {
namespace {

const std::vector<std::string> kNames = {"mean", "cls", "max", "attention"};
constexpr std::string_view kHeadsBehind = "attention:";

}  // namespace

std::optional<PoolingMode> find_pooling(const std::string& name) {
  if (name.starts_with(kHeadsBehind)) {
    const auto heads = parse_number<int64_t>(name.substr(kHeadsBehind.size()));
    return heads && *heads > 0 ? std::optional(PoolingMode(PoolingMode::kAttention, *heads)) : std::nullopt;
  }
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<PoolingMode::Kind>(found - kNames.begin());
}

PoolingMode parse_pooling(const std::string& name) {
  if (const auto mode = find_pooling(name)) return *mode;
  fail_input("pooling \"", name, "\" is not known; valid are: ", join(kNames), ", ", kPoolingWithHeads,
             did_you_mean(name, kNames));
}

std::string pooling_name(const PoolingMode& mode) {
  return mode.heads == 1 ? kNames[mode.kind] : str(kHeadsBehind, mode.heads);
}

const std::vector<std::string>& pooling_names() {
  return kNames;
}

std::vector<PoolingTensor> pooling_tensors(PoolingMode mode, int64_t dim) {
  if (mode.kind != PoolingMode::kAttention) return {};
  if (dim % mode.heads != 0)
    fail_input(field("pooling"), " ", pooling_name(mode), ": the ", dim,
               " numbers of an embedding cannot be cut into ", mode.heads,
               " equal parts; the number of heads must divide ", dim);
  return {{"query", {dim}}};
}

}  // namespace mtnlp
