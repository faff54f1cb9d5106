#include "train/learner.h"

#include "base/field.h"
#include "hub/encoder_tensors.h"
#include "mtnlp/version.h"
#include "network/tensor_files.h"
#include "network/torch.h"
#include "run/find_encoder.h"

namespace mtnlp {
namespace {

/// Throws Error when the folder's decoder has weights of its own, which the network's has not.
void require_tied(const EncoderConfig& config, const fs::path& file) {
  if (!json_get<bool>(config.source, "tie_word_embeddings", true, file))
    fail_input(file.string(), ": \"tie_word_embeddings\" is false; a decoder of its own is not supported");
}

std::string model_card(const std::string& name, const std::string& note) {
  return str("---\nlibrary_name: transformers\ntags: [mtnlp]\n---\n# An encoder adapted by mtnlp ", kVersion,
             "\n\nGrown from the encoder `", name, "`; its licence applies to these weights.\n", note, "\n");
}

}  // namespace

std::vector<Parameter> Learner::tensors() const {
  std::vector<Parameter> list = network->tensors();
  if (head.is_empty()) return list;
  for (const auto& parameter : head->named_parameters())
    list.push_back({{Stage::Kind::kHead}, kLmHead + parameter.key(), parameter.value()});
  return list;
}

void Learner::write(const fs::path& to, const std::string& note) const {
  const Architecture& architecture = *settings.config.architecture;
  const bool with_head = !head.is_empty();
  write_encoder_folder(
      to, folder, settings.config, with_head ? architecture.lm_head.class_name : architecture.class_name,
      model_card(name, note), [&](const fs::path& own) {
        write_encoder(own / kWeightsFile, settings.config,
                      with_head ? source_of(*network->encoder, *head) : source_of(*network->encoder),
                      {.lm_head = with_head});
      });
}

Learner load_learner(const AdaptOptions& options, const fs::path& from, bool random, torch::Device device) {
  Learner learner{read_encoder_settings(from, {.none = true}), read_encoder_folder(from)};
  ModelSettings& settings = learner.settings;
  check_max_length(options.corpus.max_length, settings.config, field("max_length"));
  const fs::path own = transformer_folder(from);
  const bool simcse = options.objective == ObjectiveKind::kSimcse;
  learner.vocabulary = read_masked_vocabulary(own, *settings.tokenizer, /*need_mask=*/!simcse);
  learner.name = encoder_name(options.encoder);
  Encoder encoder = load_encoder(own, settings.config, random ? std::optional(options.seed) : std::nullopt);
  if (options.dropout >= 0) encoder->set_dropout(options.dropout);
  learner.network = Network(encoder, settings);
  learner.network->to(device);
  if (simcse) {
    learner.objective = make_simcse(learner.network);
    return learner;
  }
  require_tied(settings.config, own / "config.json");
  if (!random) learner.head = load_lm_head(own, settings.config);
  learner.head_is_new = learner.head.is_empty();
  if (learner.head_is_new) {
    learner.head = LmHead(settings.config);
    learner.head->random_start(options.seed);
  }
  learner.head->to(device);
  learner.objective = make_masked_lm(learner.network, learner.head,
                                     Masking(learner.vocabulary, {.whole_word = options.whole_word}));
  return learner;
}

}  // namespace mtnlp
