#include "line_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <zlib.h>

#include "mtnlp/base/error.h"
#include "mtnlp/base/files.h"
#include "mtnlp/base/signals.h"

namespace mtnlp {
namespace {

constexpr size_t kBlock = 256 << 10;

class PlainStream : public ByteStream {
 public:
  PlainStream(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  ~PlainStream() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  PlainStream(const PlainStream&) = delete;
  PlainStream& operator=(const PlainStream&) = delete;

  size_t read(std::span<char> room) override {
    for (;;) {
      wait_readable(fd_);
      const ssize_t got = ::read(fd_, room.data(), room.size());
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR && errno != EAGAIN) fail_input(name_, ": cannot be read: ", std::strerror(errno));
    }
  }

 private:
  int fd_;
  std::string name_;
};

/// Gives back the bytes that were read to recognise the format, then the rest.
class PrefixedStream : public ByteStream {
 public:
  PrefixedStream(std::string prefix, std::unique_ptr<ByteStream> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}

  size_t read(std::span<char> room) override {
    if (used_ == prefix_.size()) return rest_->read(room);
    const size_t got = prefix_.copy(room.data(), room.size(), used_);
    used_ += got;
    return got;
  }

 private:
  std::string prefix_;
  size_t used_ = 0;
  std::unique_ptr<ByteStream> rest_;
};

/// One or more gzip members; zeros after the last are padding.
class GzipStream : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteStream> packed) : packed_(std::move(packed)), input_(kBlock) {
    if (inflateInit2(&zlib_, 16 + MAX_WBITS) != Z_OK) fail_system("zlib: out of memory");
  }
  ~GzipStream() override { inflateEnd(&zlib_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  size_t read(std::span<char> room) override {
    zlib_.next_out = reinterpret_cast<Bytef*>(room.data());
    zlib_.avail_out = static_cast<uInt>(std::min<size_t>(room.size(), 1 << 30));
    const uInt wanted = zlib_.avail_out;
    while (zlib_.avail_out == wanted) {
      if (!corrupt_.empty()) throw Corrupt{corrupt_};
      if (zlib_.avail_in == 0 && !refill()) {
        if (in_member_) throw Corrupt{"the gzip data end too early"};
        return 0;
      }
      if (!in_member_ && !start_member()) continue;
      const int status = inflate(&zlib_, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        in_member_ = false;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        // What came out before the bad place is given first, so that the error names the right line.
        corrupt_ = str("corrupt gzip data", zlib_.msg != nullptr ? str(" (", zlib_.msg, ")") : "");
      }
    }
    return wanted - zlib_.avail_out;
  }

 private:
  bool refill() {
    const size_t got = packed_->read(input_);
    zlib_.next_in = reinterpret_cast<Bytef*>(input_.data());
    zlib_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }

  /// Skips padding; true when a member begins.
  bool start_member() {
    while (zlib_.avail_in > 0 && *zlib_.next_in == 0 && any_member_) {
      ++zlib_.next_in;
      --zlib_.avail_in;
    }
    if (zlib_.avail_in == 0) return false;
    inflateReset(&zlib_);
    in_member_ = any_member_ = true;
    return true;
  }

  std::unique_ptr<ByteStream> packed_;
  std::vector<char> input_;
  z_stream zlib_{};
  bool in_member_ = false, any_member_ = false;
  std::string corrupt_;
};

}  // namespace

std::unique_ptr<ByteStream> open_bytes(const std::string& file) {
  int fd = STDIN_FILENO;
  if (file != "-") {
    require_file(file);
    fd = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // a pipe is waited for by wait_readable
    if (fd < 0) fail_input(file, ": cannot be read: ", std::strerror(errno));
  }
  std::unique_ptr<ByteStream> plain =
      std::make_unique<PlainStream>(fd, file == "-" ? "standard input" : file);
  char magic[2];
  size_t known = 0;
  for (size_t got; known < sizeof magic && (got = plain->read({magic + known, sizeof magic - known})) > 0;)
    known += got;
  const std::string prefix(magic, known);
  auto whole = std::make_unique<PrefixedStream>(prefix, std::move(plain));
  if (prefix != kGzipMagic) return whole;
  return std::make_unique<GzipStream>(std::move(whole));
}

LineInput::LineInput(std::unique_ptr<ByteStream> bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)), buffer_(kBlock) {
  while (end_ < 3 && fill()) {
  }
  const std::string_view start(buffer_.data(), std::min<size_t>(end_, 3));
  if (start == kUtf8Mark) begin_ = 3;
  if (start.starts_with(kUtf16LittleMark) || start.starts_with(kUtf16BigMark))
    fail_input(name_, ": is UTF-16; save it as UTF-8");
}

bool LineInput::next(std::string_view& line) {
  for (size_t scanned = 0;;) {
    char* const start = buffer_.data() + begin_;
    const size_t known = end_ - begin_;
    const void* newline = known == scanned ? nullptr : std::memchr(start + scanned, '\n', known - scanned);
    size_t length =
        newline == nullptr ? known : static_cast<size_t>(static_cast<const char*>(newline) - start);
    if (newline == nullptr) {
      scanned = known;
      if (fill()) continue;
      if (known == 0) return false;
    }
    ++line_;
    ending_ = newline == nullptr ? "" : "\n";
    begin_ += length + ending_.size();
    if (length > 0 && start[length - 1] == '\r') {
      --length;
      ending_ = newline == nullptr ? "\r" : "\r\n";
    }
    line = {start, length};
    return true;
  }
}

/// Reads more behind the unread part; false at the end.
bool LineInput::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (bytes_ == nullptr) return false;
  if (end_ > kMaxRow) give_up(str("the line is longer than ", kMaxRow >> 20, " MiB"));
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  try {
    const size_t got = bytes_->read({buffer_.data() + end_, buffer_.size() - end_});
    end_ += got;
    return got > 0;
  } catch (const ByteStream::Corrupt& corrupt) {
    give_up(corrupt.what);
  }
}

/// Nothing more can be read: fails now, and is at the end afterwards.
void LineInput::give_up(const std::string& what) {
  bytes_.reset();
  end_ = begin_;
  fail(line_ + 1, what);
}

void LineInput::fail(size_t line, const std::string& what) const {
  fail_input(name_, ":", line, ": ", what);
}

}  // namespace mtnlp
