# sandfit_library(NAME USES DEPENDENCY...): the static library of the folder src/NAME.
#
# Every .cpp below the folder belongs to it, so a new rule or command is one new file. A second,
# shared library of the same objects is linked with -z defs and thrown away: it exists only so
# that a call into a folder that is not among USES is an error at build time.
set(SANDFIT_LIBRARIES "" CACHE INTERNAL "")

function(sandfit_library name)
  cmake_parse_arguments(arg "" "" "USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  set(uses sandfit_types)
  foreach(use IN LISTS arg_USES)
    if(TARGET sandfit_${use})
      list(APPEND uses sandfit_${use})
    else()
      list(APPEND uses ${use})
    endif()
  endforeach()

  set(target sandfit_${name})
  add_library(${target} STATIC ${sources})
  add_library(sandfit::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(${target} PUBLIC ${uses})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/sandfit-src>)
  target_compile_definitions(${target} PRIVATE SANDFIT_VERSION="${PROJECT_VERSION}")
  sandfit_warnings(${target})
  # What nearly every file includes anyway; it halves the time of a build on two cores.
  target_precompile_headers(${target} PRIVATE <algorithm> <filesystem> <map> <optional> <set> <string> <variant> <vector>)

  add_library(${target}_flow_check SHARED $<TARGET_OBJECTS:${target}>)
  target_link_libraries(${target}_flow_check PRIVATE ${uses})
  target_link_options(${target}_flow_check PRIVATE -Wl,-z,defs)
  set_target_properties(${target}_flow_check PROPERTIES
    LINKER_LANGUAGE CXX LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/flow_check)

  set(SANDFIT_LIBRARIES ${SANDFIT_LIBRARIES} ${target} CACHE INTERNAL "")
endfunction()

function(sandfit_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wnon-virtual-dtor $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>
    $<$<BOOL:${SANDFIT_WERROR}>:-Werror>)
endfunction()
