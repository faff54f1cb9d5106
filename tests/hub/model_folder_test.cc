#include "hub/model_folder.h"

#include <cmath>

#include "testing.h"
#include "text/sentence_config.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

constexpr const char* kPoolingModule =
    R"([{"type": "sentence_transformers.models.Transformer", "path": ""},
        {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}])";

/// A folder with modules.json and the pooling config `pooling`.
Modules read_pooling(const std::string& pooling, const std::string& modules = kPoolingModule) {
  const TempFolder folder;
  fs::create_directory(folder.path() / "1_Pooling");
  folder.write("modules.json", modules);
  folder.write("1_Pooling/config.json", pooling);
  return read_modules(folder.path());
}

TEST(Modules, NoFilesAreMeanPooling) {
  const TempFolder folder;
  const Modules modules = read_modules(folder.path());
  EXPECT_EQ(modules.pooling, PoolingMode::kMean);
  EXPECT_FALSE(modules.normalize);
  EXPECT_FALSE(modules.lower_case);
  EXPECT_EQ(modules.max_length, 0U);
}

TEST(Modules, BothSpellingsOfPooling) {
  EXPECT_EQ(read_pooling(R"({"pooling_mode_mean_tokens": true})").pooling, PoolingMode::kMean);
  EXPECT_EQ(read_pooling(R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})").pooling,
            PoolingMode::kCls);
  EXPECT_EQ(read_pooling(R"({"pooling_mode_max_tokens": true})").pooling, PoolingMode::kMax);
  EXPECT_EQ(read_pooling("{}").pooling, PoolingMode::kMean);
  EXPECT_EQ(read_pooling(R"({"embedding_dimension": 8, "pooling_mode": "cls"})").pooling, PoolingMode::kCls);
}

TEST(Modules, RefusesOtherPoolings) {
  expect_error([] { read_pooling(R"({"pooling_mode_lasttoken": true})"); },
               {"config.json: pooling_mode_lasttoken is not supported", "mean, cls, max"});
  expect_error([] { read_pooling(R"({"pooling_mode_cls_token": true, "pooling_mode_max_tokens": true})"); },
               {"several poolings", "pooling_mode_cls_token, pooling_mode_max_tokens"});
  expect_error([] { read_pooling(R"({"pooling_mode": "lasttoken"})"); },
               {"config.json: pooling_mode \"lasttoken\" is not known; valid are: mean, cls, max"});
  expect_error([] { read_pooling(R"({"pooling_mode": 3})"); },
               {"\"pooling_mode\" has the unexpected value 3"});
  expect_error([] { read_pooling(R"({"pooling_mode_cls_token": "yes"})"); }, {"unexpected value"});
  expect_error([] { read_pooling("["); },
               {"config.json: is not valid JSON: line 1, column 2: expected a value, found the end"});
}

TEST(Modules, NormalizeAndUnknownModules) {
  EXPECT_TRUE(read_pooling("{}", R"([{"type": "a.b.Transformer", "path": ""},
                                     {"type": "a.b.Pooling", "path": "1_Pooling"},
                                     {"type": "a.Normalize", "path": "2_Normalize"}])")
                  .normalize);
  expect_error(
      [] { read_pooling("{}", R"([{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}])"); },
      {"modules.json: the module Dense is not supported; supported: Transformer, Pooling, Normalize"});
  expect_error([] { read_pooling("{}", R"([{"path": "1_Pooling"}])"); },
               {"modules.json: \"type\" is missing"});
  expect_error([] { read_pooling("{}", R"([3])"); }, {"modules.json: \"type\" is missing"});
  EXPECT_EQ(read_pooling(R"({"pooling_mode": ["max"]})").pooling, PoolingMode::kMax);
  expect_error([] { read_pooling(R"({"pooling_mode": ["max", "mean"]})"); }, {"several poolings"});
  EXPECT_FALSE(read_pooling(R"({"include_prompt": false})").include_prompt);
  expect_error([] { read_pooling("{}", "{}"); }, {"modules.json: is not a JSON array but object"});
  expect_error([] { read_pooling("{}", "[{"); }, {"modules.json: is not valid JSON"});
  expect_error([] { read_pooling("{}", R"([{"type": "Pooling", "path": "none"}])"); },
               {"none/config.json: no such file"});
}

TEST(Modules, MaxSeqLengthTakesPrecedence) {
  const TempFolder folder;
  folder.write("tokenizer_config.json", R"({"model_max_length": 512})");
  EXPECT_EQ(read_modules(folder.path()).max_length, 512U);
  folder.write("sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": true})");
  EXPECT_EQ(read_modules(folder.path()).max_length, 256U);
  EXPECT_TRUE(read_modules(folder.path()).lower_case);
  folder.write("tokenizer_config.json", R"({"model_max_length": 64})");
  EXPECT_EQ(read_modules(folder.path()).max_length, 256U);
  folder.write("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_EQ(read_modules(folder.path()).max_length, 256U);
  folder.write("sentence_bert_config.json", R"({"max_seq_length": null})");
  EXPECT_EQ(read_modules(folder.path()).max_length, 0U);
  folder.write("sentence_bert_config.json", R"({"max_seq_length": "long"})");
  expect_error([&] { read_modules(folder.path()); }, {"sentence_bert_config.json: \"max_seq_length\""});
  for (const char* length : {"0", "-5", "1"}) {
    folder.write("sentence_bert_config.json", str("{\"max_seq_length\": ", length, "}"));
    expect_error([&] { read_modules(folder.path()); }, {"\"max_seq_length\" is ", "valid are 2 and more"});
  }
  for (const char* length : {"6.5", "2.0000001"}) {
    folder.write("sentence_bert_config.json", str("{\"max_seq_length\": ", length, "}"));
    expect_error([&] { read_modules(folder.path()); }, {"\"max_seq_length\" is ", "valid are whole numbers"});
  }
  folder.write("sentence_bert_config.json", R"({"max_seq_length": 6.0})");
  EXPECT_EQ(read_modules(folder.path()).max_length, 6U);
  folder.write("sentence_bert_config.json", R"({"transformer_task": "fill-mask"})");
  expect_error([&] { read_modules(folder.path()); }, {"transformer_task", "fill-mask", "feature-extraction"});
  folder.write("sentence_bert_config.json", R"({"processor_kwargs": {"model_max_length": 33}})");
  EXPECT_EQ(read_modules(folder.path()).max_length, 33U);
}

TEST(Modules, FormerNamesOfTheSentenceConfig) {
  for (const std::string& name : sentence_config_names()) {
    const TempFolder folder;
    folder.write(name, R"({"max_seq_length": 40, "do_lower_case": true})");
    EXPECT_EQ(read_modules(folder.path()).max_length, 40U) << name;
    EXPECT_TRUE(read_modules(folder.path()).lower_case) << name;
    if (name == sentence_config_names().front()) continue;
    folder.write("sentence_bert_config.json", R"({"max_seq_length": 50})");  // counts before all others
    EXPECT_EQ(read_modules(folder.path()).max_length, 50U) << name;
    EXPECT_FALSE(read_modules(folder.path()).lower_case) << name;
  }
}

/// Makes a folder whose encoder lies in `path`.
void put_encoder_into(const TempFolder& folder, const std::string& path) {
  fs::create_directories(folder.path() / path);
  fs::create_directory(folder.path() / "1_Pooling");
  folder.write("1_Pooling/config.json", "{}");
  folder.write("modules.json", str(R"([{"type": "Transformer", "path": ")", path,
                                   R"("}, {"type": "Pooling", "path": "1_Pooling"}])"));
}

TEST(Modules, TheEncoderMayLieInAFolderOfItsOwn) {
  for (const std::string path : {"0_Transformer", "a/b", "0_Transformer/"}) {
    const TempFolder folder;
    put_encoder_into(folder, path);
    folder.write(path + "/sentence_bert_config.json", R"({"max_seq_length": 12})");
    EXPECT_EQ(read_modules(folder.path()).max_length, 12U);
    EXPECT_EQ((transformer_folder(folder.path()) / "").lexically_normal(),
              (folder.path() / path / "").lexically_normal());
    EXPECT_EQ(read_modules(folder.path()).folders, std::vector<std::string>{"1_Pooling"});
  }
  const TempFolder plain;
  EXPECT_EQ(transformer_folder(plain.path()), plain.path());
  for (const std::string path : {"..", "../other", "a/../../b", "/etc"}) {
    const TempFolder folder;
    folder.write("modules.json", str(R"([{"type": "Transformer", "path": ")", path, R"("}])"));
    expect_error([&] { transformer_folder(folder.path()); }, {"modules.json", "leaves the folder"});
    expect_error([&] { read_modules(folder.path()); }, {"modules.json", "leaves the folder"});
  }
}

TEST(Modules, AFolderNeedsATransformerAndAPooling) {
  const TempFolder folder;
  folder.write("modules.json", "[]");
  expect_error([&] { read_modules(folder.path()); }, {"names no Transformer"});
  folder.write("modules.json", R"([{"type": "Transformer"}])");
  expect_error([&] { read_modules(folder.path()); }, {"names no Pooling"});
  folder.write("modules.json", R"([{"type": "Transformer"}, {"type": "Transformer"}])");
  expect_error([&] { read_modules(folder.path()); }, {"two Transformers"});
}

TEST(Modules, ARootOfTheHubsCacheNamesItsSnapshot) {
  const TempFolder folder;
  fs::create_directories(folder.path() / "snapshots" / "abc123");
  const auto refused = [&](const std::string& reason) {
    expect_error([&] { read_modules(folder.path()); }, {"hub's cache", reason});
    expect_error([&] { transformer_folder(folder.path()); }, {"hub's cache", reason});
  };
  refused("snapshots/abc123");
  fs::create_directories(folder.path() / "snapshots" / "def456");
  fs::create_directory(folder.path() / "refs");
  folder.write("refs/main", "def456\n");
  refused("snapshots/def456");
  fs::remove_all(folder.path() / "snapshots");
  fs::create_directory(folder.path() / "snapshots");
  refused("gone");
}

TEST(Modules, OtherFoldersOfTheHubsCacheNameTheSnapshotToo) {
  const TempFolder folder;
  const fs::path root = folder.path() / "models--owner--name";
  for (const char* name : {"snapshots/abc123", "blobs", "refs"}) fs::create_directories(root / name);
  for (const fs::path& path : {root / "snapshots", root / "blobs", root / "refs" / "", folder.path()})
    expect_error([&] { read_modules(path); }, {"hub's cache", (root / "snapshots/abc123").string()});
  EXPECT_NO_THROW(read_modules(root / "snapshots/abc123"));
  for (const char* name : {"models--a--b", "models--a--c", "models--a--d"})
    fs::create_directories(folder.path() / name / "snapshots" / name);
  expect_error(
      [&] { transformer_folder(folder.path()); },
      {"is the hub's cache, which holds models--a--b, models--a--c, models--a--d, ...; of the one you "
       "mean, name its snapshot: ",
       "models--a--b/snapshots/models--a--b"});
  folder.write("config.json", "{}");
  EXPECT_NO_THROW(transformer_folder(folder.path()));
}

// ---- prompts ----

TEST(PromptsOfAFolder, AreReadAndChosen) {
  const TempFolder folder;
  folder.write("config_sentence_transformers.json",
               R"({"prompts": {"query": "query: ", "none": null}, "default_prompt_name": "query"})");
  const Prompts prompts = read_modules(folder.path()).prompts;
  EXPECT_EQ(prompts.default_text(), "query: ");
  const auto chosen = [&](const PromptChoice& choice) {
    return choose_prompt(prompts, choice, folder.path()).default_text();
  };
  EXPECT_EQ(chosen({}), "query: ");
  EXPECT_EQ(chosen({.name = "none"}), "");
  EXPECT_EQ(chosen({.text = "passage: "}), "passage: ");
  EXPECT_EQ(chosen({.none = true}), "");
  expect_error([&] { chosen({.name = "qery"}); },
               {"has no prompt \"qery\"", "none, query", "did you mean \"query\""});
  expect_error([&] { choose_prompt({}, {.name = "x"}, "folder"); }, {"folder", "prompt_text"});
}

TEST(PromptsOfAFolder, AreAllKeptBesideOneThatIsGiven) {
  Prompts prompts{.texts = {{"prompt", "own "}}, .default_name = "prompt"};
  prompts = choose_prompt(std::move(prompts), {.text = "given "}, "folder");
  EXPECT_EQ(prompts.default_text(), "given ");
  EXPECT_EQ(prompts.texts.at("prompt"), "own ");
  EXPECT_EQ(choose_prompt(prompts, {.text = "given "}, "folder").texts.size(), 2U);
  EXPECT_EQ(choose_prompt(prompts, {.text = "third "}, "folder").texts.size(), 3U);
  EXPECT_EQ(choose_prompt(prompts, {.text = "own "}, "folder").default_name, "prompt");
}

TEST(PromptsOfAFolder, MalformedAreRefused) {
  const TempFolder folder;
  const auto refused = [&](const char* json, std::initializer_list<std::string> parts) {
    folder.write("config_sentence_transformers.json", json);
    expect_error([&] { read_modules(folder.path()); }, parts);
  };
  refused(R"({"prompts": {"a": "b"}, "default_prompt_name": "x"})",
          {"\"x\", which is not one of its prompts"});
  refused(R"({"prompts": ["a"]})", {"\"prompts\" is not an object"});
  refused(R"({"prompts": {"a": 3}})", {"\"a\" has the unexpected value 3"});
  refused(R"({"default_prompt_name": 3})", {"default_prompt_name"});
  folder.write("config_sentence_transformers.json",
               R"({"default_prompt_name": "query"})");  // "" in the library
  EXPECT_EQ(read_modules(folder.path()).prompts.default_text(), "");
}

TEST(Modules, RoundTrip) {
  for (const PoolingMode pooling : {PoolingMode::kMean, PoolingMode::kCls, PoolingMode::kMax})
    for (const bool flag : {false, true}) {
      const TempFolder folder;
      Modules modules;
      modules.pooling = pooling;
      modules.normalize = flag;
      modules.lower_case = flag;
      modules.max_length = 77;
      modules.include_prompt = flag;
      modules.prompts.texts = {{"a", "x: "}, {"b", ""}};
      if (flag) modules.prompts.default_name = "a";
      write_modules(folder.path(), modules, 48);
      const Modules read = read_modules(folder.path());
      EXPECT_EQ(read.pooling, pooling);
      EXPECT_EQ(read.normalize, flag);
      EXPECT_EQ(read.lower_case, flag);
      EXPECT_EQ(read.max_length, 77U);
      EXPECT_EQ(read.include_prompt, flag);
      EXPECT_EQ(read.prompts.texts, modules.prompts.texts);
      EXPECT_EQ(read.prompts.default_text(), flag ? "x: " : "");
      EXPECT_EQ(read_json(folder.path() / "1_Pooling" / "config.json")["word_embedding_dimension"], 48);
    }
}

TEST(ModelFolder, Names) {
  for (const std::string name : {"mean", "cls", "max"}) EXPECT_EQ(pooling_name(parse_pooling(name)), name);
  for (const std::string name : {"head", "tail", "head+tail"})
    EXPECT_EQ(truncation_name(parse_truncation(name)), name);
  for (const std::string name : {"attention", "attention:2", "attention:12"})
    EXPECT_EQ(pooling_name(parse_pooling(name)), name);
  EXPECT_EQ(parse_pooling("attention:12"), PoolingMode(PoolingMode::kAttention, 12));
  EXPECT_EQ(pooling_name(parse_pooling("attention:1")), "attention");
  for (const std::string name :
       {"attention:", "attention:0", "attention:-2", "attention:x", "attention:2 ", "mean:2"})
    expect_error([&] { parse_pooling(name); }, {name, "mean, cls, max, attention, attention:H"});
  expect_error([] { parse_pooling("means"); }, {"\"means\"", "mean, cls, max", "did you mean \"mean\"?"});
  expect_error([] { parse_pooling(""); }, {"pooling \"\"", "mean, cls, max"});
  expect_error([] { parse_truncation("middle"); }, {"\"middle\"", "head, tail, head+tail"});
}

TEST(ModelFolder, AnEncoderCutsAtItsModulesLengthWithinItsPositions) {
  const auto expect_length = [](size_t expected, const char* length) {
    const TempFolder folder;
    folder.write("config.json",
                 R"({"model_type": "distilbert", "vocab_size": 9, "max_position_embeddings": 64, "dim": 8,)"
                 R"( "n_layers": 1, "n_heads": 2, "hidden_dim": 8})");
    if (*length != '\0') folder.write("sentence_bert_config.json", str("{\"max_seq_length\": ", length, "}"));
    const TextCut cut = read_text_cut(folder.path(), Truncation::kTail);
    EXPECT_EQ(cut.max_length, expected);
    EXPECT_EQ(cut.truncation, Truncation::kTail);
  };
  expect_length(64, "");
  expect_length(20, "20");
  expect_length(64, "512");
}

/// A folder with two files and their tasks.json.
class TasksFileTest : public ::testing::Test {
 protected:
  TasksFileTest() {
    folder.write("a.txt", "content");
    fs::create_directory(folder.path() / "sub");
    folder.write("sub/b.txt", "more");
    written.tasks = {{"topic", {"Business", "Sport, \"live\"", "日本"}}, {"mood", {"bad", "good"}}};
    written.pooling = PoolingMode::kMax;
    written.cut.max_length = 99;
    written.cut.truncation = Truncation::kHeadTail;
    written.provenance = {{"encoder", "models/tiny"}, {"seed", "42"}};
    write_tasks_file(folder.path(), written);
  }
  TasksFile read() const { return read_tasks_file(folder.path()); }
  /// tasks.json with a key changed and its own checksum made right again.
  void change(const std::string& key, const Json& value) {
    Json json = read_json(file);
    json[key] = value;
    if (value.is_null()) json.erase(key);
    json.erase("checksum");
    json["checksum"] = checksum(json.dump());
    write_file_atomic(file, json.dump(2));
  }
  void expect_refused(const std::string& key, const Json& value, const std::string& reason) {
    SCOPED_TRACE(key + " " + value.dump());
    const std::string before = read_file(file);
    change(key, value);
    expect_error([&] { read(); }, {reason});
    write_file_atomic(file, before);
  }

  TempFolder folder;
  fs::path file = folder.path() / "tasks.json";
  TasksFile written;
};

TEST_F(TasksFileTest, RoundTrip) {
  EXPECT_TRUE(is_checkpoint(folder.path()));
  EXPECT_FALSE(is_checkpoint(folder.path() / "sub"));
  const TasksFile found = read();
  ASSERT_EQ(found.tasks.size(), 2U);
  EXPECT_EQ(found.tasks[0].name, "topic");
  EXPECT_EQ(found.tasks[0].labels, written.tasks[0].labels);
  EXPECT_EQ(found.tasks[1].labels, written.tasks[1].labels);
  EXPECT_EQ(found.pooling, PoolingMode::kMax);
  EXPECT_EQ(found.cut.max_length, 99U);
  EXPECT_EQ(found.cut.truncation, Truncation::kHeadTail);
  EXPECT_EQ(found.provenance, written.provenance);
  EXPECT_EQ(found.checksums, (std::map<std::string, std::string>{{"a.txt", checksum("content")},
                                                                 {"sub/b.txt", checksum("more")}}));
}

TEST_F(TasksFileTest, ChangedFileIsRefused) {
  folder.write("sub/b.txt", "MORE");
  expect_error([&] { read(); }, {"sub/b.txt: the checksum is " + checksum("MORE"), checksum("more")});
  folder.write("sub/b.txt", "more");
  EXPECT_NO_THROW(read());
  fs::remove(folder.path() / "a.txt");
  expect_error([&] { read(); }, {"a.txt: no such file"});
}

TEST_F(TasksFileTest, EveryChangedByteOfItselfIsRefusedOrWithoutMeaning) {
  const std::string whole = read_file(file);
  const Json meaning = read_json(file);
  for (size_t i = 0; i < whole.size(); ++i)
    for (const char flip : {'\1', '\x10'}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      folder.write("tasks.json", damaged);
      try {
        read();
        EXPECT_EQ(read_json(file), meaning) << "byte " << i;
      } catch (const Error&) {
      }
    }
  for (size_t size = 0; size + 2 < whole.size(); ++size) {  // the last two are "}\n"
    folder.write("tasks.json", whole.substr(0, size));
    EXPECT_THROW(read(), Error) << "cut at " << size;
  }
}

TEST_F(TasksFileTest, OtherFormatVersionsAreRefused) {
  expect_refused("format_version", TasksFile::kVersion + 1, "format_version is 8; this mtnlp reads up to 7");
  expect_refused("format_version", 0, "format_version is 0");
  expect_refused("format_version", nullptr, "\"format_version\" is missing");
}

TEST_F(TasksFileTest, ImpossibleContentIsRefused) {
  expect_refused("tasks", nullptr, "\"tasks\" is missing");
  expect_refused("tasks", Json::array(), "names no task");
  expect_refused("tasks", 3, "\"name\" is missing");
  expect_refused("tasks", Json::parse(R"([{"name": "a"}])"), "\"labels\" is missing");
  expect_refused("tasks", Json::parse(R"([{"name": "a", "labels": ["x"]}])"), "fewer than 2 labels");
  expect_refused("tasks", Json::parse(R"([{"name": "a", "labels": ["x", 2]}])"), "\"labels\"");
  expect_refused("tasks",
                 Json::parse(R"([{"name": "a", "labels": ["x", "y"]}, {"name": "a", "labels": ["x", "y"]}])"),
                 "there twice");
  expect_refused("pooling", "sum", "\"sum\" is not known");
  expect_refused("pooling", nullptr, "\"pooling\" is missing");
  expect_refused("max_length", 1, "max_length is 1");
  expect_refused("max_length", -1, "\"max_length\"");
  expect_refused("truncation", "middle", "\"middle\"");
  expect_refused("provenance", Json::array({1}), "\"provenance\"");
  expect_refused("checksums", nullptr, "\"checksums\" is missing");
  expect_refused("checksums", Json::parse(R"({"../a": "00"})"), "leaves the folder");
  expect_refused("checksums", Json::parse(R"({"/etc/passwd": "00"})"), "leaves the folder");
}

TEST_F(TasksFileTest, AVersionOf2IsForWhatAReaderOf1WouldPassOver) {
  const auto version = [&] { return read_json(file)["format_version"].get<int>(); };
  const auto rewrite = [&] {
    fs::remove(file);  // which is not a file that it lists
    write_tasks_file(folder.path(), written);
  };
  EXPECT_EQ(version(), 1);
  EXPECT_FALSE(read_json(file).contains("prompt") || read_json(file).contains("text_columns"));
  EXPECT_EQ(read().text, TextColumns());
  written.text.names = {"title"};
  rewrite();
  EXPECT_EQ(version(), 1);
  EXPECT_EQ(read().text, written.text);
  written.text = {{"title", "body"}, " | "};
  rewrite();
  EXPECT_EQ(version(), 2);
  EXPECT_EQ(read().text, written.text);
  EXPECT_EQ(read().prompt, "");
  written.text = {};
  written.prompt = "query: ";
  rewrite();
  EXPECT_EQ(version(), 2);
  EXPECT_EQ(read().prompt, "query: ");
  expect_refused("text_columns", Json::array(), "\"text_columns\" names none");
}

TEST_F(TasksFileTest, TheKindOfATaskIsReadAndTheUsualOneIsNotWritten) {
  EXPECT_FALSE(read_json(file)["tasks"][0].contains("kind"));
  EXPECT_EQ(read().tasks[0].kind, &default_task_kind());
  change("tasks", Json::parse(R"([{"name": "a", "kind": "single-label", "labels": ["x", "y"]}])"));
  EXPECT_EQ(read().tasks[0].kind, &default_task_kind());
  expect_refused("tasks", Json::parse(R"([{"name": "a", "kind": "single-labels", "labels": ["x", "y"]}])"),
                 "task \"a\": the kind of task \"single-labels\" is not known; valid are: single-label");
}

TEST_F(TasksFileTest, DecisionsAreReadAndTheUsualOneIsNotWritten) {
  const std::string before = read_file(file);
  EXPECT_EQ(before.find("temperature"), std::string::npos);
  EXPECT_EQ(before.find("shift"), std::string::npos);
  std::vector<Task> tasks = written.tasks;
  tasks[0].decision = {0.1 + 0.2, {}};
  tasks[1].decision = {1, {std::log(3.0), 0}};
  replace_decisions(folder.path(), tasks);
  EXPECT_EQ(read_json(file)["format_version"], 4);
  EXPECT_EQ(read_json(file)["checksums"], Json::parse(before)["checksums"]);
  const TasksFile found = read();
  EXPECT_EQ(found.tasks[0].decision, tasks[0].decision);
  EXPECT_EQ(found.tasks[1].decision, tasks[1].decision);
  EXPECT_EQ(found.provenance, written.provenance);
  replace_decisions(folder.path(), written.tasks);
  EXPECT_EQ(read_file(file), before);
}

TEST_F(TasksFileTest, ACardIsReplacedWithItsChecksum) {
  std::vector<Task> tasks = written.tasks;
  tasks[0].decision = {2, {}};
  replace_decisions(folder.path(), tasks, "a card\n");
  EXPECT_EQ(read_file(folder.path() / "README.md"), "a card\n");
  EXPECT_EQ(read_tasks_file(folder.path()).checksums.at("README.md"),
            file_checksum(folder.path() / "README.md"));
  const std::string before = read_file(file);
  replace_decisions(folder.path(), tasks, "a card\n");
  EXPECT_EQ(read_file(file), before);
  folder.write("README.md", "another");
  testing::expect_error([&] { read_tasks_file(folder.path()); }, {"README.md", "checksum"});
  replace_decisions(folder.path(), tasks, "a third\n");
  EXPECT_EQ(read_tasks_file(folder.path()).tasks[0].decision, tasks[0].decision);
}

TEST_F(TasksFileTest, ImpossibleDecisionsAreRefused) {
  const auto refused = [&](const std::string& decision, const std::string& reason) {
    expect_refused("tasks", Json::parse(R"([{"name": "a", "labels": ["x", "y"], )" + decision + "}]"),
                   "tasks.json: task \"a\"" + reason);
  };
  refused(R"("temperature": 0)", " has the temperature 0; valid are finite numbers above 0");
  refused(R"("temperature": -1.5)", " has the temperature -1.5");
  refused(R"("temperature": null)", ": \"temperature\" is not a finite number: null");
  refused(R"("temperature": "1")", ": \"temperature\" is not a finite number");
  refused(R"("temperature": true)", ": \"temperature\" is not a finite number");
  refused(R"("shift": [1])", " has a shift of 1 numbers for 2 labels");
  refused(R"("shift": [1, 2, 3])", " has a shift of 3 numbers for 2 labels");
  refused(R"("shift": [])", ": \"shift\" is not a list");
  refused(R"("shift": 1)", ": \"shift\" is not a list");
  refused(R"("shift": null)", ": \"shift\" is not a list");
  refused(R"("shift": [1, null])", ": \"shift\" is not a finite number: null");
}

TEST_F(TasksFileTest, WindowsAreKeptInAVersionOfTheirOwn) {
  EXPECT_FALSE(read().cut.has_windows());
  change("windows", {{"stride", 7}, {"most", 3}});
  EXPECT_EQ(read().cut, (TextCut{read().cut.max_length, read().cut.truncation, 7, 3}));
  for (const Json& windows : {Json{{"stride", 0}, {"most", 3}}, Json{{"stride", 7}, {"most", 0}},
                              Json{{"stride", 7}, {"most", 1001}}, Json{{"stride", 1000}, {"most", 3}}}) {
    change("windows", windows);
    expect_error([&] { read(); }, {"tasks.json", "valid are 1 to"});
  }
}

TEST_F(TasksFileTest, MissingTruncationIsHead) {  // written before --truncate was
  change("truncation", nullptr);
  EXPECT_EQ(read().cut.truncation, Truncation::kHead);
}

TEST_F(TasksFileTest, ParsingLeavesTheOtherFilesUnread) {
  folder.write("a.txt", "damaged");
  EXPECT_THROW(read(), Error);
  EXPECT_EQ(parse_tasks_file(folder.path()).cut.max_length, 99u);
  const TextCut cut = read_text_cut(folder.path(), Truncation::kTail);
  EXPECT_EQ(cut.max_length, 99u);
  EXPECT_EQ(cut.truncation, Truncation::kHeadTail);
}

TEST(EncoderChecksums, AreOfWhatShapesARun) {
  const fs::path encoder = fs::path(MTNLP_SOURCE_DIR) / "tests/golden/encoders/tiny-distilbert";
  const auto files = encoder_checksums(encoder);
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json", "vocab.txt"})
    EXPECT_EQ(files.at(name), file_checksum(encoder / name));
  EXPECT_FALSE(files.contains("golden.safetensors"));
}

TEST_F(TasksFileTest, ThresholdsAndScalesAreReadAndRaiseTheVersion) {
  change("tasks", Json::parse(R"([{"name": "tags", "kind": "multilabel", "labels": ["x", "y"]},
                                  {"name": "stars", "kind": "regression", "scale": {"mean": 0.1, "deviation": 3}}])"));
  std::vector<Task> tasks = read().tasks;
  EXPECT_EQ(tasks[1].scale, (Scale{0.1, 3}));
  tasks[0].decision.thresholds = {0.1 + 0.2, 1};
  replace_decisions(folder.path(), tasks);
  EXPECT_EQ(read_json(file)["format_version"], 5);
  EXPECT_EQ(read().tasks[0].decision, tasks[0].decision);
  EXPECT_EQ(read().tasks[1].scale, tasks[1].scale);
  const auto refused = [&](const std::string& task, const std::string& reason) {
    expect_refused("tasks", Json::parse("[{\"name\": \"a\", " + task + "}]"),
                   "tasks.json: task \"a\"" + reason);
  };
  refused(R"("kind": "multilabel", "labels": ["x", "y"], "thresholds": [0.5])",
          " has 1 thresholds for 2 labels");
  refused(R"("kind": "multilabel", "labels": ["x"], "thresholds": [2])",
          " has a threshold that is not between 0 and 1");
  refused(R"("labels": ["x", "y"], "thresholds": [0.5, 0.5])", " has thresholds");
  refused(R"("kind": "regression")", " has no scale");
  refused(R"("kind": "regression", "scale": 3)", ": \"scale\" is not an object with mean and deviation: 3");
  refused(R"("kind": "regression", "scale": {"mean": 0, "deviation": 0})", " has the scale 0, 0");
}

TEST_F(TasksFileTest, AVersionOf6IsForPairsOfTexts) {
  EXPECT_FALSE(read_json(file).contains("pair_column"));
  written.text.pair = "other";
  fs::remove(file);  // which is not a file that it lists
  write_tasks_file(folder.path(), written);
  EXPECT_EQ(read_json(file)["format_version"], 6);
  EXPECT_EQ(read().text, written.text);
  expect_refused("pair_column", 7, "pair_column");
}

}  // namespace
}  // namespace mtnlp
