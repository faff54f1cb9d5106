# find_package(mtnlp): mtnlp::mtnlp for inference; with COMPONENTS train also mtnlp::train.
include("${CMAKE_CURRENT_LIST_DIR}/mtnlp-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/mtnlp-train-targets.cmake" OPTIONAL)
foreach(component IN LISTS mtnlp_FIND_COMPONENTS)
  if(NOT TARGET mtnlp::${component} AND mtnlp_FIND_REQUIRED_${component})
    set(mtnlp_FOUND FALSE)
    set(mtnlp_NOT_FOUND_MESSAGE "this installation of mtnlp has no ${component}")
  endif()
endforeach()
