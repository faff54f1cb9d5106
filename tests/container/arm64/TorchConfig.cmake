# The CPU half of a libtorch that was built for CUDA, whose own configuration wants the whole CUDA toolkit.
get_filename_component(TORCH_INSTALL_PREFIX ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
set(TORCH_INCLUDE_DIRS ${TORCH_INSTALL_PREFIX}/include ${TORCH_INSTALL_PREFIX}/include/torch/csrc/api/include)
set(TORCH_LIBRARIES ${TORCH_INSTALL_PREFIX}/lib/libtorch_cpu.so ${TORCH_INSTALL_PREFIX}/lib/libc10.so
                    -Wl,-rpath-link,${TORCH_INSTALL_PREFIX}/lib)
set(Torch_FOUND TRUE)
