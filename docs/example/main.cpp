// example MODEL TEXT TEXT: the labels of two texts, and how alike they are.
#include <mtnlp/error.h>
#include <mtnlp/model.h>

#include <cmath>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) try {
  if (argc != 4) throw mtnlp::api::Error("usage: example MODEL TEXT TEXT", mtnlp::api::ErrorKind::kInput);
  const mtnlp::api::Model model(argv[1]);
  const std::vector<std::string> texts(argv + 2, argv + 4);

  if (!model.tasks().empty()) {
    const auto predictions = model.predict(texts);
    for (size_t i = 0; i < texts.size(); ++i)
      for (size_t task = 0; task < model.tasks().size(); ++task)
        std::cout << texts[i] << ": " << model.tasks()[task].name << " is " << predictions[i][task].label
                  << " (" << predictions[i][task].probability << ")\n";
  }

  const auto embeddings = model.embed(texts);
  double dot = 0, squares[2] = {};
  for (size_t d = 0; d < embeddings.dim; ++d) {
    const double a = embeddings.row(0)[d], b = embeddings.row(1)[d];
    dot += a * b, squares[0] += a * a, squares[1] += b * b;
  }
  std::cout << "cosine " << dot / std::sqrt(squares[0] * squares[1]) << '\n';
} catch (const mtnlp::api::Error& error) {
  std::cerr << "example: " << error.what() << '\n';
  return error.kind() == mtnlp::api::ErrorKind::kInput ? 2 : 1;
}
