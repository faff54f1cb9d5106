// On-disk format: read_run_state must go on reading what older versions wrote.
#include "run/run_state.h"

#include <cstdlib>
#include <limits>

#include "base/field.h"
#include "base/json.h"
#include "base/words.h"

namespace mtnlp {
namespace {

constexpr const char* kStateFile = "resume.json";

using Values = std::vector<std::string>;

bool same_number(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  char *end_a = nullptr, *end_b = nullptr;
  const double x = std::strtod(a.c_str(), &end_a), y = std::strtod(b.c_str(), &end_b);
  return *end_a == '\0' && *end_b == '\0' && x == y;
}

/// Calls `report(key, was, now)`, empty for what is absent, for the first key whose values differ.
template <typename Value, typename Same, typename Report>
void find_difference(const std::map<std::string, Value>& was, const std::map<std::string, Value>& now,
                     Same same, Report report) {
  const auto value_of = [](const std::map<std::string, Value>& values, const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? Value() : found->second;
  };
  std::map<std::string, Value> keys = was;
  keys.insert(now.begin(), now.end());
  for (const auto& [key, any] : keys)
    if (!same(value_of(was, key), value_of(now, key))) report(key, value_of(was, key), value_of(now, key));
}

/// One value is a string, several are a list.
OrderedJson options_json(const OptionValues& options) {
  OrderedJson json = OrderedJson::object();
  for (const auto& [name, values] : options)
    json[name] = values.size() == 1 ? OrderedJson(values[0]) : OrderedJson(values);
  return json;
}

OptionValues read_options_json(const Json& json, const fs::path& file) {
  OptionValues options;
  for (const auto& [name, value] : json_require<std::map<std::string, Json>>(json, "options", file))
    options[name] = value.is_array() ? json_get<Values>(json.at("options"), name, {}, file)
                                     : Values{json_get<std::string>(json.at("options"), name, "", file)};
  return options;
}

}  // namespace

void write_run_state(const fs::path& checkpoint, const RunState& state) {
  OrderedJson losses = OrderedJson::array();
  for (const LossSum& loss : state.losses) losses.push_back({loss.sum, loss.weight});
  constexpr int kWithoutSoft = 4;
  OrderedJson json = {{"format_version", state.soft.empty() ? kWithoutSoft : RunState::kVersion},
                      {"law", state.law},
                      {"step", state.step},
                      {"metrics", state.metrics},
                      {"losses", losses},
                      {"options", options_json(state.options)},
                      {"encoder", state.encoder},
                      {"record", state.record}};
  if (!state.soft.empty()) json["soft"] = state.soft;
  write_file(checkpoint / kStateFile, json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

RunState read_run_state(const fs::path& checkpoint) {
  const fs::path file = checkpoint / kStateFile;
  if (!fs::exists(file)) fail_input(checkpoint.string(), ": holds no state to go on from (", kStateFile, ")");
  const Json json = read_json(file);
  const auto version = json_require<int>(json, "format_version", file);
  if (version > RunState::kVersion)
    fail_input(file.string(), ": format_version is ", version, "; this mtnlp reads up to ",
               RunState::kVersion);
  using Map = std::map<std::string, std::string>;
  RunState state;
  state.law = json_get<int>(json, "law", 1, file);
  state.step = json_require<uint64_t>(json, "step", file);
  state.metrics = json_require<std::vector<std::vector<std::string>>>(json, "metrics", file);
  for (const auto& [sum, weight] : json_require<std::vector<std::pair<double, double>>>(json, "losses", file))
    state.losses.push_back({sum, weight});
  state.options = read_options_json(json, file);
  state.encoder = json_require<Map>(json, "encoder", file);
  state.record = json_require<Map>(json, "record", file);
  state.soft = json_get<Map>(json, "soft", {}, file);
  return state;
}

void require_our_law(const RunState& state, const fs::path& checkpoint) {
  if (state.law != RunState::kLaw)
    fail_input(checkpoint.string(), ": was trained by law ", state.law,
               " of dropout and this mtnlp trains by law ", RunState::kLaw,
               ", so it cannot go on with it; what reads the model reads it as ever");
}

std::map<std::string, std::string> split_checksums(const fs::path& run) {
  return file_checksums(run, {"sources.json", "split.csv", "earlier.csv"});
}

void require_same_files(const fs::path& folder, const std::map<std::string, std::string>& was,
                        const std::map<std::string, std::string>& now) {
  const auto same = [](const std::string& a, const std::string& b) { return a == b; };
  find_difference(
      was, now, same, [&](const std::string& name, const std::string& before, const std::string& after) {
        fail_input((folder / name).string(), ": ",
                   before.empty() ? "was not there when the run started"
                   : after.empty()
                       ? "is gone since the run started"
                       : str("changed since the run started (checksum ", before, ", now ", after, ")"));
      });
}

void require_split_of(const fs::path& checkpoint, const fs::path& run) {
  if (fs::exists(checkpoint / kStateFile))
    require_same_files(run, read_run_state(checkpoint).record, split_checksums(run));
}

void require_same_options(const OptionValues& was, const OptionValues& now, const OptionValues& defaults,
                          const std::vector<std::string>& free) {
  OptionValues before = defaults, after = defaults;
  for (const auto& [name, values] : was) before[name] = values;
  for (const auto& [name, values] : now) after[name] = values;
  const auto same = [&](const Values& a, const Values& b) {
    return a == b || (a.size() == 1 && b.size() == 1 && same_number(a[0], b[0]));
  };
  const auto said = [](const Values& values) {
    if (values.empty()) return std::string("absent");
    if (values.size() == 1) return values[0].empty() ? "\"\"" : values[0];
    Values quoted;
    for (const std::string& value : values) quoted.push_back(in_quotes(value));
    return join(quoted, " ");
  };
  find_difference(
      before, after, same, [&](const std::string& name, const Values& old_values, const Values& new_values) {
        fail_input(field("resume"), ": ", name, " is ", said(new_values), ", the run was started with ",
                   said(old_values), free.empty() ? "" : str("; only ", join(free), " may change"));
      });
}

}  // namespace mtnlp
