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

Verb setup_quantize(VerbTable& root, const GlobalOptions&) {
  auto arguments = std::make_shared<QuantizeArguments>();
  VerbTable& verb =
      add_verb(root, "quantize", "Write a model with its matrices in 8 bits, a quarter of the size");
  const OptionGroup options(verb);
  options.argument("MODEL", arguments->model, "Encoder, checkpoint or run folder").require();
  options.argument("OUT", arguments->out, "Folder to write, which must not exist").require();
  return {verb.app, [arguments] {
            require_threads(available_cpus());
            catch_stop_signals();
            quantize_folder(resolve_model(arguments->model), arguments->out);
            log_info("wrote " + arguments->out);
          }};
}

}  // namespace mtnlp::cli
