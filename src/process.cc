// What the executable does before and beside its work. Invariants: what stands in .preinit_array runs before
// any library is initialised, the sanitizers' among them, so it calls nothing but the system and is not
// instrumented; nothing here fails: what the system refuses stays as it was.
#include "process.h"

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
#include "cli/command_line.h"

namespace mtnlp {
namespace {

__attribute__((no_sanitize("address", "undefined"))) bool starts_with(const char* text, const char* start) {
  while (*start != '\0' && *text == *start) ++text, ++start;
  return *start == '\0';
}

/// What is opened later must not come to lie on descriptors 0 to 2 and get what is meant for the terminal.
/// The process that restart_with_short_waits starts has them too.
__attribute__((no_sanitize("address", "undefined"))) void open_standard_descriptors(int, char**, char**) {
  for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR))
    if (fd > STDERR_FILENO) {
      close(fd);
      return;
    }
}

/// Whether libgomp takes the value without a word of its own: a number of rounds, or a policy.
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

/// libgomp speaks in its own words of what it does not understand in its many variables, writes them out, or
/// hangs; two are of use here. --threads says the threads.
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

/// Puts `text`, or what comes before an "=" in it, behind the `size` bytes of `line`, as far as there is
/// room.
__attribute__((no_sanitize("address", "undefined"))) void append(const char* text, char* line, size_t most,
                                                                 size_t& size) {
  for (; *text != '\0' && *text != '=' && size < most; ++text)
    line[size++] = *text >= ' ' && *text <= '~' ? *text : '?';
}

/// Takes settings out of the environment that would make libraries write among our output, or fail in their
/// own words; a warning names those that somebody may miss.
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

/// Threads of libgomp that wait spin for milliseconds before they sleep, and so take the processor from the
/// very thread they wait for when the machine is busy: small models get many times slower. 1000 rounds, some
/// 20 microseconds, is what libgomp itself takes when it has more threads than processors, and enough for the
/// gap between two operations. It reads this when it is loaded and never again, so the process starts itself
/// once more with the variable set, before any library is initialised, which costs 10 ms. What the user has
/// set stays.
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
  // Comes back only when it failed; then all is as it was.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): getauxval has no other type for an address
  execve(reinterpret_cast<const char*>(getauxval(AT_EXECFN)), arguments, extended);
}

/// Ends the process with a line for what nobody catches: what is thrown while libraries are initialised,
/// where memory may be short, or in their threads.
[[noreturn]] void end_uncaught() noexcept {
  const char* line = "mtnlp: internal error: a fault of mtnlp; please report it with the command\n";
  try {
    if (std::current_exception() != nullptr) throw;
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) line = "mtnlp: out of memory\n";
  } catch (...) {  // said above
  }
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, std::strlen(line));
  std::_Exit(static_cast<int>(cli::ExitCode::kFailed));
}

__attribute__((no_sanitize("address", "undefined"))) void catch_uncaught(int, char**, char**) {
  std::set_terminate(end_uncaught);
}

using BeforeLibraries = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] BeforeLibraries const before_libraries[] = {
    open_standard_descriptors, leave_out_settings, restart_with_short_waits, catch_uncaught};

/// Every step allocates the same large blocks again. Given back to the system in between, as the C library
/// does by default, each page of them costs a fault and is cleared. Only the few of 8 MiB and more come and
/// go: kept, they are cut up, and the peak of training is a twelfth higher for no gain in speed.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
}

/// Every batch has its own number of tokens, and oneDNN keeps what it makes for the shape of a product: for
/// the last 1024 shapes, several MB a training step. The layers of one step share 32. What the user has set
/// stays.
void keep_few_shapes() {
  setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32", /*overwrite=*/0);
}

}  // namespace

void prepare_process() {
  keep_freed_memory();
  keep_few_shapes();
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit on a file's size fails, and says why
}

void end_process(int status) {
  std::fflush(nullptr);
  std::_Exit(status);
}

}  // namespace mtnlp
