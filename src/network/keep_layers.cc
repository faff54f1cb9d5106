#include "network/keep_layers.h"

#include "base/error.h"
#include "base/field.h"
#include "base/numbers.h"
#include "base/words.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

void copy_parameters(const std::vector<torch::Tensor>& from, const std::vector<torch::Tensor>& to) {
  for (size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
}

}  // namespace

std::vector<int64_t> parse_keep_layers(const std::string& text, int64_t layers) {
  const auto refuse = [&] {
    fail_input(field("keep_layers"), " ", text, " is not valid; valid are a number from 1 to ", layers,
               ", or rising layers from 0 to ", layers - 1, " such as 0,", layers - 1);
  };
  std::vector<int64_t> numbers;
  for (const std::string& word : split_text(text)) {
    numbers.push_back(parse_number<int64_t>(word).value_or(-1));
    if (numbers.back() < 0) refuse();
  }
  if (numbers.empty() || text.ends_with(',')) refuse();
  if (numbers.size() == 1) {
    const int64_t kept = numbers[0];
    if (kept < 1 || kept > layers) refuse();
    numbers.clear();
    for (int64_t i = 0; i < kept; ++i) numbers.push_back(i * layers / kept);
  }
  for (size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] >= layers || (i > 0 && numbers[i] <= numbers[i - 1])) refuse();
  return numbers;
}

Encoder keep_layers(const EncoderImpl& encoder, const std::vector<int64_t>& layers) {
  const torch::NoGradGuard no_grad;
  Encoder kept(with_layers(encoder.config(), static_cast<int64_t>(layers.size())));
  copy_parameters(encoder.embedding_parameters(), kept->embedding_parameters());
  kept->token_type_rows.copy_(encoder.token_type_rows);
  for (size_t i = 0; i < layers.size(); ++i)
    copy_parameters(encoder.layer_parameters(layers[i]), kept->layer_parameters(static_cast<int64_t>(i)));
  return kept;
}

}  // namespace mtnlp
