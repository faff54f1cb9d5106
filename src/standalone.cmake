# mtnlp-infer: mtnlp in one file that needs nothing of the system, without SentencePiece and without mtnlp-train beside it. What
# Debian has as shared libraries alone stands in src/standalone or, spdlog, is compiled in: the linker takes it before it looks
# into our libraries.
file(GLOB standalone_sources CONFIGURE_DEPENDS src/standalone/*.cc)
add_executable(mtnlp-infer src/main.cc src/base/log.cc ${standalone_sources})
set_target_properties(mtnlp-infer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR} POSITION_INDEPENDENT_CODE OFF)
target_compile_definitions(mtnlp-infer PRIVATE SPDLOG_HEADER_ONLY FMT_HEADER_ONLY SPDLOG_FMT_EXTERNAL)
set(our_libraries mtnlp_cli mtnlp_sweep mtnlp_engine mtnlp_kernels mtnlp_core)
add_dependencies(mtnlp-infer ${our_libraries})
list(TRANSFORM our_libraries REPLACE "(.+)" "$<TARGET_FILE:\\1>")
set_target_properties(mtnlp-infer PROPERTIES LINK_DEPENDS "${our_libraries}")
# The linker would warn of a dlopen in libgomp, for devices, that is never called.
target_link_libraries(mtnlp-infer PRIVATE mtnlp_flags mtnlp_process ${our_libraries} -static -Wl,--no-warnings -l:libgomp.a -l:libutf8proc.a -l:libz.a
                      -l:libbz2.a -l:liblzma.a -l:libzstd.a)

# The component infer, and cmake --build build/release --target infer-package for a .tar.gz of it in build/release/packages:
#   bin/mtnlp, share/mtnlp/models/minilm-l6 with weights in 8 bits, share/doc/mtnlp
install(PROGRAMS $<TARGET_FILE:mtnlp-infer> DESTINATION bin RENAME mtnlp COMPONENT infer EXCLUDE_FROM_ALL)
install(CODE "
  set(prefix \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX})
  file(REMOVE_RECURSE \${prefix}/share/mtnlp/models/minilm-l6)
  file(MAKE_DIRECTORY \${prefix}/share/mtnlp/models)
  execute_process(COMMAND $<TARGET_FILE:mtnlp-infer> quantize ${PROJECT_SOURCE_DIR}/models/minilm-l6 \${prefix}/share/mtnlp/models/minilm-l6
                  --quiet COMMAND_ERROR_IS_FATAL ANY)
  if(CMAKE_INSTALL_DO_STRIP)
    execute_process(COMMAND ${CMAKE_STRIP} --strip-unneeded \${prefix}/bin/mtnlp COMMAND_ERROR_IS_FATAL ANY)
  endif()
" COMPONENT infer EXCLUDE_FROM_ALL)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${documents} COMPONENT infer EXCLUDE_FROM_ALL)
foreach(package gcc-12-base libbz2-dev libc6 libcli11-dev libfmt-dev libhwy-dev liblzma-dev libspdlog-dev libtomlplusplus-dev
                libutf8proc-dev libxxhash-dev libzstd-dev nlohmann-json3-dev zlib1g-dev)
  install(FILES /usr/share/doc/${package}/copyright DESTINATION ${documents}/licenses RENAME ${package} OPTIONAL COMPONENT infer
          EXCLUDE_FROM_ALL)
endforeach()
set(infer_package mtnlp-infer-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
add_custom_target(infer-package DEPENDS mtnlp-infer WORKING_DIRECTORY ${CMAKE_BINARY_DIR} VERBATIM
                  COMMAND ${CMAKE_COMMAND} -E rm -rf infer-package
                  COMMAND ${CMAKE_COMMAND} --install . --component infer --prefix infer-package/${infer_package} --strip
                  COMMAND ${CMAKE_COMMAND} -E make_directory packages
                  COMMAND ${CMAKE_COMMAND} -E chdir infer-package ${CMAKE_COMMAND} -E tar cz ../packages/${infer_package}.tar.gz ${infer_package})
