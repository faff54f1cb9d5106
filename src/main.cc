// The process around the command line: what must be set before libraries are initialised, and how it ends.
// Invariant: functions in .preinit_array run before the sanitizers are set up, and are therefore excluded
// from them.
#include <fcntl.h>
#include <malloc.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include <climits>

#include "base/error.h"
#include "cli/cli.h"

namespace {

__attribute__((no_sanitize("address", "undefined"))) bool starts_with(const char* text, const char* start) {
  while (*start != '\0' && *text == *start) ++text, ++start;
  return *start == '\0';
}

/// Opens descriptors 0 to 2 that are closed on /dev/null, so that no file opened later gets output that is
/// meant for the terminal. The process that restart_with_short_waits starts inherits them.
__attribute__((no_sanitize("address", "undefined"))) void open_standard_descriptors(int, char**, char**) {
  for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR))
    if (fd > STDERR_FILENO) {
      close(fd);
      return;
    }
}

/// Returns whether `value` is a number of rounds that libgomp accepts for GOMP_SPINCOUNT.
__attribute__((no_sanitize("address", "undefined"))) bool is_spin_count(const char* value) {
  size_t digits = 0;
  while (value[digits] >= '0' && value[digits] <= '9') ++digits;
  return digits > 0 && digits < 16 && value[digits] == '\0';
}

__attribute__((no_sanitize("address", "undefined"))) bool is_word(const char* value, const char* word) {
  while (*word != '\0' && (*value | 0x20) == *word) ++value, ++word;
  return *word == *value;
}

enum class Setting { kKept, kLeftOut, kRefused };

/// Returns what to do with an environment variable. libgomp prints messages of its own about values that it
/// does not understand, prints its settings, or hangs; only two of its variables are of use here, since
/// --threads sets the threads.
__attribute__((no_sanitize("address", "undefined"))) Setting judge(const char* variable) {
  static constexpr char kSpins[] = "GOMP_SPINCOUNT=", kPolicy[] = "OMP_WAIT_POLICY=";
  static const char* const left_out[] = {"MKL_VERBOSE=",     "ONEDNN_VERBOSE=", "DNNL_VERBOSE=",
                                         "OMP_DISPLAY_ENV=", "OMP_STACKSIZE=",  "OMP_NUM_THREADS="};
  for (const char* name : left_out)
    if (starts_with(variable, name)) return Setting::kLeftOut;
  if (starts_with(variable, kSpins) && is_spin_count(variable + sizeof(kSpins) - 1)) return Setting::kKept;
  if (starts_with(variable, kPolicy))
    for (const char* word : {"active", "passive"})
      if (is_word(variable + sizeof(kPolicy) - 1, word)) return Setting::kKept;
  for (const char* start : {"OMP_", "GOMP_", "ACC_DEVICE_", "ACC_PROFLIB"})
    if (starts_with(variable, start)) return Setting::kRefused;
  return Setting::kKept;
}

/// Appends `text` up to an "=" in it to `line`, of which `size` bytes are in use, as far as there is room.
__attribute__((no_sanitize("address", "undefined"))) void append(const char* text, char* line, size_t most,
                                                                 size_t& size) {
  for (; *text != '\0' && *text != '=' && size < most; ++text)
    line[size++] = *text >= ' ' && *text <= '~' ? *text : '?';
}

/// Removes variables from the environment that would make libraries print among our output or fail with
/// messages of their own. A warning names those that a user may have set on purpose.
__attribute__((no_sanitize("address", "undefined"))) void leave_out_settings(int, char**,
                                                                             char** environment) {
  static char line[512] = "warning: ignored in the environment: ";
  constexpr size_t kMost = 300;
  size_t size = 0, refused = 0;
  while (line[size] != '\0') ++size;
  char** kept = environment;
  for (char** variable = environment; *variable != nullptr; ++variable) {
    const Setting setting = judge(*variable);
    if (setting == Setting::kKept) *kept++ = *variable;
    if (setting != Setting::kRefused) continue;
    if (refused++ > 0) append(", ", line, kMost, size);
    append(*variable, line, kMost, size);
  }
  *kept = nullptr;
  if (refused == 0) return;
  append("; valid are OMP_WAIT_POLICY active or passive, and GOMP_SPINCOUNT of 0 and more", line,
         sizeof(line) - 1, size);
  line[size++] = '\n';
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, size);
}

/// Restarts the process with GOMP_SPINCOUNT=1000 unless the user has set how threads wait. By default a
/// waiting thread of libgomp spins for milliseconds before it sleeps; on a busy machine it takes the
/// processor from the thread that it waits for, and small models get many times slower. 1000 rounds, about 20
/// microseconds, are what libgomp takes when it has more threads than processors, and cover the gap between
/// two operations. libgomp reads the variable only when it is loaded, so the restart comes before any library
/// is initialised; it takes 10 ms.
__attribute__((no_sanitize("address", "undefined"))) void restart_with_short_waits(int, char** arguments,
                                                                                   char** environment) {
  static char setting[] = "GOMP_SPINCOUNT=1000";
  constexpr size_t kMost = 10'000;
  static char* extended[kMost + 2];
  size_t count = 0;
  for (char** variable = environment; *variable != nullptr; ++variable) {
    if (count == kMost || starts_with(*variable, "GOMP_SPINCOUNT=") ||
        starts_with(*variable, "OMP_WAIT_POLICY="))
      return;
    extended[count++] = *variable;
  }
  extended[count] = setting;
  // Returns only on failure, which changes nothing.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): getauxval has no other type for an address
  execve(reinterpret_cast<const char*>(getauxval(AT_EXECFN)), arguments, extended);
}

/// Prints one line and ends the process, for an exception that nobody catches: one thrown while libraries are
/// initialised, when memory may be short, or in one of their threads.
[[noreturn]] void end_uncaught() noexcept {
  const char* line = "mtnlp: internal error: this is a fault of mtnlp; please report it with the command\n";
  try {
    if (std::current_exception() != nullptr) throw;
  } catch (const std::exception& error) {
    if (mtnlp::is_out_of_memory(error)) line = "mtnlp: out of memory\n";
  } catch (...) {  // the line above is printed
  }
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, std::strlen(line));
  std::_Exit(static_cast<int>(mtnlp::ExitCode::kFailed));
}

__attribute__((no_sanitize("address", "undefined"))) void catch_uncaught(int, char**, char**) {
  std::set_terminate(end_uncaught);
}

using BeforeLibraries = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] BeforeLibraries const before_libraries[] = {
    open_standard_descriptors, leave_out_settings, restart_with_short_waits, catch_uncaught};

/// Keeps freed memory in the process, since every step allocates the same large blocks again. The C library
/// returns such blocks to the system by default, and each of their pages then costs a page fault and is
/// cleared. Blocks of 8 MiB and more are returned: kept, they are cut up, and the peak memory of training is
/// a twelfth higher for no gain in speed.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
}

/// Limits the cache of oneDNN to 32 shapes unless the user has set it. oneDNN keeps code and memory for the
/// shape of each product, by default for the last 1024; batches differ in their number of tokens, so that the
/// cache would grow by several MB a step. The layers of one step share 32 shapes.
void keep_few_shapes() {
  setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32", /*overwrite=*/0);
}

/// Ends the process without running the destructors of global objects: those of libtorch take about 80 ms and
/// do nothing that the end of a process does not do.
[[noreturn]] void leave(int status) {
  std::fflush(nullptr);
  std::_Exit(status);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  keep_few_shapes();
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit of a file's size then fails with an error
  leave(mtnlp::cli::run_mtnlp(argc, argv));
}
