#include "base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "base/log.h"
#include "base/printable.h"

namespace mtnlp {
namespace {

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(std::max(0.0, std::round(seconds)));
  char text[32];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  return text;
}

size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(std::string label, uint64_t total, std::string unit, ProgressOptions options)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      options_(options),
      terminal_(isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      last_(start_) {
  label_ = shortened(printable(label_), 80);
  if (terminal_) set_before_message([this] { erase(); });
}

Progress::~Progress() {
  set_before_message(nullptr);
  erase();
  if (done_ == 0) return;
  const double seconds = std::max(1e-6, std::chrono::duration<double>(Clock::now() - start_).count());
  try {
    log_debug(str(label_, ": ", done_, " ", unit_, " in ", std::round(seconds * 1000) / 1000, " s, ",
                  std::llround(static_cast<double>(done_) / seconds), " ", unit_, "/s"));
  } catch (const Error&) {  // a log file that takes no more; whoever writes the next line learns of it
  }
}

/// Erases the bar with spaces, not with an escape code: NO_COLOR and plain terminals need nothing else.
void Progress::erase() {
  if (width_ == 0) return;
  std::fprintf(stderr, "\r%*s\r", static_cast<int>(width_), "");
  std::fflush(stderr);
  width_ = 0;
}

void Progress::add(uint64_t done, const std::string& note) {
  done_ += done;
  if (options_.quiet) return;
  const auto now = Clock::now();
  const double interval = terminal_ ? options_.bar_interval_s : options_.plain_interval_s;
  if (std::chrono::duration<double>(now - last_).count() < interval) return;
  last_ = now;
  draw(std::chrono::duration<double>(now - start_).count(), note);
}

void Progress::draw(double seconds, const std::string& note) {
  const double per_second = static_cast<double>(done_) / seconds;
  std::string text = label_ + " ";
  if (total_ > 0) {
    const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    if (terminal_) {
      constexpr size_t kCells = 24;
      const auto full = static_cast<size_t>(share * kCells);
      text += "[" + std::string(full, '#') + std::string(kCells - full, '.') + "] ";
    }
    text += str(static_cast<int>(share * 100), "% ", done_, "/", total_);
  } else {
    text += str(done_);
  }
  char rate_text[32];
  std::snprintf(rate_text, sizeof rate_text, per_second < 10 ? "%.1f" : "%.0f", per_second);
  text += str(" ", unit_, ", ", rate_text, " ", unit_, "/s");
  if (total_ > done_ && per_second > 0)
    text += ", " + clock_text(static_cast<double>(total_ - done_) / per_second) + " left";
  if (!note.empty()) text += ", " + printable(note);
  if (terminal_) {
    text = shortened(text, std::max<size_t>(8, terminal_width() - 1));
    const size_t left_over = width_ - std::min(width_, text.size());
    std::fprintf(stderr, "\r%s%*s", text.c_str(), static_cast<int>(left_over), "");
    width_ = text.size();
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  std::fflush(stderr);
}

}  // namespace mtnlp
