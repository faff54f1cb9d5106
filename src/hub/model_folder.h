// What the files beside the weights say: length, tokenizer, tasks. Torch-free.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/text_columns.h"
#include "hub/modules.h"
#include "hub/weights.h"
#include "tasks/task.h"
#include "text/tokenizer.h"

namespace mtnlp {

inline constexpr const char* kHeadsFile = "heads.safetensors";  ///< in a checkpoint

/// Throws Error unless `folder` is a folder.
void require_encoder_folder(const fs::path& folder);

/// Reads how a folder cuts long texts: a checkpoint's own way; for an encoder the modules' length, at most its
/// positions, and the end that is `usual` with its tokenizer.
TextCut read_text_cut(const fs::path& folder, Truncation usual);

/// Returns the tokenizer of an encoder folder or a checkpoint, with `prompt` before every text. Throws Error
/// when it has ids beyond the rows of the word embeddings.
std::unique_ptr<Tokenizer> load_model_tokenizer(const fs::path& folder, const std::string& prompt = "");

/// Returns the prompts of a folder: a checkpoint's own is the default.
Prompts read_prompts(const fs::path& folder);

// The files of a model folder, relative, as far as they exist.

/// Returns, of the folder of an encoder's own files, those beside the weights: tokenizer, config.json,
/// SentenceConfig.
std::vector<std::string> settings_files(const fs::path& own);
/// Returns, of the whole folder, those around the encoder: modules, prompts, heads.
std::vector<std::string> shared_files(const fs::path& folder);
/// Returns all of an encoder's own, which shape what comes out of it: settings_files and weights.
std::vector<std::string> encoder_files(const fs::path& folder);
/// Returns their checksums, by name.
std::map<std::string, std::string> encoder_checksums(const fs::path& folder);
/// Returns all that a model is read from, of a checkpoint all that its tasks.json lists; some may be named
/// twice.
std::vector<std::string> model_files(const fs::path& folder);

/// tasks.json of a checkpoint: all that the weights do not say.
struct TasksFile {
  /// Of the format. A file is written in the lowest that says all: 2 is for a prompt and for several text
  /// columns, which a reader of 1 would pass over; 3 is for tasks of another kind than the default, 4 for a
  /// task with a temperature or a shift, 5 for one with thresholds or a scale, 6 for pairs of texts, 7 for windows.
  static constexpr int kVersion = 7;
  std::vector<Task> tasks;
  PoolingMode pooling = PoolingMode::kMean;
  TextCut cut;
  std::string prompt;  ///< put before every text; empty: none
  TextColumns text;    ///< text columns of the training rows
  /// Free text: the encoder it grew from, version, seed; at the end of an epoch its number and scores.
  std::map<std::string, std::string> provenance;
  std::map<std::string, std::string> checksums;  ///< file in the folder → file_checksum
};

bool is_checkpoint(const fs::path& folder);  ///< has a tasks.json
/// Reads tasks.json, verified by its own checksum. Throws Error naming the file.
TasksFile parse_tasks_file(const fs::path& folder);
/// Does the same and verifies the checksums of all other files, too.
TasksFile read_tasks_file(const fs::path& folder);
/// Gives the checkpoint other decisions, those of `tasks`, which are its own in all else, and, unless it is empty, another
/// model card. Each file is replaced at once, and after each the checkpoint is sound; nothing else changes.
void replace_decisions(const fs::path& folder, const std::vector<Task>& tasks, const std::string& card = "");
/// Writes tasks.json with the checksums of all other files in `folder`; like write_modules not atomic by
/// itself.
void write_tasks_file(const fs::path& folder, TasksFile tasks);

}  // namespace mtnlp
