#include "text/text_cut.h"

#include "base/words.h"

namespace mtnlp {
namespace {

const std::vector<std::string> kTruncationNames = {"head", "tail", "head+tail"};

}  // namespace

Truncation parse_truncation(const std::string& name) {
  return parse_name<Truncation>("truncation", name, kTruncationNames);
}

const char* truncation_name(Truncation truncation) {
  return kTruncationNames[static_cast<size_t>(truncation)].c_str();
}

const std::vector<std::string>& truncation_names() {
  return kTruncationNames;
}

TextCut CutChoice::over(TextCut cut) const {
  cut.max_length = max_length.value_or(cut.max_length);
  cut.truncation = truncation.value_or(cut.truncation);
  cut.stride = stride.value_or(cut.stride);
  cut.max_windows = max_windows.value_or(cut.max_windows);
  return cut;
}

std::string cut_text(const TextCut& cut) {
  if (!cut.has_windows()) return str("cut to ", cut.max_length, " tokens");
  return str("cut to ", cut.max_windows, " windows of ", cut.max_length, " tokens");
}

}  // namespace mtnlp
