// System calls of the 32-bit ABI that the architecture's kernels may offer beside their own.
#ifndef SANDFIT_TESTS_SUPPORT_COMPAT_CALL_H
#define SANDFIT_TESTS_SUPPORT_COMPAT_CALL_H

#include <elf.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

namespace sandfit::tests {

/// Makes getpid, which is 20 in the 32-bit ABIs of x86_64 and of arm64, and ends the process: with 0, or otherwise where
/// this kernel offers no such ABI.
[[noreturn]] inline void compat_getpid_and_exit() {
#if defined(__x86_64__)
    // A kernel without IA32 emulation answers with SIGSEGV.
    long result = 0;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    ::_exit(result > 0 ? 0 : 1);
#elif defined(__aarch64__)
    // Only a 32-bit program can make one: this is the smallest. A processor or a kernel without them answers with ENOEXEC.
    struct {
        Elf32_Ehdr header;
        Elf32_Phdr segment;
        std::uint32_t code[5];
    } program = {};
    constexpr Elf32_Addr kBase = 0x10000;
    program.header = {{ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT}, ET_EXEC, EM_ARM, EV_CURRENT,
                      kBase + sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr), sizeof(Elf32_Ehdr), 0, EF_ARM_EABI_VER5,
                      sizeof(Elf32_Ehdr), sizeof(Elf32_Phdr), 1, 0, 0, 0};
    program.segment = {PT_LOAD, 0, kBase, kBase, sizeof(program), sizeof(program), PF_R | PF_X, kBase};
    // mov r7, #20; svc 0; mov r0, #0; mov r7, #1; svc 0: getpid(); exit(0)
    const std::uint32_t code[] = {0xe3a07014, 0xef000000, 0xe3a00000, 0xe3a07001, 0xef000000};
    static_assert(sizeof(code) == sizeof(program.code));
    for (int i = 0; i < 5; ++i) program.code[i] = code[i];
    char name[] = "compat";
    char* const arguments[] = {name, nullptr};
    const int file = ::memfd_create(name, MFD_CLOEXEC);
    if (::write(file, &program, sizeof(program)) == sizeof(program)) ::fexecve(file, arguments, environ);
    ::_exit(1);
#else
#error "the 32-bit calls of this architecture are not known"
#endif
}

/// Waits for a signal by the 32-bit pause, which is 29. False where no such call can be made.
inline bool compat_pause() {
#if defined(__x86_64__)
    const pid_t tries = ::fork();
    if (tries == 0) compat_getpid_and_exit();
    int status = 0;
    if (tries < 0 || ::waitpid(tries, &status, 0) != tries || status != 0) return false;
    long result = 0;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(29L) : "memory", "r8", "r9", "r10", "r11");
    return true;
#else
    return false;  // a program of its own would have to be written for it
#endif
}

}  // namespace sandfit::tests

#endif
