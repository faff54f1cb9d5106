// Metrics of numbers.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tasks/task.h"
#include "tasks/task_metrics.h"

namespace mtnlp {

/// Returns the figures by which tasks of this kind are known. R², which falls as the squared error grows, chooses the
/// epoch.
std::vector<Figure> number_figures();

/// A row's number and the answer to it.
struct NumberAnswer {
  double gold = 0, guess = 0;
  double loss = 0;  ///< squared error in squared deviations of the task
};

class NumberFigures final : public RowFigures {
 public:
  /// `answers` are borrowed.
  explicit NumberFigures(std::span<const NumberAnswer> answers);

  /// R², as scikit-learn, is 0 where all numbers are equal, a correlation where one side does not vary.
  std::vector<Figure> figures() const override;
  std::vector<double> values(std::span<const uint32_t> counts) const override;
  double error(size_t row) const override;  ///< squared
  bool right_or_wrong() const override { return false; }
  double confidence(size_t row) const override;

 private:
  /// Rows by a number; those of equal numbers share a rank.
  struct Place {
    uint32_t row;
    bool last;  ///< of the rows with this number
  };
  std::vector<Place> places_by(double NumberAnswer::*number) const;
  static std::vector<double> ranks(const std::vector<Place>& places, std::span<const uint32_t> counts);

  std::span<const NumberAnswer> answers_;
  std::vector<double> gold_, guess_;  ///< [rows]
  std::vector<Place> by_gold_, by_guess_;
};

class NumberMetrics final : public TaskMetrics {
 public:
  explicit NumberMetrics(Scale scale) : scale_(scale) {}

  /// Adds a row by its one output.
  void add(Target target, std::span<const float> outputs) override;
  bool add_answer(Target target, const std::string& answer, const std::string& separator) override;
  void add_rows(const TaskMetrics& other) override;

  std::vector<double> figures() const override;
  std::unique_ptr<const RowFigures> row_figures() const override;
  /// The task's object in test.json: {"rows", "loss", the figures of NumberFigures and KEY_ci95 of each}.
  OrderedJson to_json() const override;
  std::vector<ResultTable> tables(const std::string& task) const override;

 private:
  void add(double gold, double guess);

  Scale scale_;
  std::vector<NumberAnswer> answers_;  ///< [rows]
};

}  // namespace mtnlp
