#include "support/catch.h"

#include "observe/syscall_table.h"

#include <sys/syscall.h>

using namespace sandfit;
using namespace sandfit::observe;

TEST_CASE("actions stand at this machine's numbers") {
    const auto table = action_table(Abi::native);
    CHECK(table[SYS_openat].handler == SF_HANDLE_OPEN);
    CHECK(table[SYS_openat].path == 1);
    CHECK(table[SYS_renameat2].handler == SF_HANDLE_TWO_PATHS);
    CHECK(table[SYS_renameat2].op == SF_OP_RENAME);
    CHECK(table[SYS_bind].handler == SF_HANDLE_BIND);
    CHECK(table[SYS_read].handler == SF_HANDLE_NOTHING);
    CHECK(table[SYS_epoll_pwait].handler == SF_HANDLE_NOTHING);
}

TEST_CASE("numbers have names, and those that have none say so") {
    CHECK(syscall_name(Abi::native, SYS_getpid) == "getpid");
    CHECK(syscall_name(Abi::native, 511) == "#511");
    CHECK(syscall_name(Abi::native, -1).empty());
    CHECK(syscall_name(Abi::native, SF_MAX_SYSCALL).empty());
#if defined(__x86_64__)
    CHECK(syscall_name(Abi::compat, 20) == "getpid");
    CHECK(action_table(Abi::compat)[5].handler == SF_HANDLE_OPEN);  // i386: open is 5
#endif
}
