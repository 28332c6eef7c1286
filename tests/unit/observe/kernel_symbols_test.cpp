// A need is told from a probe by the stack of the check: stacks as this kernel and others show them.
#include "support/catch.h"

#include "observe/kernel_symbols.h"

using namespace sandfit;
using namespace sandfit::observe;

TEST_CASE("an address belongs to the function that starts at or before it") {
    const auto symbols = KernelSymbols::parse(
        "ffffffff81000000 T _stext\nffffffff81000100 t capable.part.0\nffffffff81000180 D data_is_no_function\n"
        "nonsense\nffffffffc0000000 t in_module\t[module]\n");
    CHECK(symbols.name_of(0xffffffff81000000) == "_stext");
    CHECK(symbols.name_of(0xffffffff810000ff) == "_stext");
    CHECK(symbols.name_of(0xffffffff81000190) == "capable.part.0");
    CHECK(symbols.name_of(0xffffffffc0000010) == "in_module");
    CHECK(symbols.name_of(0x1000).empty());
    CHECK(KernelSymbols::parse("0000000000000000 T hidden\n").empty());
}

TEST_CASE("checks are judged by who asked") {
    struct Case {
        const char* capability;
        std::vector<std::string> frames;
        CapabilityUse use;
        const char* caller;
    };
    const std::vector<Case> cases = {
        {"CAP_NET_BIND_SERVICE",
         {"bpf_prog_1", "cap_capable", "security_capable", "ns_capable", "__inet_bind", "inet_bind_sk", "__sys_bind"},
         CapabilityUse::need,
         "__inet_bind"},
        {"CAP_SYS_ADMIN",
         {"cap_capable", "cap_vm_enough_memory", "security_vm_enough_memory_mm", "mmap_region", "do_mmap"},
         CapabilityUse::probe,
         "cap_vm_enough_memory"},
        {"CAP_SYS_ADMIN",
         {"cap_capable", "security_capable", "ns_capable_noaudit", "simple_xattr_list", "listxattr"},
         CapabilityUse::probe,
         "simple_xattr_list"},
        {"CAP_SYS_PTRACE", {"cap_capable", "security_capable", "ptrace_may_access", "do_task_stat"}, CapabilityUse::probe,
         "ptrace_may_access"},
        {"CAP_PERFMON", {"cap_capable", "security_capable", "mm_access", "proc_mem_open"}, CapabilityUse::probe, "mm_access"},
        {"CAP_SYS_PTRACE", {"cap_capable", "security_capable", "ns_capable", "mm_access"}, CapabilityUse::need, "mm_access"},
        {"CAP_CHOWN",
         {"cap_capable", "security_capable", "capable_wrt_inode_uidgid.part.0", "setattr_prepare", "notify_change"},
         CapabilityUse::need,
         "setattr_prepare"},
        {"CAP_CHOWN", {}, CapabilityUse::unclassified, ""},
        {"CAP_CHOWN", {"something", "else"}, CapabilityUse::unclassified, ""},
    };
    for (const auto& one : cases) {
        const auto judged = judge_check(one.capability, one.frames);
        CAPTURE(one.capability, one.frames);
        CHECK(judged.use == one.use);
        CHECK(judged.caller == one.caller);
    }
}
