// A progress bar with rate and time left on a terminal, a plain line now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mtnlp {

struct ProgressOptions {
  bool quiet = false;            ///< whether to print nothing
  double plain_interval_s = 30;  ///< seconds between lines when stderr is not a terminal
  double bar_interval_s = 0.1;   ///< seconds between redraws on a terminal
};

/// Progress of one stage on stderr, one at a time. Not thread-safe. The bar makes room for log messages, and
/// is erased on destruction.
class Progress {
 public:
  /// Starts a stage: `label` says what is going on ("epoch 1/3"); `total` is the number of units, 0 when it
  /// is not known; `unit` is their name.
  Progress(std::string label, uint64_t total, std::string unit, ProgressOptions options = {});
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Adds `done` units; `note` ("loss 0.312") is shown behind the rate.
  void add(uint64_t done, const std::string& note = "");

 private:
  void erase();
  void draw(double seconds, const std::string& note);

  using Clock = std::chrono::steady_clock;
  std::string label_, unit_;
  uint64_t total_, done_ = 0;
  ProgressOptions options_;
  bool terminal_;
  size_t width_ = 0;  ///< columns of the bar on the screen, 0 when there is none
  Clock::time_point start_, last_;
};

}  // namespace mtnlp
