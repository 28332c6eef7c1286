#include "observe/kernel_symbols.h"

#include "base/file.h"

#include <algorithm>
#include <charconv>

namespace sandfit::observe {
namespace {

// Functions that only ask: their answer changes accounting, or what is shown, and a refusal is silent.
// Found by reading the callers of the *_noaudit variants in the kernel, and confirmed by running
// (docs/DIRECTIVES.md, CapabilityBoundingSet=).
constexpr std::string_view kProbes[] = {
    "security_vm_enough_memory_mm",  // memory accounting: mmap, brk, fork, exec, tmpfs pages
    "__vm_enough_memory",
    "cap_vm_enough_memory",
    "ns_capable_noaudit",
    "has_capability_noaudit",
    "has_ns_capability_noaudit",
    "capable_noaudit",
    "ptrace_may_access",  // may this process see that one: /proc entries, kcmp, process_vm_*
    "__ptrace_may_access",
    "ptrace_has_cap",
    "kallsyms_show_value",  // shows zeros instead of addresses
    "may_access_mm",        // /proc/PID/maps: CAP_PERFMON is asked for before the ordinary check
};

// The check itself and its thin wrappers: the caller is the first function past them.
constexpr std::string_view kWrappers[] = {
    "cap_capable",       "security_capable",           "ns_capable",          "ns_capable_common",
    "capable",           "capable_wrt_inode_uidgid",   "ns_capable_setid",    "ns_capable_noaudit",
    "has_ns_capability", "has_ns_capability_noaudit",  "has_capability",      "has_capability_noaudit",
    "file_ns_capable",   "privileged_wrt_inode_uidgid", "call_int_hook",      "perfmon_capable",
    "bpf_capable",       "checkpoint_restore_ns_capable", "sk_ns_capable",    "netlink_ns_capable",
    "__netlink_ns_capable", "sk_capable",              "netlink_capable",     "netlink_net_capable",
    "sk_net_capable",
};

template <std::size_t N>
bool contains(const std::string_view (&list)[N], std::string_view name) {
    return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

// gcc appends .isra.0, .constprop.0, .part.0, .cold to the clones that it makes.
std::string_view base_name(std::string_view symbol) { return symbol.substr(0, symbol.find('.')); }

}  // namespace

KernelSymbols KernelSymbols::load() {
    const auto text = base::read_file("/proc/kallsyms");
    return text ? parse(*text) : KernelSymbols{};
}

KernelSymbols KernelSymbols::parse(std::string_view text) {
    KernelSymbols out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        // ffffffff81000000 T _stext [module]
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos || line.size() < space + 4) continue;
        std::uint64_t address = 0;
        const auto parsed = std::from_chars(line.data(), line.data() + space, address, 16);
        if (parsed.ec != std::errc() || address == 0) continue;
        const char type = line[space + 1];
        if (type != 't' && type != 'T' && type != 'w' && type != 'W') continue;
        const std::string_view rest = line.substr(space + 3);
        out.symbols_.push_back({address, std::string(rest.substr(0, rest.find_first_of("\t ")))});
    }
    std::stable_sort(out.symbols_.begin(), out.symbols_.end(),
                     [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
    return out;
}

std::string KernelSymbols::name_of(std::uint64_t address) const {
    const auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                        [](std::uint64_t wanted, const Symbol& s) { return wanted < s.address; });
    return after == symbols_.begin() ? std::string() : std::prev(after)->name;
}

JudgedCheck judge_check(std::string_view capability, const std::vector<std::string>& frames) {
    JudgedCheck out;
    auto frame = std::find_if(frames.begin(), frames.end(), [](const std::string& name) {
        return base_name(name) == "cap_capable" || base_name(name) == "security_capable";
    });
    if (frame == frames.end()) return out;
    while (frame != frames.end() && contains(kWrappers, base_name(*frame))) ++frame;
    if (frame != frames.end()) out.caller = *frame;
    for (const auto& name : frames) {
        if (contains(kProbes, base_name(name))) {
            out.use = CapabilityUse::probe;
            return out;
        }
    }
    // 6.13 asks for CAP_PERFMON in mm_access() before the ordinary check of who may see whose memory.
    if (capability == "CAP_PERFMON" && base_name(out.caller) == "mm_access") {
        out.use = CapabilityUse::probe;
        return out;
    }
    out.use = CapabilityUse::need;
    return out;
}

}  // namespace sandfit::observe
