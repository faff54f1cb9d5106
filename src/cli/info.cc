#include <iostream>

#include "cli/cli.h"
#include "cli/option_groups.h"
#include "report/model_info.h"

namespace mtnlp::cli {
namespace {

struct InfoArguments {
  std::string model, json;
};

void run_info(const InfoArguments& arguments) {
  if (!arguments.json.empty()) check_output_of_model(arguments.json, arguments.model);
  const OrderedJson info = model_info(arguments.model);
  if (arguments.json != "-") std::cout << model_info_text(info) << std::flush;
  if (!arguments.json.empty()) write_json(arguments.json, info);
}

}  // namespace

Verb setup_info(VerbTable& root, const GlobalOptions&) {
  auto arguments = std::make_shared<InfoArguments>();
  VerbTable& verb = add_verb(root, "info", "Describe a model folder without loading its weights");
  OptionGroup(verb).argument("MODEL", arguments->model, "Encoder, checkpoint or run folder").require();
  add_json(verb, arguments->json, "the description");
  return {verb.app, [arguments] { run_info(*arguments); }};
}

}  // namespace mtnlp::cli
