#include "hub/model_card.h"

#include <algorithm>
#include <functional>

#include "base/error.h"
#include "base/json_text.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/words.h"
#include "mtnlp/version.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

/// How Python reads the model before it predicts task by task.
constexpr const char* kPythonStart = R"(```python
import json, torch
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

embeddings = SentenceTransformer(folder).encode(texts, convert_to_tensor=True).cpu()
heads = load_file(f"{folder}/heads.safetensors")
predictions = {}
for task in json.load(open(f"{folder}/tasks.json", encoding="utf-8"))["tasks"]:
)";

/// How Python predicts as `mtnlp predict` does: by p = softmax(z / T + s), T and s being those of tasks.json.
constexpr const char* kPythonLabels =
    R"(    logits = embeddings @ heads[task["name"] + ".weight"].T + heads[task["name"] + ".bias"]
    logits = logits / task.get("temperature", 1) + torch.tensor(task.get("shift", 0.0))
    probabilities, best = logits.softmax(1).max(1)
    predictions[task["name"]] = [(task["labels"][i], p) for i, p in zip(best.tolist(), probabilities.tolist())]
```
)";

/// The same where tasks are of several kinds.
constexpr const char* kPythonKinds =
    R"(    outputs = embeddings @ heads[task["name"] + ".weight"].T + heads[task["name"] + ".bias"]
    if task.get("kind") == "regression":
        predictions[task["name"]] = (task["scale"]["mean"] + task["scale"]["deviation"] * outputs[:, 0]).tolist()
        continue
    logits = outputs / task.get("temperature", 1)
    if task.get("kind") == "multilabel":
        probabilities = logits.sigmoid()
        given = probabilities >= torch.tensor(task.get("thresholds", 0.5))
        predictions[task["name"]] = [[(task["labels"][i], row[i].item()) for i in own.nonzero().flatten().tolist()]
                                     for row, own in zip(probabilities, given)]
        continue
    probabilities, best = (logits + torch.tensor(task.get("shift", 0.0))).softmax(1).max(1)
    predictions[task["name"]] = [(task["labels"][i], p) for i, p in zip(best.tolist(), probabilities.tolist())]
```
)";

/// Returns the Python lines that predict as `mtnlp predict` does.
std::string python_text(const std::vector<Task>& tasks) {
  const auto is_usual = [](const Task& task) { return task.kind == &default_task_kind(); };
  const bool usual = std::ranges::all_of(tasks, is_usual);
  return str("\nIn Python, the same ",
             usual ? "labels and probabilities, by `temperature` and `shift`"
                   : "answers, by `temperature`, `shift`, `thresholds` and `scale`",
             " of each task in tasks.json:\n\n", kPythonStart, usual ? kPythonLabels : kPythonKinds);
}

/// Returns the value of `key` in the provenance; "" where there is none.
std::string provenance_of(const ModelSettings& settings, const std::string& key) {
  const auto found = settings.provenance.find(key);
  return found == settings.provenance.end() ? "" : found->second;
}

/// Returns the keys of the figures that have an interval.
std::vector<std::string> keys_with_interval(const OrderedJson& scores) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : scores.items())
    if (value.is_number() && scores.contains(key + "_ci95")) keys.push_back(key);
  return keys;
}

std::string in_words(std::string key) {
  std::ranges::replace(key, '_', ' ');
  return key;
}

/// Returns a name out of the user's files as a string of YAML, which those of JSON are.
std::string yaml(const std::string& text) {
  return json_string(text);
}

/// Returns the results of a task, as the hub reads them from `model-index`.
std::string results_of(const Task& task, const OrderedJson& scores, const std::string& data) {
  std::string text = str("  - task:\n      type: text-classification\n      name: ", yaml(task.name),
                         "\n    dataset:\n      type: text\n      name: ", yaml(data),
                         "\n      split: test\n    metrics:\n");
  for (const std::string& key : keys_with_interval(scores))
    text += str("    - type: ", key.ends_with("_f1") ? "f1" : key, "\n      value: ", scores[key].dump(),
                "\n      name: ", in_words(key),
                "\n      args:\n        interval_95: ", scores[key + "_ci95"].dump(), "\n");
  return text;
}

/// Returns the header that the hub reads.
std::string header(const ModelSettings& settings, const CardFacts& facts) {
  std::string text = "---\nlibrary_name: sentence-transformers\npipeline_tag: text-classification\n";
  if (const std::string license = provenance_of(settings, "license"); !license.empty())
    text += "license: " + yaml(license) + "\n";
  if (const std::string base = provenance_of(settings, "base_model"); !base.empty())
    text += "base_model: " + yaml(base) + "\n";
  text += "tags: [sentence-transformers, mtnlp, text-classification]\n";
  std::vector<std::string> files;
  for (const CardFacts::File& file : facts.files) files.push_back(file.name);
  std::string results;
  for (const Task& task : settings.tasks)
    if (facts.scores.contains(task.name)) results += results_of(task, facts.scores[task.name], join(files));
  if (!results.empty())
    text += str("model-index:\n- name: ", yaml(join(task_names(settings.tasks))), "\n  results:\n", results);
  return text + "---\n";
}

/// Returns `text` as it stands in a cell of a table of Markdown, and in a line of it.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : shortened(printable(text), 60)) {
    if (std::string_view("|`<>*_[]\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string scores_text(const ModelSettings& settings, const CardFacts& facts) {
  std::string text;
  for (const Task& task : settings.tasks) {
    if (!facts.scores.contains(task.name)) continue;
    const OrderedJson& scores = facts.scores[task.name];
    for (const std::string& key : keys_with_interval(scores))
      text +=
          str("| ", cell(task.name), " | ", in_words(key), " | ", fixed_text(scores[key].get<double>(), 4),
              " | ", fixed_text(scores[key + "_ci95"][0].get<double>(), 4), " - ",
              fixed_text(scores[key + "_ci95"][1].get<double>(), 4), " |\n");
  }
  if (text.empty()) return "";
  return "\n## How good it is\nOn the test part, with 95 % intervals of what other rows of the same kind "
         "would give:\n\n"
         "| task | figure | value | interval |\n|---|---|---|---|\n" +
         text;
}

std::string data_text(const ModelSettings& settings, const CardFacts& facts) {
  if (facts.files.empty()) return "";
  std::string text = "\n## What it was trained on\n| file | rows | XXH3 checksum |\n|---|---|---|\n";
  for (const CardFacts::File& file : facts.files)
    text += str("| ", cell(file.name), " | ", file.rows, " | ", file.checksum, " |\n");
  text +=
      "\n| task | training rows | validation | test | rows of each label in training "
      "|\n|---|---|---|---|---|\n";
  for (size_t task = 0; task < settings.tasks.size(); ++task) {
    const auto [training, validation, test] = facts.rows[task];
    std::vector<std::string> classes;
    for (const auto& [label, rows] : facts.classes[task]) classes.push_back(str(cell(label), " ", rows));
    if (classes.size() > kMostClasses) {
      const size_t more = classes.size() - kMostClasses;
      classes.resize(kMostClasses);
      classes.push_back(str("and ", more, " more labels"));
    }
    text += str("| ", cell(settings.tasks[task].name), " | ", training, " | ", validation, " | ", test, " | ",
                join(classes), " |\n");
  }
  return text;
}

/// Returns `text` of the tasks with labels for which `holds`, which it names unless they are all; "" for none.
template <typename Holds>
std::string of_tasks(const std::vector<Task>& tasks, const std::string& what, Holds holds,
                     const std::string& text) {
  std::vector<std::string> names;
  bool all = true;
  for (const Task& task : tasks) {
    if (!task.kind->has_labels()) continue;
    if (holds(task)) names.push_back(cell(task.name));
    all = all && holds(task);
  }
  return names.empty() ? "" : str("- ", what, all ? "" : " of " + join(names), text);
}

std::string limits_text(const ModelSettings& settings) {
  const auto calibrated = [](const Task& task) { return task.decision.temperature != 1; };
  const auto shifted = [](const Task& task) { return !task.decision.shift.empty(); };
  std::string text = str("\n## Limits\n- Of a text longer than ", settings.cut.longest(),
                         " tokens only that many are read (", truncation_name(settings.cut.truncation),
                         " kept).\n- It has an answer for every text, also for one of "
                         "another kind than those that it was trained on.\n");
  text +=
      of_tasks(settings.tasks, "Probabilities", calibrated,
               " are calibrated on validation rows, for the shares that the labels have there; where labels "
               "have other shares, or texts are of another kind, they are not true.\n");
  text += of_tasks(settings.tasks, "Probabilities", std::not_fn(calibrated),
                   " are not calibrated: a model is often surer than it is right.\n");
  return text + of_tasks(settings.tasks, "Decisions", shifted,
                         " are shifted towards equal recall of the labels (`shift` in tasks.json), so "
                         "probabilities are those of data with other shares.\n");
}

}  // namespace

std::string model_card(const ModelSettings& settings, const CardFacts& facts) {
  std::string text = header(settings, facts);
  text += "# A multi-task sentence transformer trained by mtnlp " + std::string(kVersion) + "\n\n";
  for (const Task& task : settings.tasks)
    text += str("- task `", task.name,
                "`: ", task.kind->has_labels() ? join(task.labels) : task.kind->outline(task), "\n");
  if (const std::string& prompt = settings.modules.prompts.default_text(); !prompt.empty())
    text += "\nBefore every text: `" + prompt + "`\n";
  if (settings.text.is_pair())
    text +=
        str("\nIt reads pairs of texts, each as one sequence: the columns ", cell(join(settings.text.names)),
            " and ", cell(settings.text.pair), ". In Python an element of `texts` is a tuple of two.\n");
  text +=
      str("\nPooling: ", pooling_name(settings.modules.pooling), ". Longest text: ", settings.cut.longest(),
          " tokens (", truncation_name(settings.cut.truncation), " kept).\n");
  if (settings.cut.has_windows())
    text += str("A text of more than ", settings.cut.max_length,
                " tokens is read in windows of that length, each ", settings.cut.stride,
                " tokens after the one before, whose embeddings are averaged. Python reads the "
                "first window alone.\n");
  if (const std::string encoder = provenance_of(settings, "encoder"); !encoder.empty())
    text += "Grown from the encoder `" + encoder + "`; its licence applies to these weights.\n";
  if (const std::string epoch = provenance_of(settings, "epoch"); !epoch.empty())
    text += "After epoch " + epoch + ".\n";
  const std::string end = scores_text(settings, facts) + data_text(settings, facts) + limits_text(settings);
  text += "\nUse: `mtnlp predict FOLDER`";
  if (!sentence_transformers_has(settings.modules.pooling))
    return text + "; Python's sentence-transformers does not have this pooling.\n" + end;
  text += ", or `SentenceTransformer(FOLDER)` in Python for the embeddings.\n";
  return text + python_text(settings.tasks) + end;
}

std::string license_in_card(const fs::path& folder) {
  for (const char* name : {"MODEL_CARD.md", "README.md"}) {
    std::error_code error;
    if (!fs::is_regular_file(folder / name, error)) continue;
    const std::vector<std::string> lines = split_text(read_file(folder / name), '\n');
    if (lines[0] != "---") continue;
    for (size_t i = 1; i < lines.size() && lines[i] != "---"; ++i) {
      constexpr std::string_view kKey = "license: ";
      if (!lines[i].starts_with(kKey)) continue;
      std::string license = lines[i].substr(kKey.size());
      std::erase_if(license, [](char c) { return c == '"' || c == '\'' || c == '\r' || c == ' '; });
      return license.size() < 60 ? license : "";
    }
  }
  return "";
}

}  // namespace mtnlp
