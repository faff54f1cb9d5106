// The machine, as a report of a fault needs it.
#pragma once

#include <string>

namespace mtnlp {

/// Returns the CPU's name, those of its instruction sets that our kernels or libtorch make use of, the CPUs
/// and the memory that this process may use: "Xeon, avx2 fma, 2 CPUs, 8.1 GB of memory".
std::string describe_machine();

}  // namespace mtnlp
