// config.json: an accepted one describes an encoder of positive sizes, and every number of its layers.
#include "fuzz.h"
#include "hub/encoder_config.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  static const fuzz::TempFolder folder;
  const auto file = folder.write("config.json", {reinterpret_cast<const char*>(data), size});
  fuzz::accepts([&] {
    const EncoderConfig config = read_encoder_config(file);
    fuzz::require(config.vocabulary > 0 && config.positions > 0 && config.dim > 0 && config.layers > 0 &&
                      config.heads > 0 && config.hidden_dim > 0 && config.token_types >= 0,
                  "sizes are positive");
    fuzz::require(config.dim % config.heads == 0, "the heads divide the size");
    fuzz::require(parameter_count(config) > 0, "the weights can be counted");
    folder.write("config.json", with_layers(config, 1).source.dump());
    fuzz::require(read_encoder_config(file).layers == 1, "with_layers changes the source too");
  });
  return 0;
}
