# sandfit_bpf(TARGET SOURCES x.bpf.c...): one skeleton from one kernel file a subject.
#
# clang compiles each file, `bpftool gen object` links them into one object, and
# `bpftool gen skeleton` makes the header <sandfit.skel.h>. vmlinux.h is dumped from the BTF file
# named by SANDFIT_BTF at build time: it is the kernel's, not ours, and is never committed.
find_program(SANDFIT_CLANG NAMES clang clang-19 clang-16 clang-14 REQUIRED)
find_program(SANDFIT_BPFTOOL NAMES bpftool PATHS /usr/sbin /usr/local/sbin REQUIRED)

set(sandfit_bpf_arch_x86_64 x86)
set(sandfit_bpf_arch_aarch64 arm64)
set(SANDFIT_BPF_ARCH ${sandfit_bpf_arch_${CMAKE_SYSTEM_PROCESSOR}})
if(NOT SANDFIT_BPF_ARCH)
  message(FATAL_ERROR "sandfit reads syscall arguments from registers and knows those of x86_64 and aarch64, not ${CMAKE_SYSTEM_PROCESSOR}")
endif()
if(NOT EXISTS ${SANDFIT_BTF})
  message(FATAL_ERROR "No kernel type information at ${SANDFIT_BTF}. Build on a kernel with CONFIG_DEBUG_INFO_BTF, "
    "or name a BTF file with -DSANDFIT_BTF=FILE (from a kernel package's vmlinux: `pahole --btf_encode_detached=FILE vmlinux`).")
endif()

function(sandfit_bpf target)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR})
  add_custom_command(OUTPUT ${out}/vmlinux.h
    COMMAND ${SANDFIT_BPFTOOL} btf dump file ${SANDFIT_BTF} format c > ${out}/vmlinux.h.part
    COMMAND ${CMAKE_COMMAND} -E rename ${out}/vmlinux.h.part ${out}/vmlinux.h
    COMMENT "Dumping vmlinux.h from ${SANDFIT_BTF}" VERBATIM)

  set(objects)
  foreach(source IN LISTS arg_SOURCES)
    get_filename_component(name ${source} NAME_WE)
    set(object ${out}/${name}.bpf.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${SANDFIT_CLANG} -target bpf -D__TARGET_ARCH_${SANDFIT_BPF_ARCH} -O2 -g -std=gnu11
              -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter -Wno-sign-compare
              -fno-stack-protector -mcpu=v3
              -I${out} -I${CMAKE_CURRENT_SOURCE_DIR} -I${CMAKE_SOURCE_DIR}/include
              -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${source} ${arg_HEADERS} ${CMAKE_SOURCE_DIR}/include/sandfit/wire.h ${out}/vmlinux.h
      COMMENT "Compiling ${source}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  add_custom_command(OUTPUT ${out}/sandfit.bpf.o
    COMMAND ${SANDFIT_BPFTOOL} gen object ${out}/sandfit.bpf.o ${objects}
    DEPENDS ${objects} COMMENT "Linking the kernel programs" VERBATIM)
  add_custom_command(OUTPUT ${out}/sandfit.skel.h
    COMMAND ${SANDFIT_BPFTOOL} gen skeleton ${out}/sandfit.bpf.o name sandfit_bpf > ${out}/sandfit.skel.h.part
    COMMAND ${CMAKE_COMMAND} -E rename ${out}/sandfit.skel.h.part ${out}/sandfit.skel.h
    DEPENDS ${out}/sandfit.bpf.o COMMENT "Generating sandfit.skel.h" VERBATIM)
  add_custom_target(${target}_header DEPENDS ${out}/sandfit.skel.h)
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_header)
  target_include_directories(${target} SYSTEM INTERFACE $<BUILD_INTERFACE:${out}>)
endfunction()
