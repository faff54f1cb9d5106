// train ENCODER DATA OUT [OPTION...]: trains the task mood, and prints the run and its scores.
#include <mtnlp/error.h>
#include <mtnlp/model.h>
#include <mtnlp/train.h>

#include <cstdio>
#include <string>

namespace api = mtnlp::api;

int main(int, char** argv) try {
  api::TrainOptions options{.encoder = argv[1], .out = argv[3], .tasks = {{"mood", argv[2]}}};
  options.epochs = 1;
  options.max_length = 16;
  options.threads = 2;
  for (char** option = argv + 4; *option != nullptr; ++option) options.more.emplace_back(*option);
  const api::TrainResult result = api::train(options);
  std::printf("%s\n", result.run.c_str());
  for (const auto& [task, scores] : result.test)
    std::printf("%s %g %.6f\n", task.c_str(), scores.at("rows"), scores.at("accuracy"));
  std::printf("%zu\n", api::Model(result.run).tasks().size());
} catch (const api::Error& error) {
  std::fprintf(stderr, "error:%s\n", error.what());
  return error.kind() == api::ErrorKind::kInput ? 2 : 1;
}
