// The version of mtnlp. CMakeLists.txt reads it from here.
#pragma once

namespace mtnlp {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace mtnlp
