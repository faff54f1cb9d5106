#include "network/quiet_libtorch.h"

#include "base/log.h"
#include "network/torch.h"

namespace mtnlp {
namespace {

class QuietWarnings : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override { log_debug(warning.msg()); }
};

}  // namespace

void quiet_libtorch() {
  static QuietWarnings quiet_warnings;
  c10::WarningUtils::set_warning_handler(&quiet_warnings);
}

void with_quiet_libtorch(const std::function<void()>& action) {
  QuietWarnings quiet_warnings;
  const c10::WarningUtils::WarningHandlerGuard guard(&quiet_warnings);
  action();
}

}  // namespace mtnlp
