// options.toml: what is read is written and read back equal.
#include "fuzz.h"
#include "run/options_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<StoredOption> options;
  if (!fuzz::accepts([&] { options = parse_options(bytes, "options.toml"); })) return 0;
  for (StoredOption& option : options)  // the names are ours
    option.name = "option-" + std::to_string(&option - options.data());
  std::erase_if(options, [](const StoredOption& option) { return option.values.empty(); });
  const auto again = parse_options(options_text(options), "again.toml");
  fuzz::require(again.size() == options.size(), "no option is lost");
  for (size_t i = 0; i < options.size(); ++i)
    fuzz::require(again[i].name == options[i].name && again[i].values == options[i].values,
                  "options written read back equal");
  return 0;
}
