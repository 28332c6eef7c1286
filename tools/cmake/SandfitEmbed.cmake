# sandfit_embed(TARGET NAME FILES...): puts text files into a library.
#
# Writes embedded_NAME.h into the build directory, for TARGET alone: k_NAME is an array of pairs, the file's name without
# its ending and its text. The texts must not hold the characters )SANDFIT".
function(sandfit_embed target name)
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/embedded)
  set(entries "")
  foreach(file IN LISTS ARGN)
    get_filename_component(path ${file} ABSOLUTE)
    get_filename_component(stem ${file} NAME_WE)
    file(READ ${path} text)
    string(APPEND entries "    {\"${stem}\", R\"SANDFIT(${text})SANDFIT\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  endforeach()
  file(GENERATE OUTPUT ${directory}/embedded_${name}.h CONTENT
"// Written by CMake from text files.
#include <string_view>
#include <utility>
inline constexpr std::pair<std::string_view, std::string_view> k_${name}[] = {
${entries}};
")
  target_include_directories(${target} PRIVATE ${directory})
endfunction()
