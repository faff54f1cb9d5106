#include "cli/neighbour.h"

#include <unistd.h>

#include <system_error>

#include "base/descriptor.h"
#include "base/error.h"

namespace mtnlp::cli {

bool needs_libtorch(std::optional<DeviceKind> device) {
  // The driver's own file; whether libtorch can use the device, it says itself.
  return device.has_value() ? *device != DeviceKind::kCpu : fs::exists("/dev/nvidiactl");
}

void start_mtnlp_train(std::span<char*> arguments) {
  std::error_code no_proc;  // as in a container of one file
  const fs::path program = fs::read_symlink("/proc/self/exe", no_proc).parent_path() / "mtnlp-train";
  ::execv(program.c_str(), arguments.data());
  fail_system(program.string(), ": cannot be started: ", why(),
              "; it stands beside mtnlp in the full package, and this command needs it");
}

}  // namespace mtnlp::cli
