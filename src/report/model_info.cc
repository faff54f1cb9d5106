// The description of a model folder. Invariants: only small files and the headers of weights are read; the
// text is made from the JSON, so that both say the same.
#include "report/model_info.h"

#include <set>

#include "base/log.h"
#include "base/numbers.h"
#include "base/printable.h"
#include "base/safetensors.h"
#include "base/words.h"
#include "eval/evaluator.h"
#include "hub/encoder_config.h"
#include "hub/model_folder.h"
#include "report/tables.h"
#include "run/metrics_table.h"
#include "run/run_folder.h"
#include "tasks/task_kind.h"

namespace mtnlp {
namespace {

OrderedJson run_info(const fs::path& run, const fs::path& checkpoint) {
  OrderedJson info = {{"checkpoint", checkpoint.filename().string()}, {"epochs", 0}, {"finished", false}};
  if (const fs::path file = run / "metrics.csv"; fs::exists(file)) {
    const MetricsTable metrics = MetricsTable::read(file);
    info["epochs"] = metrics.rows().size();
    if (!metrics.rows().empty())
      for (size_t i = 0; i < metrics.columns().size(); ++i)
        info["last_epoch"][metrics.columns()[i]] = metrics.rows().back()[i];
  }
  if (const fs::path file = run / "test.json"; fs::exists(file)) {
    info["finished"] = true;
    info["test"] = read_test_scores(file);
  }
  return info;
}

/// Returns dtypes, number of tensors and bytes; null, with a warning, when the folder has no weights.
OrderedJson weights_info(const fs::path& folder) {
  if (weights_names(folder).empty()) {
    log_warning(folder.string() + ": " + absent_weights(folder));
    return nullptr;
  }
  const Weights weights(weights_file(folder));
  std::set<std::string> dtypes;
  size_t bytes = 0, tensors = 0;
  for (const SafetensorsFile& file : weights.files())
    for (const auto& [name, tensor] : file.tensors()) {
      dtypes.insert(tensor.dtype);
      bytes += tensor.bytes.size();
      ++tensors;
    }
  return {{"dtype", join({dtypes.begin(), dtypes.end()})}, {"tensors", tensors}, {"bytes", bytes}};
}

OrderedJson encoder_info(const fs::path& model) {
  const fs::path folder = transformer_folder(model);
  const EncoderConfig config = read_encoder_config(folder / "config.json");
  return {{"architecture", config.architecture->name},
          {"layers", config.layers},
          {"size", config.dim},
          {"heads", config.heads},
          {"hidden_size", config.hidden_dim},
          {"positions", config.positions},
          {"parameters", parameter_count(config)},
          {"weights", weights_info(folder)}};
}

size_t element_count(const fs::path& file) {
  size_t count = 0;
  const SafetensorsFile tensors(file);
  for (const auto& [name, tensor] : tensors.tensors())
    count += tensor.bytes.size() / dtype_size(tensor.dtype);
  return count;
}

/// Returns a number with separators: "22,713,216".
std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

/// Returns "up, down and 4 more", at most kMostClasses of them; of a task without labels its kind.
std::string list_of_labels(const OrderedJson& labels) {
  if (labels.is_string()) return labels.get<std::string>();
  std::vector<std::string> names;
  for (const OrderedJson& label : labels)
    if (names.size() < kMostClasses) names.push_back(shortened(label.get<std::string>(), 60));
  const size_t more = labels.size() - names.size();
  return join(names) + (more == 0 ? "" : str(" and ", more, " more; --json writes all"));
}

/// Returns the figures of the tasks of one kind; "" when there is none of it.
std::string test_table(const OrderedJson& test, const TaskKind& kind) {
  const std::vector<Figure> figures = kind.figures();
  std::vector<std::vector<std::string>> table = {{"test part", "rows"}};
  for (const Figure& figure : figures) table[0].emplace_back(figure.title);
  const auto cell = [](const OrderedJson& metrics, const char* key) {
    return metrics.contains(key) && metrics[key].is_number() ? fixed_text(metrics[key].get<double>(), 4)
                                                             : std::string("-");
  };
  for (const auto& [task, metrics] : test.items()) {
    if (metrics.value("kind", OrderedJson(default_task_kind().name())) != kind.name()) continue;
    auto& row = table.emplace_back();
    row = {task_cell(task), metrics.contains("rows") ? metrics["rows"].dump() : "-"};
    for (const Figure& figure : figures) row.push_back(cell(metrics, figure.key));
  }
  if (table.size() == 1 && (!test.empty() || &kind != &default_task_kind())) return "";
  return "\n" + align_table(table);
}

}  // namespace

OrderedJson model_info(const fs::path& model) {
  const ModelFolder held = resolve_model(model);
  const fs::path& folder = held.path();
  const bool is_run = fs::is_directory(model / "checkpoints"), trained = is_checkpoint(folder);
  OrderedJson info = {{"folder", model.string()},
                      {"kind", is_run    ? "run"
                               : trained ? "checkpoint"
                                         : "encoder"}};
  if (is_run) info["run"] = run_info(model, folder);
  info["encoder"] = encoder_info(folder);
  const auto tokenizer = load_model_tokenizer(folder);
  info["tokenizer"] = {{"kind", tokenizer->kind()}, {"vocabulary", tokenizer->vocabulary_size()}};
  const Modules modules = read_modules(folder);
  const TextCut cut = read_text_cut(folder, tokenizer->truncation());
  info["pooling"] = pooling_name(modules.pooling);
  info["normalize"] = modules.normalize;
  info["prompts"] = OrderedJson::object();
  const Prompts prompts = read_prompts(folder);
  for (const auto& [name, text] : prompts.texts) info["prompts"][name] = text;
  info["prompt"] = prompts.default_text();
  info["max_length"] = cut.max_length;
  info["truncation"] = truncation_name(cut.truncation);
  if (cut.has_windows()) info["windows"] = {{"stride", cut.stride}, {"most", cut.max_windows}};
  if (!trained) return info;
  const TasksFile tasks = parse_tasks_file(folder);
  info["pooling"] = pooling_name(tasks.pooling);
  for (const Task& task : tasks.tasks)
    info["tasks"][task.name] =
        task.kind->has_labels() ? OrderedJson(task.labels) : OrderedJson(task.kind->name());
  for (const Task& task : tasks.tasks) {
    const auto& [temperature, shift, thresholds] = task.decision;
    if (task.decision != Decision())
      info["decisions"][task.name] = {{"temperature", temperature}, {"shift", shift}};
    if (!thresholds.empty()) info["decisions"][task.name]["thresholds"] = thresholds;
    if (task.scale)
      info["scales"][task.name] = {{"mean", task.scale->mean}, {"deviation", task.scale->deviation}};
  }
  info["text_columns"] = tasks.text.names;
  if (tasks.text.is_pair()) info["pair_column"] = tasks.text.pair;
  info["head_parameters"] = element_count(folder / kHeadsFile);
  info["provenance"] = tasks.provenance;
  return info;
}

std::string model_info_text(const OrderedJson& info) {
  const auto text = [](const OrderedJson& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  std::string lines = str(printable(text(info["folder"])), ": ", text(info["kind"]), "\n");
  const auto add = [&](std::string name, const std::string& value) {
    name = printable(name);
    name.resize(std::max<size_t>(name.size() + 1, 13), ' ');
    lines += "  " + name + printable(value) + "\n";
  };
  if (info.contains("run")) {
    const OrderedJson& run = info["run"];
    add("checkpoint", text(run["checkpoint"]));
    add("epochs", text(run["epochs"]) + (run["finished"].get<bool>() ? ", finished" : ", not finished"));
  }
  const OrderedJson& encoder = info["encoder"];
  add("encoder",
      str(text(encoder["architecture"]), ", ", encoder["layers"], " layers of size ", encoder["size"], ", ",
          encoder["heads"], " heads, ", encoder["positions"], " positions"));
  std::string parameters = grouped(encoder["parameters"].get<uint64_t>());
  if (info.contains("head_parameters")) parameters += str(", and ", info["head_parameters"], " in the heads");
  add("parameters", parameters);
  const OrderedJson& weights = encoder["weights"];
  add("weights", weights.is_null() ? "none"
                                   : str(text(weights["dtype"]), ", ", weights["tensors"], " tensors, ",
                                         fixed_text(weights["bytes"].get<double>() / 1e6, 1), " MB"));
  add("tokenizer", str(text(info["tokenizer"]["kind"]), ", ", info["tokenizer"]["vocabulary"], " pieces"));
  add("embedding", str(text(info["pooling"]), " pooling, ", info["normalize"].get<bool>() ? "" : "not ",
                       "scaled to length 1"));
  if (const std::string prompt = text(info["prompt"]); !prompt.empty())
    add("prompt", in_quotes(prompt) + " before every text");
  if (!info["prompts"].empty()) {
    std::vector<std::string> names;
    for (const auto& [name, prompt] : info["prompts"].items()) names.push_back(name);
    add("prompts", join(names));
  }
  add("max length",
      str(info["max_length"], " tokens, the ", text(info["truncation"]), " of longer texts is kept"));
  if (info.contains("windows"))
    add("windows", str(info["windows"]["most"], " at most, each ", info["windows"]["stride"],
                       " tokens after the one before; their embeddings are averaged"));
  if (info.contains("tasks"))
    for (const auto& [name, labels] : info["tasks"].items())
      add("task", task_cell(name) + ": " + list_of_labels(labels));
  if (info.contains("decisions"))
    for (const auto& [name, decision] : info["decisions"].items())
      add("decision",
          str(task_cell(name), ": temperature ", decision["temperature"],
              decision["shift"].empty() ? "" : ", shift " + decision["shift"].dump(),
              decision.contains("thresholds") ? ", thresholds " + decision["thresholds"].dump() : ""));
  if (info.contains("scales"))
    for (const auto& [name, scale] : info["scales"].items())
      add("scale", str(task_cell(name), ": mean ", scale["mean"], ", deviation ", scale["deviation"]));
  if (info.contains("provenance"))
    for (const auto& [key, value] : info["provenance"].items()) add(key, text(value));
  if (info.contains("run") && info["run"].contains("test"))
    for (const TaskKind* kind : task_kinds()) lines += test_table(info["run"]["test"], *kind);
  return lines;
}

}  // namespace mtnlp
