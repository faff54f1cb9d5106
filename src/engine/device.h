// Kinds of devices that a model can run on.
#pragma once

namespace mtnlp {

enum class DeviceKind { kCpu, kCuda };

}  // namespace mtnlp
