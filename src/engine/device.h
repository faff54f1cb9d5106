// Where a model runs.
#pragma once

namespace mtnlp {

enum class DeviceKind { kCpu, kCuda };

}  // namespace mtnlp
