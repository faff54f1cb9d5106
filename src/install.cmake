# cmake --install and CPack: a prefix that may be moved anywhere and needs only the C and C++ libraries of the system.
#   bin/mtnlp, bin/mtnlp-train, bin/mtnlp-fetch, bin/mtnlp-fetch-check    lib/mtnlp/*.so    share/mtnlp/{data,models}    share/doc/mtnlp
#   include/mtnlp, lib/libmtnlp*.so, lib/cmake/mtnlp: the API, of which inference is the component api by itself
#   share/man/man1/mtnlp.1, share/bash-completion/completions/mtnlp, share/zsh/vendor-completions/_mtnlp
set(private_libraries lib/mtnlp)
set(documents share/doc/mtnlp)
set(system_libraries "PRE_EXCLUDE_REGEXES ^ld-linux [[^lib(c|m|dl|rt|pthread|stdc\\+\\+|gcc_s)\\.so]]")  # are not copied

# DT_RPATH, not DT_RUNPATH: it counts for the libraries of our libraries too. The executables are installed as files and not
# as targets: for a target CMake ends the run path of the build with an empty entry, which is the current folder.
foreach(executable mtnlp mtnlp-train)
  target_link_options(${executable} PRIVATE -Wl,--disable-new-dtags)
  set_target_properties(${executable} PROPERTIES BUILD_RPATH "$ORIGIN/../${private_libraries}")
endforeach()
set(executables $<TARGET_FILE:mtnlp> $<TARGET_FILE:mtnlp-train>)
install(PROGRAMS ${executables} DESTINATION bin)
install(CODE "
  set(prefix \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX})
  set(executables \${prefix}/bin/mtnlp \${prefix}/bin/mtnlp-train)
  foreach(executable \${executables})
    file(RPATH_SET FILE \${executable} NEW_RPATH [[$ORIGIN/../${private_libraries}]])
  endforeach()
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${executables} RESOLVED_DEPENDENCIES_VAR libraries ${system_libraries})
  # file(INSTALL) puts DESTDIR in front by itself
  file(INSTALL \${libraries} DESTINATION \${CMAKE_INSTALL_PREFIX}/${private_libraries} FOLLOW_SYMLINK_CHAIN)
  if(CMAKE_INSTALL_DO_STRIP)  # a fifth of libtorch
    file(GLOB libraries \${prefix}/${private_libraries}/*.so*)
    execute_process(COMMAND ${CMAKE_STRIP} --strip-unneeded \${executables} \${libraries} COMMAND_ERROR_IS_FATAL ANY)
  endif()
")
install(PROGRAMS src/cli/mtnlp-fetch src/cli/mtnlp-fetch-check DESTINATION bin)

# The executable writes its own manual page and completions.
install(CODE "
  function(install_output file)
    set(path \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/\${file})
    get_filename_component(folder \${path} DIRECTORY)
    file(MAKE_DIRECTORY \${folder})
    execute_process(COMMAND $<TARGET_FILE:mtnlp> \${ARGN} OUTPUT_FILE \${path} COMMAND_ERROR_IS_FATAL ANY)
  endfunction()
  install_output(man/man1/mtnlp.1 man)
  install_output(bash-completion/completions/mtnlp completion bash)
  install_output(zsh/vendor-completions/_mtnlp completion zsh)
")

install(DIRECTORY data/ DESTINATION share/mtnlp/data FILES_MATCHING PATTERN *.csv PATTERN README.md)
install(DIRECTORY models/minilm-l6 DESTINATION share/mtnlp/models)
install(CODE [[
  if(NOT EXISTS "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share/mtnlp/models/minilm-l6/model.safetensors")
    message(FATAL_ERROR "models/minilm-l6 has no weights to install; run ./run fetch first")
  endif()
]])

# ---- the API ----------------------------------------------------------------------------------------------------
include(CMakePackageConfigHelpers)
set(api_cmake lib/cmake/mtnlp)
foreach(library mtnlp mtnlp_train)
  string(REPLACE mtnlp mtnlp_api target ${library})
  string(REPLACE mtnlp_ "" name ${library})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:include>)
  target_link_options(${target} PRIVATE -Wl,--disable-new-dtags
                      -Wl,--version-script=${PROJECT_SOURCE_DIR}/src/api/exports.map)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${library} EXPORT_NAME ${name} VERSION ${PROJECT_VERSION}
                        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
                        INSTALL_RPATH "$ORIGIN;$ORIGIN/../${private_libraries}"
                        LINK_DEPENDS ${PROJECT_SOURCE_DIR}/src/api/exports.map)
endforeach()
install(TARGETS mtnlp_api EXPORT mtnlp DESTINATION lib COMPONENT api)
install(EXPORT mtnlp NAMESPACE mtnlp:: FILE mtnlp-targets.cmake DESTINATION ${api_cmake} COMPONENT api)
install(TARGETS mtnlp_api_train EXPORT mtnlp-train DESTINATION lib COMPONENT api-train)
install(EXPORT mtnlp-train NAMESPACE mtnlp:: FILE mtnlp-train-targets.cmake DESTINATION ${api_cmake} COMPONENT api-train)
write_basic_package_version_file(mtnlp-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES src/api/mtnlp-config.cmake ${CMAKE_BINARY_DIR}/mtnlp-config-version.cmake DESTINATION ${api_cmake} COMPONENT api)
install(DIRECTORY include/mtnlp DESTINATION include COMPONENT api)
install(CODE "
  file(GET_RUNTIME_DEPENDENCIES LIBRARIES $<TARGET_FILE:mtnlp_api> RESOLVED_DEPENDENCIES_VAR libraries ${system_libraries})
  file(INSTALL \${libraries} DESTINATION \${CMAKE_INSTALL_PREFIX}/${private_libraries} FOLLOW_SYMLINK_CHAIN)
" COMPONENT api)
add_custom_target(installed DEPENDS mtnlp mtnlp_api mtnlp_api_train)  # all that is built for it

# ---- licences of what the executable contains and of the libraries beside it ------------------------------------
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${documents} OPTIONAL)
install(DIRECTORY ${TORCH_INSTALL_PREFIX}/licenses/ DESTINATION ${documents}/licenses/libtorch OPTIONAL)
foreach(package libbz2-dev libcli11-dev libfmt-dev libhwy-dev liblzma-dev libsentencepiece-dev libspdlog-dev
                libtomlplusplus-dev libutf8proc-dev libxxhash-dev libzstd-dev nlohmann-json3-dev zlib1g-dev)
  install(FILES /usr/share/doc/${package}/copyright DESTINATION ${documents}/licenses RENAME ${package} OPTIONAL)
endforeach()

# ---- CPack: cpack --config build/release/CPackConfig.cmake -B build/packages ------------------------------------
set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_VENDOR mtnlp)
set(CPACK_PACKAGE_CONTACT "mtnlp")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "trains and evaluates multi-task sentence transformers from the shell")
set(CPACK_PACKAGE_FILE_NAME ${PROJECT_NAME}-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
# What tests/container/package.sh finds needed.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "curl, ca-certificates")  # mtnlp-fetch
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6 (>= 2.34), libstdc++6 (>= 12), libgcc-s1")
set(CPACK_DEBIAN_PACKAGE_SECTION science)
include(CPack)
