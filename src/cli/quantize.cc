#include "base/signals.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "cli/option_groups.h"
#include "engine/quantize_folder.h"
#include "run/run_folder.h"

namespace mtnlp::cli {
namespace {

struct QuantizeArguments {
  std::string model, out;
};

}  // namespace

Verb setup_quantize(CLI::App& app, const GlobalOptions&) {
  auto arguments = std::make_shared<QuantizeArguments>();
  CLI::App* verb =
      app.add_subcommand("quantize", "Write a model with its matrices in 8 bits, a quarter of the size");
  verb->add_option("MODEL", arguments->model, "Encoder, checkpoint or run folder")->required();
  verb->add_option("OUT", arguments->out, "Folder to write, not yet there")->required();
  return {verb, [arguments] {
            require_threads(available_cpus());
            catch_stop_signals();
            quantize_folder(resolve_model(arguments->model), arguments->out);
            log_info("wrote " + arguments->out);
          }};
}

}  // namespace mtnlp::cli
