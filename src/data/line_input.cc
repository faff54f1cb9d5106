#include "data/line_input.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace mtnlp {
namespace {}  // namespace

LineInput::LineInput(std::unique_ptr<ByteStream> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)), buffer_(kBlock) {
  // As many bytes as tell a file's kind, but a line that is complete must not wait for more: someone types
  // it.
  constexpr size_t kStart = 16;
  while (end_ < kStart && ahead().find('\n') == std::string_view::npos && fill()) {
  }
  do {
    for (; ahead().starts_with(kUtf8Mark); ++marks_) begin_ += kUtf8Mark.size();
    // What is left may be the first bytes of one more.
  } while (marks_ > 0 && kUtf8Mark.starts_with(ahead()) && fill());
}

bool LineInput::next(std::string_view& line) {
  size_t scanned = 0;
  for (bool more = true;;) {
    const size_t known = end_ - begin_, length = find_line_end(scanned);
    const std::string_view rest = ahead().substr(length);
    // A CR at the end of what is known may be the first half of CRLF.
    if (rest.size() > 1 || (!rest.empty() && (rest[0] == '\n' || !more))) {
      line = take(length, rest.starts_with("\r\n") ? 2 : 1);
      return true;
    }
    if (!more) {
      if (known == 0) return false;
      line = take(length, 0);
      return true;
    }
    scanned = length;
    more = fill();
  }
}

/// Returns where, from `begin_`, the first line end at or behind `from` is; the number of known bytes if
/// none.
size_t LineInput::find_line_end(size_t from) {
  const char* const data = buffer_.data();
  no_newline_ = std::max(no_newline_, begin_ + from);
  const auto find = [&](char c, size_t begin, size_t end) {
    const void* found = begin < end ? std::memchr(data + begin, c, end - begin) : nullptr;
    return found == nullptr ? end : static_cast<size_t>(static_cast<const char*>(found) - data);
  };
  no_newline_ = find('\n', no_newline_, end_);
  return find('\r', begin_ + from, no_newline_) - begin_;
}

std::string_view LineInput::take(size_t length, size_t ending) {
  const std::string_view line = ahead().substr(0, length);
  const std::string_view end = ahead().substr(length, ending);
  ending_ = end == "\r\n" ? "\r\n" : end == "\n" ? "\n" : end == "\r" ? "\r" : "";
  begin_ += length + ending;
  ++line_;
  return line;
}

bool LineInput::look_ahead() {
  while (ahead().find_first_not_of(" \t\r\n") == std::string_view::npos)
    if (!fill()) return false;
  return true;
}

/// Reads more behind the unread part; false at the end.
bool LineInput::fill() {
  if (const size_t done = held_ ? held_->begin : begin_; done > 0) {
    std::memmove(buffer_.data(), buffer_.data() + done, end_ - done);
    no_newline_ -= std::min(no_newline_, done);
    end_ -= done;
    begin_ -= done;
    if (held_) held_->begin = 0;
  }
  if (bytes_ == nullptr) return false;
  if (end_ - begin_ > kMaxRow) give_up(str("the line is longer than ", kMaxRow >> 20, " MiB"));
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  try {
    const size_t got = bytes_->read({buffer_.data() + end_, buffer_.size() - end_});
    end_ += got;
    return got > 0;
  } catch (const ByteStream::Corrupt& corrupt) {
    give_up(corrupt.what);
  }
}

void LineInput::go_back() {
  begin_ = held_->begin;
  line_ = held_->line;
  no_newline_ = begin_;
  held_.reset();
}

/// Fails now and is at the end afterwards: nothing more can be read.
void LineInput::give_up(const std::string& what) {
  bytes_.reset();
  held_.reset();
  end_ = begin_;
  fail(line_ + 1, what);
}

void LineInput::fail(size_t line, const std::string& what) const {
  fail_input(name_, ":", line, ": ", what);
}

}  // namespace mtnlp
