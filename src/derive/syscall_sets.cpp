#include "derive/syscall_sets.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sandfit::derive {
namespace {

constexpr std::array<const char*, 11> kScored = {"@clock",  "@cpu-emulation", "@debug",      "@module",
                                                 "@mount",  "@obsolete",      "@privileged", "@raw-io",
                                                 "@reboot", "@resources",     "@swap"};

// systemd 252's, for a host that was not asked.
const std::array<SyscallNames, 10> kScoredFallback = {{
    {"adjtimex", "clock_adjtime", "clock_adjtime64", "clock_settime", "clock_settime64", "settimeofday"},
    {"modify_ldt", "subpage_prot", "switch_endian", "vm86", "vm86old"},
    {"lookup_dcookie", "perf_event_open", "pidfd_getfd", "ptrace", "rtas", "s390_runtime_instr",
     "sys_debug_setcontext"},
    {"delete_module", "finit_module", "init_module"},
    {"chroot", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree",
     "pivot_root", "umount", "umount2"},
    {"_sysctl", "stime", "sysfs", "uselib", "ustat"},
    {"_sysctl",
     "acct",
     "adjtimex",
     "bpf",
     "capset",
     "chown",
     "chown32",
     "chroot",
     "clock_adjtime",
     "clock_adjtime64",
     "clock_settime",
     "clock_settime64",
     "delete_module",
     "fanotify_init",
     "fanotify_mark",
     "fchown",
     "fchown32",
     "fchownat",
     "finit_module",
     "init_module",
     "ioperm",
     "iopl",
     "kexec_file_load",
     "kexec_load",
     "lchown",
     "lchown32",
     "open_by_handle_at",
     "pivot_root",
     "quotactl",
     "quotactl_fd",
     "reboot",
     "setdomainname",
     "setfsuid",
     "setfsuid32",
     "setgroups",
     "setgroups32",
     "sethostname",
     "setresuid",
     "setresuid32",
     "setreuid",
     "setreuid32",
     "settimeofday",
     "setuid",
     "setuid32",
     "swapoff",
     "swapon",
     "vhangup"},
    {"ioperm", "iopl", "pciconfig_iobase", "pciconfig_read", "pciconfig_write"},
    {"kexec_file_load", "kexec_load", "reboot"},
    {"ioprio_set", "mbind", "migrate_pages", "move_pages", "nice", "sched_setaffinity", "sched_setattr",
     "sched_setparam", "sched_setscheduler", "set_mempolicy", "set_mempolicy_home_node", "setpriority", "setrlimit"},
}};

// In @default ever since there is such a group.
const SyscallNames kAlwaysAllowed = {
    "clock_getres", "clock_gettime", "clock_nanosleep", "execve",       "exit",      "exit_group", "getrlimit",
    "gettimeofday", "nanosleep",     "pause",           "rt_sigreturn", "sigreturn", "time"};

}  // namespace

SyscallNames implicitly_allowed(const Host& host) {
    const auto it = host.syscall_groups.find("@default");
    if (it == host.syscall_groups.end()) return kAlwaysAllowed;
    return SyscallNames(it->second.begin(), it->second.end());
}

SyscallNames expand(const Host& host, const std::vector<std::string>& items) {
    SyscallNames names;
    for (const auto& item : items) {
        if (!item.starts_with('@')) {
            names.insert(item);
            continue;
        }
        const auto it = host.syscall_groups.find(item);
        if (it != host.syscall_groups.end()) names.insert(it->second.begin(), it->second.end());
    }
    return names;
}

std::vector<SyscallNames> scored_groups(const Host& host) {
    if (host.syscall_groups.empty()) return {kScoredFallback.begin(), kScoredFallback.end()};
    std::vector<SyscallNames> groups;
    for (const char* name : kScored) {
        const auto it = host.syscall_groups.find(name);
        if (it != host.syscall_groups.end()) groups.emplace_back(it->second.begin(), it->second.end());
    }
    return groups;
}

PresentFilter::PresentFilter(const Host& host, const UnitSettings& settings) {
    const auto it = settings.values.find("SystemCallFilter");
    if (it == settings.values.end() || it->second.empty()) return;
    set = true;
    std::vector<std::string> items = it->second;
    if (items.front().starts_with('~')) {
        deny = true;
        items.front().erase(0, 1);
    }
    if (items.front() == "none") items.erase(items.begin());  // an allow-list of nothing
    // "ptrace:EPERM": an errno of its own for one call.
    for (auto& item : items) item.resize(std::min(item.find(':'), item.size()));
    names = expand(host, items);
    if (!deny) names.merge(implicitly_allowed(host));
}

bool is_syscall_name(const std::string& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

bool is_known_to(const Host& host, const std::string& name) {
    return host.syscalls.empty() || host.syscalls.count(name) != 0;
}

bool unknown_calls_get_enosys(const Host& host) {
    return host.systemd_version >= 256;
}

}  // namespace sandfit::derive
