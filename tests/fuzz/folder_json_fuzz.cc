// tasks.json and the sentence-transformers files beside the weights. The checksum of tasks.json is put right
// first: only then its content is looked at.
#include "fuzz.h"
#include "hub/model_folder.h"
#include "tasks/task_kind.h"

namespace mtnlp::fuzz {
namespace {

std::string with_checksum(std::string_view bytes) {
  Json json = Json::parse(bytes, nullptr, false);
  if (!json.is_object()) return std::string(bytes);
  json.erase("checksum");
  try {
    json["checksum"] = checksum(json.dump());
    return json.dump();
  } catch (const Json::exception&) {  // a string that is no UTF-8
    return std::string(bytes);
  }
}

void read_tasks(const TempFolder& folder, std::string_view bytes) {
  folder.write("tasks.json", with_checksum(bytes));
  accepts([&] {
    const TasksFile tasks = parse_tasks_file(folder.path());
    require(!tasks.tasks.empty() && tasks.cut.max_length >= 2, "there is a task, and room for a text");
    for (const Task& task : tasks.tasks) require(task.kind->fault(task).empty(), "a task is sound");
  });
  accepts([&] { read_tasks_file(folder.path()); });
}

}  // namespace
}  // namespace mtnlp::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  constexpr const char* kFiles[] = {"tasks.json",
                                    "modules.json",
                                    "1_Pooling/config.json",
                                    "sentence_bert_config.json",
                                    "tokenizer_config.json",
                                    "config_sentence_transformers.json",
                                    "model.safetensors.index.json"};
  const fuzz::Input input(data, size, std::size(kFiles));
  if (input.choice == 0) {
    static const fuzz::TempFolder folder;
    fuzz::read_tasks(folder, input.bytes);
    return 0;
  }
  static const fuzz::TempFolder folder;
  fs::create_directories(folder.path() / "1_Pooling");
  folder.write("modules.json",
               R"([{"type": "a.Transformer", "path": ""}, {"type": "a.Pooling", "path": "1_Pooling"}])");
  folder.write("1_Pooling/config.json", "{}");
  folder.write("sentence_bert_config.json", "{}");
  folder.write("tokenizer_config.json", "{}");
  folder.write("config_sentence_transformers.json", "{}");
  fs::remove(folder.path() / kWeightsIndex);
  folder.write(kFiles[input.choice], input.bytes);
  fuzz::accepts(
      [&] { fuzz::require(read_modules(folder.path()).max_length <= 1'000'000, "a length is sane"); });
  fuzz::accepts([&] { Weights{weights_file(folder.path())}; });
  return 0;
}
