// A model to ask: sentences in, embeddings and labels out. On the CPU; needs no libtorch.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mtnlp::api {

/// How a model is loaded. A field without a value leaves it to the model's folder.
struct ModelOptions {
  int threads = 0;             ///< that one call may use, 1 to 1024; 0: one for each CPU the process may use
  std::string precision = {};  ///< "fp32", "bf16", "int8"; else as the weights are: int8 or fp32
  /// As --pooling, such as "mean": how a text's tokens become one vector. For embed alone: tasks know their own.
  std::string pooling = {};
  std::optional<bool> normalize = {};      ///< scale embeddings to length 1
  std::optional<std::string> prompt = {};  ///< name of a prompt of the folder's that goes before every text
  std::optional<std::string> prompt_text = {};  ///< the text itself instead; "" for none at all
};

/// Two texts that the encoder reads together, as a model that was trained on pairs takes them.
struct TextPair {
  std::string first, second;
};

/// A task of a trained model.
struct Task {
  std::string name;
  std::vector<std::string> labels;    ///< none where the answer is a number
  std::string kind = "single-label";  ///< or "multilabel", any number of labels; "regression", a number
};

/// The answer of a task for one text, with the decisions that the model stores. What the kind of the task does not have is
/// empty or 0.
struct Prediction {
  std::string label = {};                 ///< of single-label: the likeliest
  float probability = 0;                  ///< its probability, 0 to 1
  std::vector<std::string> labels = {};   ///< of multilabel: those whose probability reaches their threshold
  double number = 0;                      ///< of regression
  std::vector<float> probabilities = {};  ///< of each of Task::labels, 0 to 1; of single-label their sum is 1
};

/// One embedding for each text, as rows of a matrix.
struct Embeddings {
  size_t dim = 0;             ///< columns, D
  std::vector<float> values;  ///< [texts, D], row by row

  size_t rows() const { return dim == 0 ? 0 : values.size() / dim; }
  std::span<const float> row(size_t i) const { return std::span(values).subspan(i * dim, dim); }
};

/// A model in memory. Nothing in it changes after loading: any number of threads may call all functions of
/// one Model at once, and each gets what it would get alone. A copy shares the weights. Texts are UTF-8;
/// one of more than max_length() tokens is cut (see count_tokens); a blank one gives the answer for no
/// words at all.
class [[gnu::visibility("default")]] Model {
 public:
  /// Loads `model` as the MODEL of the command line is taken: a run folder (its best checkpoint), a
  /// checkpoint, or an encoder folder, which has no tasks. Afterwards the folder may be removed or replaced,
  /// but not changed in place. Throws Error naming the file or the option.
  explicit Model(const std::string& model, const ModelOptions& options = {});

  /// Says whether it was trained on pairs of texts: it then takes nothing else. A checkpoint of single texts takes no
  /// pairs; an encoder folder takes both.
  bool reads_pairs() const;
  /// Returns the tasks in the order of predict; none for an encoder folder.
  const std::vector<Task>& tasks() const;
  /// Returns D, the size of an embedding.
  size_t dim() const;
  /// Returns how many tokens of a text count, the special ones included.
  size_t max_length() const;
  /// Returns how many tokens `text` has with its prompt and the special ones; more than max_length() are
  /// cut. Throws Error as embed.
  size_t count_tokens(const std::string& text) const;
  size_t count_tokens(const TextPair& pair) const;

  /// Returns the embeddings of `texts`, equal to those of `mtnlp embed` in the same precision. A text's does not
  /// depend on the others. Throws Error with the number of the text, from 0, that is not UTF-8, holds a zero byte, or
  /// whose embedding is not finite, and for a model that was trained on the other of single texts and pairs.
  Embeddings embed(std::span<const std::string> texts) const;
  Embeddings embed(std::span<const TextPair> pairs) const;

  /// Returns [texts][tasks], equal to what `mtnlp predict` writes in the same precision. Throws Error as embed, for
  /// a model without tasks, and where ModelOptions::pooling is given.
  std::vector<std::vector<Prediction>> predict(std::span<const std::string> texts) const;
  std::vector<std::vector<Prediction>> predict(std::span<const TextPair> pairs) const;

 private:
  struct Loaded;
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace mtnlp::api
