#include "data/mixing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/field.h"
#include "base/json.h"
#include "base/numbers.h"
#include "base/words.h"

namespace mtnlp {

Mixing parse_mixing(const std::string& text) {
  constexpr const char* kTemperature = "temperature:";
  if (text == "proportional") return {};
  if (text == "sequential") return {.sequential = true};
  if (text == "equal") return {.temperature = std::numeric_limits<double>::infinity()};
  if (text.starts_with(kTemperature)) {
    const std::string number = text.substr(std::string_view(kTemperature).size());
    const double temperature = parse_number<double>(number).value_or(0);
    if (!(temperature >= 1))
      fail_input(field("mixing"), " temperature: ", in_quotes(number),
                 " is not a temperature; valid are numbers from 1 (proportional) up");
    return {.temperature = temperature};
  }
  const std::vector<std::string> valid = {"proportional", "equal", "temperature:T", "sequential"};
  fail_input(
      field("mixing"), ": ", in_quotes(text), " is not known; valid are: ", join(valid),
      did_you_mean(text.substr(0, text.find(':')), {"proportional", "equal", "temperature", "sequential"}));
}

std::vector<size_t> share_steps(const std::vector<size_t>& rows, size_t steps, double temperature) {
  std::vector<size_t> sources;  // those with rows
  for (size_t source = 0; source < rows.size(); ++source)
    if (rows[source] > 0) sources.push_back(source);
  if (steps < sources.size())
    fail_input(field("steps_per_epoch"), " ", steps, ": there are ", sources.size(),
               " files with training rows, and each needs a step");
  std::vector<double> share(rows.size());
  for (const size_t source : sources)
    share[source] = std::pow(static_cast<double>(rows[source]), 1 / temperature);
  const double sum = std::accumulate(share.begin(), share.end(), 0.0);
  std::vector<size_t> shared(rows.size());
  size_t given = 0;
  for (const size_t source : sources) {
    share[source] *= static_cast<double>(steps) / sum;
    shared[source] = std::max<size_t>(1, static_cast<size_t>(share[source]));
    given += shared[source];
  }
  // The source that is furthest from its share gives or gets the next step; among equals the first.
  const auto lack = [&](size_t source) { return share[source] - static_cast<double>(shared[source]); };
  for (; given < steps; ++given) ++shared[*std::ranges::max_element(sources, {}, lack)];
  for (; given > steps; --given) {
    const auto excess = [&](size_t source) { return shared[source] > 1 ? lack(source) : HUGE_VAL; };
    --shared[*std::ranges::min_element(sources, {}, excess)];
  }
  return shared;
}

}  // namespace mtnlp
