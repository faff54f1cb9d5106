// AMX, the matrix registers of some CPUs.
#pragma once

namespace mtnlp::kernels {

/// Says whether this CPU multiplies matrices of bfloat16 numbers and of bytes by AMX, and the system lets us: Linux
/// wants to be asked once.
bool has_matrix_tiles();

}  // namespace mtnlp::kernels
