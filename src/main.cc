#include <fcntl.h>
#include <malloc.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <climits>

#include "cli/cli.h"

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

/// Threads of libgomp that wait spin for milliseconds before they sleep, and so take the processor from the
/// very thread they wait for when the machine is busy: small models get many times slower. 1000 rounds, some
/// 20 microseconds, is what libgomp itself takes when it has more threads than processors, and enough for the
/// gap between two operations. It reads this when it is loaded and never again, so the process starts itself
/// once more with the variable set, before any library is initialised, which costs 10 ms. What the user has
/// set stays.
__attribute__((no_sanitize("address", "undefined"))) void restart_with_short_waits(int, char** arguments,
                                                                                   char** environment) {
  static char setting[] = "GOMP_SPINCOUNT=1000";
  // Those would make libraries write among our output, or fail in their own words; --threads says the
  // threads.
  static const char* const left_out[] = {"MKL_VERBOSE=",     "ONEDNN_VERBOSE=", "DNNL_VERBOSE=",
                                         "OMP_DISPLAY_ENV=", "OMP_STACKSIZE=",  "OMP_NUM_THREADS="};
  constexpr size_t kMost = 10'000;
  static char* extended[kMost + 2];
  size_t count = 0;
  for (char** variable = environment; *variable != nullptr; ++variable) {
    if (count == kMost || starts_with(*variable, "GOMP_SPINCOUNT=") ||
        starts_with(*variable, "OMP_WAIT_POLICY="))
      return;
    bool keep = true;
    for (const char* name : left_out) keep = keep && !starts_with(*variable, name);
    if (keep) extended[count++] = *variable;
  }
  extended[count] = setting;
  // Comes back only when it failed; then all is as it was.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): getauxval has no other type for an address
  execve(reinterpret_cast<const char*>(getauxval(AT_EXECFN)), arguments, extended);
}

using BeforeLibraries = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] BeforeLibraries const before_libraries[] = {
    open_standard_descriptors, restart_with_short_waits};

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

/// Ends the process without the destructors of what is global: those of libtorch take some 80 ms and do
/// nothing that the end of a process does not do.
[[noreturn]] void leave(int status) {
  std::fflush(nullptr);
  std::_Exit(status);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  keep_few_shapes();
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit on a file's size fails, and says why
  leave(mtnlp::cli::run_mtnlp(argc, argv));
}
