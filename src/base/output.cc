// An output is opened before the work, so that what cannot be written is refused in time. A temporary
// replaces its file in commit; without commit it is removed. The buffer remembers the first failed write,
// which flush and commit then report: a stream alone would lose the reason.
#include "base/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <streambuf>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/numbers.h"
#include "base/signals.h"

namespace mtnlp {
namespace {

[[noreturn]] void cannot_write(const std::string& name, const std::string& reason) {
  fail_system(name, ": cannot be written: ", reason);
}

/// Returns the descriptor that `file` stands for, -1 when it is a name like any other. Opened by such a name
/// a file would be emptied, and written from its start, below the hands of whoever opened it.
int inherited_descriptor(const std::string& file) {
  if (file == "-" || file == "/dev/stdout") return STDOUT_FILENO;
  if (file == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"})
    if (file.starts_with(folder))
      return parse_number<int>(std::string_view(file).substr(folder.size())).value_or(-1);
  return -1;
}

/// Returns what `file` is when all symbolic links are followed, though it need not exist.
fs::path follow_links(const std::string& file) {
  fs::path path = file;
  constexpr int kMostLinks = 40;  // as the system's own limit
  std::error_code unknown;
  for (int links = 0; fs::is_symlink(fs::symlink_status(path, unknown)); ++links) {
    if (links == kMostLinks) cannot_write(file, std::strerror(ELOOP));
    const fs::path target = fs::read_symlink(path, unknown);
    if (unknown) cannot_write(file, unknown.message());
    path = parent_of(path) / target;  // an absolute target stands alone
  }
  return path;
}

bool may_write(const fs::path& path, int also = 0) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK | also, AT_EACCESS) == 0;
}

bool is_mount_point(const fs::path& path) {
  struct statx info {};
  return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &info) == 0 &&
         (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// Says whether a folder like /tmp keeps the file of another from being replaced.
bool is_kept_by_folder(const struct stat& file, const fs::path& folder) {
  struct stat info {};
  const uid_t user = ::geteuid();
  return ::stat(folder.c_str(), &info) == 0 && (info.st_mode & S_ISVTX) != 0 && user != 0 &&
         user != file.st_uid && user != info.st_uid;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Reads what is in `place` now. False when nothing is.
bool stat_of(const OutputPlace& place, struct stat& info) {
  return (place.descriptor < 0 ? ::stat(place.path.c_str(), &info) : ::fstat(place.descriptor, &info)) == 0;
}

bool keeps_bytes(mode_t mode) {
  return S_ISREG(mode) || S_ISBLK(mode) || S_ISFIFO(mode);
}

int open_to_write(const fs::path& path, const std::string& name) {
  for (;;) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd >= 0) return fd;
    if (errno != EINTR) cannot_write(name, why());
    throw_if_stopped();  // a pipe that nobody reads has been waited for
  }
}

}  // namespace

/// Bytes on their way to a descriptor, with the reason when it takes no more.
class OutputFile::Buffer : public std::streambuf {
 public:
  explicit Buffer(Descriptor fd) : fd_(std::move(fd)) { setp(bytes_.data(), bytes_.data() + bytes_.size()); }
  int fd() const { return fd_.get(); }
  /// Returns errno of the first write that failed, 0 when none has.
  int error() const { return error_; }

 protected:
  int_type overflow(int_type c) override {
    if (!write_out()) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  int sync() override { return write_out() ? 0 : -1; }
  pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override {
    const int whence = from == std::ios_base::beg   ? SEEK_SET
                       : from == std::ios_base::cur ? SEEK_CUR
                                                    : SEEK_END;
    const off_t at = write_out() ? ::lseek(fd(), offset, whence) : -1;
    if (at < 0 && error_ == 0) error_ = errno;
    return at;
  }
  pos_type seekpos(pos_type at, std::ios_base::openmode mode) override {
    return seekoff(at, std::ios_base::beg, mode);
  }

 private:
  bool write_out() {
    const char* at = pbase();
    while (error_ == 0 && at < pptr()) {
      const ssize_t wrote = ::write(fd(), at, static_cast<size_t>(pptr() - at));
      if (wrote >= 0) {
        at += wrote;
        if (at < pptr() && stop_signal() != 0) error_ = EINTR;  // the signal cut the write short
      } else if (errno == EAGAIN && stop_signal() != 0) {
        error_ = EINTR;
      } else if (errno == EAGAIN) {
        pollfd room{fd(), POLLOUT, 0};
        ::poll(&room, 1, -1);
      } else if (errno != EINTR || stop_signal() != 0) {
        error_ = errno;
      }
    }
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    return error_ == 0;
  }

  Descriptor fd_;
  int error_ = 0;
  std::array<char, 64 << 10> bytes_;
};

OutputPlace output_place(const std::string& file) {
  if (const int fd = inherited_descriptor(file); fd >= 0) {
    OutputPlace place{file == "-" ? "standard output" : file, file, fd};
    if (const int flags = ::fcntl(fd, F_GETFL); flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
      cannot_write(place.name, std::strerror(EBADF));
    return place;
  }
  if (file.empty()) fail_input("an empty file name for the output");
  OutputPlace place{file, follow_links(file)};
  const fs::path folder = parent_of(place.path);
  struct stat info {
  }, followed{};
  if (::stat(file.c_str(), &info) != 0) {
    std::error_code unknown;
    if (!fs::exists(folder, unknown) && !unknown) fail_input(file, ": there is no folder ", folder.string());
    if (errno != ENOENT || place.path.filename().empty() || !may_write(folder, X_OK))
      cannot_write(file, why());
    place.replaced = true;
    return place;
  }
  if (S_ISDIR(info.st_mode)) fail_input(file, ": is a folder, not a file");
  if (S_ISSOCK(info.st_mode)) fail_input(file, ": is a socket, not a file");
  if (!may_write(file)) cannot_write(file, why());
  place.replaced = S_ISREG(info.st_mode) && may_write(folder, X_OK) && !is_mount_point(place.path) &&
                   !is_kept_by_folder(info, folder);
  // Below /proc are links that lead where no name leads.
  if (::stat(place.path.c_str(), &followed) != 0 || !same_file(info, followed)) {
    place.path = file;
    place.replaced = false;
  }
  return place;
}

void check_output(const std::string& file, const std::string& input) {
  const OutputPlace place = output_place(file);
  struct stat in {
  }, out{};
  if (input.empty() || place.replaced) return;
  if ((input == "-" ? ::fstat(STDIN_FILENO, &in) : ::stat(input.c_str(), &in)) != 0) return;
  if (!stat_of(place, out)) return;
  if (same_file(in, out) && keeps_bytes(in.st_mode))
    fail_input(input == "-" ? "standard input" : input, ": is the output too (", place.name,
               "), which would overwrite it while it is read; write to another file");
}

bool changes_a_file(const std::string& file) {
  struct stat out {};
  return stat_of(output_place(file), out) && S_ISREG(out.st_mode);
}

bool changes_file(const std::string& file, const fs::path& other) {
  struct stat out {
  }, info{};
  return stat_of(output_place(file), out) && ::stat(other.c_str(), &info) == 0 && same_file(out, info);
}

OutputFile::OutputFile(const std::string& file) : place_(output_place(file)), out_(nullptr) {
  Descriptor fd;
  if (place_.replaced) {
    Temporary temporary = create_temporary(place_.path);
    temporary_ = temporary.path;
    fd = std::move(temporary.fd);
  } else if (place_.descriptor >= 0) {
    fd = Descriptor(::fcntl(place_.descriptor, F_DUPFD_CLOEXEC, 0));
    if (fd.get() < 0) cannot_write(place_.name, why());
  } else {
    fd = Descriptor(open_to_write(place_.path, place_.name));
  }
  buffer_ = std::make_unique<Buffer>(std::move(fd));
  out_.rdbuf(buffer_.get());
}

OutputFile::~OutputFile() {
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
  else
    out_.flush();
}

bool OutputFile::can_seek() const {
  return ::lseek(buffer_->fd(), 0, SEEK_CUR) >= 0;
}

void OutputFile::fail(int error) {
  if (error == EINTR || error == EPIPE) throw_if_stopped();
  cannot_write(place_.name, std::strerror(error));
}

void OutputFile::flush() {
  if (!out_.flush()) fail(buffer_->error() == 0 ? EIO : buffer_->error());
}

void OutputFile::commit() {
  flush();
  if (temporary_.empty()) return;
  take_permissions(buffer_->fd(), place_.path);
  sync_descriptor(buffer_->fd(), place_.name);
  const fs::path temporary = std::exchange(temporary_, {});
  rename_over(temporary, place_.path);
}

}  // namespace mtnlp
