// A compressed file is a CompressedStream around one Codec per library. A codec decodes one member; the
// stream asks for the next until the file ends, so that files put one behind another are one text. Data that
// break off or are damaged throw Corrupt; nothing behind the damage is given.
#include "data/byte_stream.h"

#include <bzlib.h>
#include <fcntl.h>
#include <lzma.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <zlib.h>

#include "base/error.h"
#include "base/files.h"
#include "base/signals.h"

namespace mtnlp {
namespace {

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

/// One way of compression: a decoder of one member.
class Codec {
 public:
  virtual ~Codec() = default;
  /// Makes ready for the next member.
  virtual void start() = 0;
  /// Decodes from the front of `in` to the front of `out` and shortens both by what was used; true at the end
  /// of the member. Throws ByteStream::Corrupt.
  virtual bool decode(std::span<char>& in, std::span<char>& out) = 0;
  virtual const char* name() const = 0;

 protected:
  [[noreturn]] void fail_corrupt() const { throw ByteStream::Corrupt{str("corrupt ", name(), " data")}; }
};

template <typename Stream, typename Byte>
void lend(Stream& stream, std::span<char> in, std::span<char> out) {
  constexpr size_t kMost = 1 << 30;  // the counts have 32 bits
  stream.next_in = reinterpret_cast<Byte*>(in.data());
  stream.avail_in = static_cast<unsigned>(std::min(in.size(), kMost));
  stream.next_out = reinterpret_cast<Byte*>(out.data());
  stream.avail_out = static_cast<unsigned>(std::min(out.size(), kMost));
}

template <typename Stream>
void take_back(const Stream& stream, std::span<char>& in, std::span<char>& out) {
  in = in.subspan(static_cast<size_t>(reinterpret_cast<const char*>(stream.next_in) - in.data()));
  out = out.subspan(static_cast<size_t>(reinterpret_cast<const char*>(stream.next_out) - out.data()));
}

class Gzip : public Codec {
 public:
  Gzip() {
    if (inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  void start() override { inflateReset(&stream_); }
  bool decode(std::span<char>& in, std::span<char>& out) override {
    lend<z_stream, Bytef>(stream_, in, out);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    take_back(stream_, in, out);
    if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) fail_corrupt();
    return status == Z_STREAM_END;
  }
  const char* name() const override { return "gzip"; }

 private:
  z_stream stream_{};
};

class Bzip2 : public Codec {
 public:
  Bzip2() = default;
  ~Bzip2() override { end(); }
  Bzip2(const Bzip2&) = delete;
  Bzip2& operator=(const Bzip2&) = delete;
  void start() override {
    end();
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
    open_ = true;
  }
  bool decode(std::span<char>& in, std::span<char>& out) override {
    lend<bz_stream, char>(stream_, in, out);
    const int status = BZ2_bzDecompress(&stream_);
    take_back(stream_, in, out);
    if (status != BZ_OK && status != BZ_STREAM_END) fail_corrupt();
    return status == BZ_STREAM_END;
  }
  const char* name() const override { return "bzip2"; }

 private:
  void end() {
    if (open_) BZ2_bzDecompressEnd(&stream_);
    open_ = false;
  }
  bz_stream stream_{};
  bool open_ = false;
};

class Xz : public Codec {
 public:
  Xz() = default;
  ~Xz() override { lzma_end(&stream_); }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;
  void start() override {
    constexpr uint64_t kMostMemory = uint64_t{1} << 30;
    if (lzma_stream_decoder(&stream_, kMostMemory, 0) != LZMA_OK) throw std::bad_alloc();
  }
  bool decode(std::span<char>& in, std::span<char>& out) override {
    lend<lzma_stream, uint8_t>(stream_, in, out);
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    take_back(stream_, in, out);
    if (status == LZMA_MEMLIMIT_ERROR)
      throw ByteStream::Corrupt{"the xz data need more than 1 GiB of memory"};
    if (status != LZMA_OK && status != LZMA_BUF_ERROR && status != LZMA_STREAM_END) fail_corrupt();
    return status == LZMA_STREAM_END;
  }
  const char* name() const override { return "xz"; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Zstd : public Codec {
 public:
  Zstd() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
  }
  ~Zstd() override { ZSTD_freeDCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
  void start() override { ZSTD_DCtx_reset(context_, ZSTD_reset_session_only); }
  bool decode(std::span<char>& in, std::span<char>& out) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const size_t status = ZSTD_decompressStream(context_, &output, &input);
    in = in.subspan(input.pos);
    out = out.subspan(output.pos);
    if (ZSTD_isError(status) != 0) fail_corrupt();
    return status == 0;
  }
  const char* name() const override { return "zstd"; }

 private:
  ZSTD_DCtx* context_;
};

/// One or more members; zeros after the last are padding.
class CompressedStream : public ByteStream {
 public:
  CompressedStream(std::unique_ptr<ByteStream> packed, std::unique_ptr<Codec> codec)
      : packed_(std::move(packed)), codec_(std::move(codec)), block_(kBlock) {}

  size_t read(std::span<char> room) override {
    std::span<char> left = room;
    while (left.size() == room.size()) {
      if (!corrupt_.empty()) throw Corrupt{corrupt_};
      if (input_.empty() && !refill()) {
        if (in_member_) throw Corrupt{str("the ", codec_->name(), " data end too early")};
        return 0;
      }
      if (!in_member_ && !start_member()) continue;
      try {
        in_member_ = !codec_->decode(input_, left);
      } catch (const Corrupt& corrupt) {
        // What came out before the bad place is given first, so that the error names the right line.
        corrupt_ = corrupt.what;
      }
    }
    return room.size() - left.size();
  }

 private:
  bool refill() {
    const size_t got = packed_->read(block_);
    input_ = std::span(block_).first(got);
    return got > 0;
  }

  /// Skips padding; true when a member begins.
  bool start_member() {
    while (any_member_ && !input_.empty() && input_[0] == '\0') input_ = input_.subspan(1);
    if (input_.empty()) return false;
    codec_->start();
    in_member_ = any_member_ = true;
    return true;
  }

  std::unique_ptr<ByteStream> packed_;
  std::unique_ptr<Codec> codec_;
  std::vector<char> block_;
  std::span<char> input_;  ///< the unread part of `block_`
  bool in_member_ = false, any_member_ = false;
  std::string corrupt_;
};

template <typename T>
std::unique_ptr<Codec> make_codec() {
  return std::make_unique<T>();
}

struct Compression {
  std::string_view magic, ending;
  std::unique_ptr<Codec> (*make)();
};
constexpr std::array<Compression, 4> kCompressions = {{{"\x1f\x8b", ".gz", make_codec<Gzip>},
                                                       {"BZh", ".bz2", make_codec<Bzip2>},
                                                       {"\xfd"
                                                        "7zXZ",
                                                        ".xz", make_codec<Xz>},
                                                       {"\x28\xb5\x2f\xfd", ".zst", make_codec<Zstd>}}};
constexpr size_t kLongestMagic = 10;

/// Returns how data that begin with `bytes` are compressed; null when they are not. Of bzip2 the magic alone
/// might be text: it is "BZh", a digit, and the six bytes that open a block or end the stream.
const Compression* compression_of(std::string_view bytes) {
  for (const Compression& compression : kCompressions) {
    if (!bytes.starts_with(compression.magic)) continue;
    if (compression.ending != ".bz2") return &compression;
    const std::string_view block = bytes.substr(std::min<size_t>(4, bytes.size()));
    for (const std::string_view start : {"\x31\x41\x59\x26\x53\x59", "\x17\x72\x45\x38\x50\x90"})
      if (block.starts_with(start) || start.starts_with(block)) return &compression;
  }
  return nullptr;
}

}  // namespace

std::span<const std::string_view> compressed_endings() {
  static constexpr std::array<std::string_view, 4> kEndings = {
      kCompressions[0].ending, kCompressions[1].ending, kCompressions[2].ending, kCompressions[3].ending};
  return kEndings;
}

bool starts_compressed(std::string_view bytes) {
  return compression_of(bytes) != nullptr;
}

std::unique_ptr<ByteStream> open_bytes(const std::string& file) {
  int fd = STDIN_FILENO;
  if (file != "-") {
    require_file(file);
    fd = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // a pipe is waited for by wait_readable
    if (fd < 0) fail_input(file, ": cannot be read: ", std::strerror(errno));
  }
  std::unique_ptr<ByteStream> plain =
      std::make_unique<PlainStream>(fd, file == "-" ? "standard input" : file);
  // What tells the file's kind, and no more than there is: a complete line must not wait for more, for
  // someone types it.
  std::string prefix(kBlock, '\0');
  size_t known = 0;
  while (known < kLongestMagic && std::memchr(prefix.data(), '\n', known) == nullptr) {
    const size_t got = plain->read(std::span(prefix).subspan(known));
    if (got == 0) break;
    known += got;
  }
  prefix.resize(known);
  auto whole = std::make_unique<PrefixedStream>(prefix, std::move(plain));
  const Compression* compression = compression_of(prefix);
  if (compression == nullptr) return whole;
  return std::make_unique<CompressedStream>(std::move(whole), compression->make());
}

}  // namespace mtnlp
