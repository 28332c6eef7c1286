/* Operations that make code out of data, in the ways that MemoryDenyWriteExecute= is about: see operate.h. */
#include "operate.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/shm.h>

/* int answer(void) { return 42; } */
#if defined(__x86_64__)
static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
#elif defined(__aarch64__)
static const unsigned char code[] = {0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
#else
#error "no machine code for this machine"
#endif

enum { kSize = 4096 };

static const char *answers(void *page)
{
    int (*answer)(void);
    memcpy(&answer, &page, sizeof answer);
    __builtin___clear_cache(page, (char *)page + sizeof code);
    CHECK(answer() == 42);
    return NULL;
}

static const char *writable_and_executable(const struct work *w)
{
    void *page = mmap(NULL, kSize, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return failed("mmap");
    memcpy(page, code, sizeof code);
    const char *answer = answers(page);
    TRY(munmap(page, kSize));
    return answer;
}

static const char *protected_later(int with_key)
{
    void *page = mmap(NULL, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return failed("mmap");
    memcpy(page, code, sizeof code);
    if (with_key)
        TRY(pkey_mprotect(page, kSize, PROT_READ | PROT_EXEC, -1));
    else
        TRY(mprotect(page, kSize, PROT_READ | PROT_EXEC));
    const char *answer = answers(page);
    TRY(munmap(page, kSize));
    return answer;
}

static const char *executable_later(const struct work *w)
{
    return protected_later(0);
}

static const char *executable_by_key(const struct work *w)
{
    return protected_later(1);
}

static const char *executable_shared(const struct work *w)
{
    int id;
    TRY(id = shmget(IPC_PRIVATE, kSize, IPC_CREAT | 0600));
    void *page = shmat(id, NULL, SHM_EXEC);
    const int error = errno;
    TRY(shmctl(id, IPC_RMID, NULL));
    errno = error;
    if ((intptr_t)page == -1)
        return failed("shmat");
    memcpy(page, code, sizeof code);
    const char *answer = answers(page);
    TRY(shmdt(page));
    return answer;
}

/* What the dynamic loader does with a library: no writing, so nothing forbids it. */
static const char *executable_file(const struct work *w)
{
    int fd;
    TRY(fd = open(w->word[0], O_RDONLY | O_CLOEXEC));
    void *page = mmap(NULL, kSize, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (page == MAP_FAILED)
        return failed("mmap");
    CHECK(memcmp(page, "\177ELF", 4) == 0);
    TRY(munmap(page, kSize));
    TRY(close(fd));
    return NULL;
}

static const char *executed_memory(const struct work *w)
{
    static char name[] = "operate", once[] = "--once", quiet[] = "--quiet", nothing[] = "nothing", place[] = "/";
    static char path[64];
    char *const argv[] = {name, once, quiet, nothing, place, NULL};
    struct stat status;
    int program, memory;
    TRY(program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    TRY(fstat(program, &status));
    TRY(memory = memfd_create("battery", 0));
    CHECK(sendfile(memory, program, NULL, (size_t)status.st_size) == status.st_size);
    strcpy(path, "/proc/self/fd/");
    path[14] = (char)('0' + memory % 10);
    CHECK(memory < 10);
    TRY(close(program));
    const char *answer = run_program(path, argv);
    TRY(close(memory));
    return answer;
}

const struct operation memory_operations[] = {
    {"writable-and-executable", writable_and_executable},
    {"executable-later", executable_later},
    {"executable-by-key", executable_by_key},
    {"executable-shared", executable_shared},
    {"executable-file", executable_file},
    {"executed-memory", executed_memory},
    {NULL, NULL},
};
