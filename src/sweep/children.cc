#include "sweep/children.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "base/descriptor.h"
#include "base/signals.h"

namespace mtnlp {
namespace {

using Clock = std::chrono::steady_clock;

/// Starts a child. Between fork and exec it calls only what is safe there.
pid_t start_child(const Command& command) {
  std::vector<std::string> words = command.arguments;
  words.insert(words.begin(), "mtnlp");
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const Descriptor errors(::open(command.errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (errors.get() < 0) fail_system(command.errors.string(), ": cannot be written: ", why());
  if (nothing.get() < 0) fail_system("/dev/null: cannot be opened: ", why());
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) fail_system("no process can be started: ", why());
  if (child > 0) return child;
  ::setpgid(0, 0);  // Ctrl-C reaches the sweep alone, which tells its children once
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(nothing.get(), STDOUT_FILENO);
  ::dup2(errors.get(), STDERR_FILENO);
  ::execv("/proc/self/exe", pointers.data());
  ::_exit(127);
}

int exit_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// The children that run. Those left at its end are asked to stop, and waited for.
class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    for (const auto& [pid, child] : running_) ::kill(pid, SIGTERM);
    for (const auto& [pid, child] : running_)
      while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
  }

  size_t count() const { return running_.size(); }
  void start(const Command& command) { running_[start_child(command)] = {&command, Clock::now()}; }
  /// Waits until one has ended. Throws Stopped.
  std::pair<const Command*, Ending> wait() {
    for (;;) {
      throw_if_stopped();
      for (const auto& [pid, child] : running_) {
        int status = 0;
        if (::waitpid(pid, &status, WNOHANG) <= 0) continue;
        const std::chrono::duration<double> time = Clock::now() - child.start;
        const std::pair<const Command*, Ending> ended{child.command, {exit_code(status), time.count()}};
        running_.erase(pid);
        return ended;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

 private:
  struct Child {
    const Command* command;
    Clock::time_point start;
  };
  std::map<pid_t, Child> running_;
};

}  // namespace

void run_children(const std::vector<Command>& commands, size_t at_once,
                  const std::function<void(const Command&, const Ending&)>& ended) {
  Children children;
  for (auto next = commands.begin(); next != commands.end() || children.count() > 0;) {
    if (next != commands.end() && children.count() < at_once) {
      throw_if_stopped();
      children.start(*next++);
      continue;
    }
    const auto [command, ending] = children.wait();
    ended(*command, ending);
  }
}

std::string last_line(const fs::path& errors) {
  constexpr std::string_view kName = "mtnlp: ";
  std::string text = read_file(errors);
  while (text.ends_with('\n')) text.pop_back();
  text = text.substr(text.rfind('\n') + 1);
  return text.starts_with(kName) ? text.substr(kName.size()) : text;
}

Error failure_of(const std::string& who, const fs::path& errors, const Ending& ending) {
  const std::string line = last_line(errors);
  return Error(str(who, ": ", line.empty() ? str("the run ended with exit code ", ending.code) : line),
               ending.code == 2 ? ErrorKind::kInput : ErrorKind::kSystem);
}

}  // namespace mtnlp
