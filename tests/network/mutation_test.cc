// 1,000 random mutations of a checkpoint folder: each loads as it was, or is refused with one line.
#include <algorithm>
#include <cstdlib>

#include "base/random.h"
#include "infer/batches.h"
#include "infer/predictor.h"
#include "network/fixtures.h"
#include "network/model.h"

namespace mtnlp {
namespace {

using testing::Golden;
using testing::TempFolder;

/// MTNLP_MUTATIONS in the environment asks for more.
uint64_t mutations() {
  const char* count = std::getenv("MTNLP_MUTATIONS");
  return count == nullptr ? 1000 : std::strtoull(count, nullptr, 10);
}

/// All that a prediction depends on: ids of a text, labels, logits.
std::string predictions(const Predictor& predictor) {
  const ModelSettings& settings = predictor.settings();
  std::string text = str(pooling_name(settings.modules.pooling), ' ', settings.cut.max_length, ' ',
                         truncation_name(settings.cut.truncation));
  for (const char* words : {"A good film, naïve 日本!", "bad [SEP] unaffordable"})
    for (const int32_t id : settings.tokenizer->encode(words, settings.cut)) text += str(' ', id);
  const Golden golden("tiny-bert");
  const Matrix embeddings = embed_all(predictor.embedder(), testing::token_ids(golden.sequences));
  for (size_t t = 0; t < settings.tasks.size(); ++t) {
    text += '\n' + settings.tasks[t].name;
    for (const std::string& label : settings.tasks[t].labels) text += '|' + label;
    const Matrix logits = predictor.heads().logits(t, embeddings);
    text.append(reinterpret_cast<const char*>(logits.values.data()), logits.values.size() * sizeof(float));
  }
  return text;
}

std::string predictions(const fs::path& folder) {
  return predictions(load_predictor(folder, {}, /*need_heads=*/true));
}

class MutationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Model model = testing::tiny_model("tiny-bert",
                                      {{"topic", {"Business", "Sport", "日本"}}, {"mood", {"bad", "good"}}});
    model.settings.cut.max_length = 21;
    model.settings.provenance = {{"encoder", "tiny-bert"}, {"seed", "42"}};
    fs::create_directory(path);
    save_checkpoint(path, model);
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file()) files[fs::relative(entry.path(), path).string()] = read_file(entry.path());
    for (const auto& [name, content] : files) names.push_back(name);
    expected = predictions(path);
  }

  const std::string& any_name(KeyedRandom& random) const { return names[random.below(names.size())]; }

  /// Another text at a random place of a JSON file: digits, words, brackets, a line lost or doubled.
  static std::string edited(std::string text, KeyedRandom& random) {
    const char* const pieces[] = {"0",  "1",  "-1",    "99999999999999999999", "1e9", "null", "true",
                                  "{}", "[]", "\"x\"", "\"\\u0000\"",          ",",   "}",    "]",
                                  ":",  "\n"};
    const size_t at = random.below(text.size() + 1);
    const std::string piece = pieces[random.below(std::size(pieces))];
    switch (random.below(4)) {
      case 0:
        return text.insert(at, piece);
      case 1:
        return text.replace(at, std::min<size_t>(1 + random.below(8), text.size() - at), piece);
      case 2:
        return text.erase(at, 1 + random.below(40));
      default: {
        const size_t end = text.find('\n', at), begin = text.rfind('\n', at);
        if (end == std::string::npos || begin == std::string::npos || begin >= end)
          return text.insert(at, piece);
        const std::string line = text.substr(begin, end - begin);
        return random.below(2) == 0 ? text.erase(begin, end - begin) : text.insert(end, line);
      }
    }
  }

  /// One mutation of the folder; returns what it was.
  std::string mutate(KeyedRandom& random) const {
    const std::string& name = any_name(random);
    const fs::path file = path / name;
    std::string content = files.at(name);
    switch (random.below(9)) {
      case 0:
      case 1: {
        const uint64_t flips = 1 + random.below(3);
        for (uint64_t i = 0; i < flips; ++i) {
          char& byte = content[random.below(content.size())];
          byte = static_cast<char>(byte ^ static_cast<char>(1 << random.below(8)));
        }
        write_file(file, content);
        return str("bits of ", name, " flipped");
      }
      case 2:
        write_file(file, content.substr(0, random.below(content.size())));
        return name + " cut";
      case 3:
        write_file(file, content + std::string(1 + random.below(100), static_cast<char>(random.below(256))));
        return name + " lengthened";
      case 4:
        fs::remove(file);
        return name + " removed";
      case 5: {
        const std::string& other = any_name(random);
        write_file(file, files.at(other));
        write_file(path / other, content);
        return str(name, " and ", other, " swapped");
      }
      case 6: {  // a file that was not saved, where a loader would look
        const char* const targets[] = {"tokenizer.json", "added_tokens.json",  "special_tokens_map.json",
                                       "spiece.model",   "vocab.txt",          "sentence_bert_config.json",
                                       "modules.json",   "2_Dense/config.json"};
        const fs::path target = path / targets[random.below(std::size(targets))];
        fs::create_directories(target.parent_path());
        write_file(target, random.below(2) == 0 ? content : R"({"do_lower_case": true})");
        return str(name, " copied to ", target.filename().string());
      }
      case 7:
        fs::remove(file);
        fs::create_directory(file);
        return name + " made a folder";
      default: {
        const std::string json = random.below(2) == 0      ? "tasks.json"
                                 : name.ends_with(".json") ? name
                                                           : "config.json";
        write_file(path / json, edited(files.at(json), random));
        return json + " edited";
      }
    }
  }

  void restore() const {
    fs::remove_all(path);
    for (const auto& [name, content] : files) {
      fs::create_directories((path / name).parent_path());
      write_file(path / name, content);
    }
  }

  TempFolder folder;
  fs::path path = folder.path() / "checkpoint";
  std::map<std::string, std::string> files;
  std::vector<std::string> names;
  std::string expected;
};

TEST_F(MutationTest, LoadsEqualOrIsRefused) {
  const testing::Threads one(1);
  size_t loaded = 0;
  for (uint64_t seed = 0; seed < mutations(); ++seed) {
    KeyedRandom random(hash_key(uint64_t{2026}, seed));
    const std::string what = mutate(random);
    SCOPED_TRACE(str("mutation ", seed, ": ", what));
    try {
      EXPECT_EQ(predictions(path), expected);
      ++loaded;
    } catch (const Error& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos) << message;
      EXPECT_EQ(error.kind(), ErrorKind::kInput) << message;
      EXPECT_LT(message.size(), 1000U) << message;
    } catch (const std::exception& error) {
      ADD_FAILURE() << "no Error: " << error.what();
    }
    if (HasFailure()) break;
    restore();
  }
  EXPECT_LT(loaded, mutations() / 4);  // swaps of a file with itself, white space in JSON
  EXPECT_GT(loaded, 0U);
  EXPECT_EQ(predictions(path), expected);
}

}  // namespace
}  // namespace mtnlp
