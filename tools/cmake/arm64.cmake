# Toolchain file: arm64, from any Debian with its cross compiler (g++-aarch64-linux-gnu). tools/cross uses it.
#
#   cmake --toolchain tools/cmake/arm64.cmake -DSANDFIT_SYSROOT=DIR -DSANDFIT_BTF=FILE ...
#
# SANDFIT_SYSROOT holds arm64's headers and libraries of the same release, as an arm64 Debian has them; SANDFIT_BTF is an
# arm64 kernel's. Where qemu-user is installed, ctest runs programs with it (tools/cross says which tests pass so), and
# the build asks sandfit for its completions and its man page.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

# CMake reads this file again for each trial compilation, where only these variables are known.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SANDFIT_SYSROOT)
if(NOT SANDFIT_SYSROOT)
  message(FATAL_ERROR "-DSANDFIT_SYSROOT=DIR is missing: arm64's headers and libraries (tools/cross arm64 makes one)")
endif()
set(CMAKE_SYSROOT ${SANDFIT_SYSROOT})

# Programs are this machine's, all else is the sysroot's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${SANDFIT_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${SANDFIT_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${SANDFIT_SYSROOT}/usr/share/pkgconfig)

find_program(SANDFIT_QEMU NAMES qemu-aarch64 qemu-aarch64-static)
if(SANDFIT_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${SANDFIT_QEMU} -L ${SANDFIT_SYSROOT})
endif()
