// Runs a fuzz target once on every file of the folders named: its seeds and what fuzzing found, as a test.
#include <algorithm>
#include <vector>

#include "fuzz.h"

int main(int count, char** arguments) {
  std::vector<mtnlp::fs::path> files;
  for (int i = 1; i < count; ++i)
    for (const auto& entry : mtnlp::fs::directory_iterator(arguments[i])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    const std::string bytes = mtnlp::read_file(file);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  return files.empty() ? 1 : 0;
}
