# What `cmake --install` puts where: the program, the headers and libraries with a CMake package
# (find_package(sandfit), then sandfit::derive and so on), completions. docs/man installs its own.
include(CMakePackageConfigHelpers)

install(TARGETS sandfit RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS sandfit_types sandfit_base sandfit_profile sandfit_derive sandfit_render
  EXPORT sandfitTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/sandfit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
foreach(folder base profile derive render)
  install(DIRECTORY src/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sandfit-src FILES_MATCHING PATTERN "*.h")
endforeach()
install(EXPORT sandfitTargets NAMESPACE sandfit:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sandfit)
configure_package_config_file(tools/cmake/sandfitConfig.cmake.in ${CMAKE_BINARY_DIR}/sandfitConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sandfit)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sandfitConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sandfitConfig.cmake ${CMAKE_BINARY_DIR}/sandfitConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/sandfit)
