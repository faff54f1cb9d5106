#include "sweep/record.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "base/error.h"

namespace mtnlp {
namespace {

constexpr int kVersion = 1;
constexpr const char* kFile = "sweep.json";

/// Throws Error unless the results of a run are such as train --json writes.
void require_results(const RunOutcome& run, const std::string& name, const fs::path& file) {
  const auto fail = [&] {
    fail_input(file.string(), ": the results of ", name, " are not those of a training");
  };
  if (!run.failure.empty()) return;
  if (!run.results.is_object()) fail();
  for (const char* number : {"epochs", "trained_parameters"})
    if (const auto found = run.results.find(number);
        found != run.results.end() && !found->is_number_unsigned())
      fail();
  const Json validation = run.results.value("validation", Json::object());
  if (!validation.is_object()) fail();
  for (const Json& task : validation)
    if (!task.is_object()) fail();
}

}  // namespace

double RunOutcome::score() const {
  const auto found = results.find("score");
  return found != results.end() && found->is_number() ? found->get<double>() : NAN;
}

SweepRecord SweepRecord::read(const fs::path& sweep) {
  const fs::path file = sweep / kFile;
  if (!fs::exists(file))
    fail_input(sweep.string(), ": is not the folder of a sweep (", kFile, " is missing)");
  const Json json = read_json(file);
  if (const int version = json_require<int>(json, "version", file); version > kVersion)
    fail_input(file.string(), ": version is ", version, "; this mtnlp reads up to ", kVersion);
  SweepRecord record;
  record.settings = json_require<std::vector<Setting>>(json, "settings", file);
  record.seeds = json_require<std::vector<uint64_t>>(json, "seeds", file);
  record.epochs = json_require<uint64_t>(json, "epochs", file);
  record.budget = json_require<double>(json, "budget_seconds", file);
  record.jobs = json_require<uint64_t>(json, "jobs", file);
  record.seconds_per_epoch = json_require<double>(json, "seconds_per_epoch", file);
  record.rungs = json_require<std::vector<std::vector<uint64_t>>>(json, "rungs", file);
  for (const auto& [name, run] : json_require<std::map<std::string, Json>>(json, "runs", file)) {
    record.runs[name] = {
        json_require<uint64_t>(run, "epochs", file), json_require<double>(run, "seconds", file),
        json_get<Json>(run, "results", Json(), file), json_get<std::string>(run, "failure", "", file)};
    require_results(record.runs[name], name, file);
  }
  if (record.settings.empty() || record.seeds.empty())
    fail_input(file.string(), ": holds no ", record.settings.empty() ? "settings" : "seeds");
  for (const std::vector<uint64_t>& rung : record.rungs)
    if (rung.empty() || std::ranges::max(rung) >= record.settings.size())
      fail_input(file.string(),
                 ": \"rungs\" has a rung without settings, or one of a setting that is not there");
  return record;
}

void SweepRecord::write(const fs::path& sweep) const {
  OrderedJson runs_json = OrderedJson::object();
  for (const auto& [name, run] : runs) {
    runs_json[name] = {{"epochs", run.epochs}, {"seconds", run.seconds}, {"results", run.results}};
    if (!run.failure.empty()) runs_json[name]["failure"] = run.failure;
  }
  const OrderedJson json = {{"version", kVersion},
                            {"settings", settings},
                            {"seeds", seeds},
                            {"epochs", epochs},
                            {"budget_seconds", budget},
                            {"jobs", jobs},
                            {"seconds_per_epoch", seconds_per_epoch},
                            {"rungs", rungs},
                            {"runs", runs_json}};
  write_file_atomic(sweep / kFile, json.dump(1, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

std::string run_name(size_t setting, uint64_t seed) {
  std::ostringstream name;
  name << std::setw(3) << std::setfill('0') << setting << "-seed" << seed;
  return std::move(name).str();
}

fs::path options_of_run(const fs::path& sweep, const std::string& run) {
  return sweep / "settings" / (run + ".toml");
}

}  // namespace mtnlp
