#include "derive/capability_need.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <string_view>

#include "base/path.h"
#include "derive/coverage.h"
#include "derive/settings.h"

namespace sandfit::derive {
namespace {

// Every kernel since 3.16 has these; later ones have more.
constexpr std::array<std::string_view, 38> kSinceLong = {"CAP_CHOWN",
                                                         "CAP_DAC_OVERRIDE",
                                                         "CAP_DAC_READ_SEARCH",
                                                         "CAP_FOWNER",
                                                         "CAP_FSETID",
                                                         "CAP_KILL",
                                                         "CAP_SETGID",
                                                         "CAP_SETUID",
                                                         "CAP_SETPCAP",
                                                         "CAP_LINUX_IMMUTABLE",
                                                         "CAP_NET_BIND_SERVICE",
                                                         "CAP_NET_BROADCAST",
                                                         "CAP_NET_ADMIN",
                                                         "CAP_NET_RAW",
                                                         "CAP_IPC_LOCK",
                                                         "CAP_IPC_OWNER",
                                                         "CAP_SYS_MODULE",
                                                         "CAP_SYS_RAWIO",
                                                         "CAP_SYS_CHROOT",
                                                         "CAP_SYS_PTRACE",
                                                         "CAP_SYS_PACCT",
                                                         "CAP_SYS_ADMIN",
                                                         "CAP_SYS_BOOT",
                                                         "CAP_SYS_NICE",
                                                         "CAP_SYS_RESOURCE",
                                                         "CAP_SYS_TIME",
                                                         "CAP_SYS_TTY_CONFIG",
                                                         "CAP_MKNOD",
                                                         "CAP_LEASE",
                                                         "CAP_AUDIT_WRITE",
                                                         "CAP_AUDIT_CONTROL",
                                                         "CAP_SETFCAP",
                                                         "CAP_MAC_OVERRIDE",
                                                         "CAP_MAC_ADMIN",
                                                         "CAP_SYSLOG",
                                                         "CAP_WAKE_ALARM",
                                                         "CAP_BLOCK_SUSPEND",
                                                         "CAP_AUDIT_READ"};

bool is_chmod(const std::string& syscall) {
    return syscall == "chmod" || syscall == "fchmod" || syscall == "fchmodat" || syscall == "fchmodat2";
}

/// What CapabilityRequestFact and the checks are told by: capset(2) and prctl(2) by the hook of syscalls.
constexpr std::initializer_list<Subject> kAnybodys = {Subject::capabilities, Subject::executions, Subject::syscalls};
/// Besides, what unseen_needs() tells of root.
constexpr std::initializer_list<Subject> kRoots = {Subject::capabilities, Subject::executions, Subject::syscalls,
                                                   Subject::files, Subject::requests};

/// True when every chmod of the profile is known to have set no set-group-ID bit.
bool chmod_never_sets_group_id(const Profile& profile) {
    const bool may_have_lost_one = std::ranges::any_of(
        profile.coverage.losses, [](const auto& loss) { return loss_concerns(loss.first, Subject::files); });
    if (may_have_lost_one) return false;
    bool seen_one = false;
    for (const auto& seen : profile.facts) {
        const auto* file = std::get_if<FileFact>(&seen.fact);
        if (file == nullptr || file->op != FileOp::change_mode || file->error != 0) continue;
        if (file->modes == 0 || (file->modes & S_ISGID) != 0) return false;  // 0: the modes were not recorded
        seen_one = true;
    }
    return seen_one;
}

/// True when somebody asks for the capability by its name: then it must be there, whatever else is.
bool is_asked_for_by_name(const Profile& profile, const std::string& capability) {
    const auto& ambient = profile.settings.values.find("AmbientCapabilities");
    if (ambient != profile.settings.values.end() &&
        std::find(ambient->second.begin(), ambient->second.end(), capability) != ambient->second.end()) {
        return true;
    }
    return std::any_of(profile.facts.begin(), profile.facts.end(), [&](const SeenFact& seen) {
        if (const auto* request = std::get_if<CapabilityRequestFact>(&seen.fact)) {
            return request->error == 0 && request->capability == capability;
        }
        const auto* exec = std::get_if<ExecFact>(&seen.fact);
        return exec != nullptr && exec->file_capabilities.count(capability) != 0;
    });
}

}  // namespace

bool is_capability_name(const std::string& name) {
    return name.starts_with("CAP_") && name.size() > 4 && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
           });
}

bool is_full_capability_set(const std::vector<std::string>& capabilities) {
    return std::all_of(kSinceLong.begin(), kSinceLong.end(), [&](std::string_view name) {
        return std::find(capabilities.begin(), capabilities.end(), name) != capabilities.end();
    });
}

bool is_capability_need(const Profile& profile, const CapabilityFact& fact) {
    if (!fact.granted || fact.own_user_namespace || fact.use == CapabilityUse::probe) return false;
    // setattr_prepare() asks for CAP_FSETID on every chmod of a file of another group, and its only consequence is
    // that the set-group-ID bit is taken out of the new mode: without that bit the answer does not matter.
    return !(fact.capability == "CAP_FSETID" && is_chmod(fact.syscall) && chmod_never_sets_group_id(profile));
}

bool is_request_need(const Profile& profile, const CapabilityRequestFact& request) {
    if (request.error != 0) return false;
    if (request.capability != CapabilityRequestFact::kAll) return true;
    return std::none_of(profile.facts.begin(), profile.facts.end(), [](const SeenFact& seen) {
        const auto* call = std::get_if<SyscallFact>(&seen.fact);
        return call != nullptr && call->name == "capget";
    });
}

bool is_covered_by_dac_override(const Profile& profile, const CapabilityFact& fact) {
    if (fact.capability != "CAP_DAC_READ_SEARCH") return false;
    // generic_permission() asks for CAP_DAC_READ_SEARCH first and for CAP_DAC_OVERRIDE when that is refused, and
    // grants reading and searching by either. Other callers ask for CAP_DAC_READ_SEARCH alone: open_by_handle_at(2),
    // and linkat(2) with AT_EMPTY_PATH. So: only where the stack says generic_permission(), or the syscall is not one
    // of them.
    if (!fact.callers.empty()) {
        const bool by_permission =
            std::all_of(fact.callers.begin(), fact.callers.end(), [](const std::string& caller) {
                return caller == "generic_permission" || caller == "capable_wrt_inode_uidgid" ||
                       caller == "inode_permission";
            });
        if (!by_permission) return false;
    }
    static constexpr std::array<std::string_view, 7> kMayAskAlone = {
        "", "open_by_handle_at", "name_to_handle_at", "link", "linkat", "ioctl", "io_uring_enter"};
    if (std::find(kMayAskAlone.begin(), kMayAskAlone.end(), fact.syscall) != kMayAskAlone.end()) return false;
    // A process that was given only this one of the two by name has no CAP_DAC_OVERRIDE to fall back to.
    return !is_asked_for_by_name(profile, fact.capability);
}

/// What the kernel asks a capability for without a check that can be seen: it compares whole sets (ptrace access), or
/// remembers what the opener had (user namespaces). Only root has what it asks for.
std::map<std::string, std::vector<std::size_t>> unseen_needs(const Profile& profile) {
    std::map<std::string, std::vector<std::size_t>> needs;
    if (user_of(profile.settings) != "root") return needs;
    // proc(5): entries that need PTRACE_MODE_READ on the process, or more.
    static const std::set<std::string> kGuarded = {"auxv",    "cwd",         "environ", "exe",   "io",
                                                   "maps",    "map_files",   "mem",     "ns",    "numa_maps",
                                                   "pagemap", "personality", "root",    "smaps", "smaps_rollup",
                                                   "stack",   "syscall",     "wchan",   "fd",    "fdinfo"};
    std::vector<std::size_t> maps;
    bool makes_user_namespace = false;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const Fact& fact = profile.facts[i].fact;
        if (const auto* request = std::get_if<RequestFact>(&fact)) {
            makes_user_namespace = makes_user_namespace || (request->request == Request::namespace_ &&
                                                            request->value == "user" && request->error == 0);
        }
        const auto* file = std::get_if<FileFact>(&fact);
        if (file == nullptr || file->error != 0 || !base::is_at_or_below(file->directory, "/proc")) continue;
        // user_namespaces(7): mapping root of the parent namespace wants CAP_SETFCAP of who made the new one.
        if (file->op == FileOp::write && file->names.count("uid_map") != 0) maps.push_back(i);
        if (!base::is_at_or_below(file->directory, "/proc/[pid]")) continue;
        const std::string below = file->directory.substr(std::string_view("/proc/[pid]").size());
        const bool guarded_directory = std::any_of(kGuarded.begin(), kGuarded.end(), [&](const std::string& entry) {
            return base::is_at_or_below(below, "/" + entry) || base::is_at_or_below(below, "/task/[tid]/" + entry);
        });
        const bool guarded_name = std::any_of(file->names.begin(), file->names.end(),
                                              [&](const std::string& name) { return kGuarded.count(name) != 0; });
        if (guarded_directory || guarded_name || file->many) needs["CAP_SYS_PTRACE"].push_back(i);
    }
    if (makes_user_namespace && !maps.empty()) needs["CAP_SETFCAP"] = maps;
    return needs;
}

std::optional<std::string> capability_needs_obstacle(const Situation& situation) {
    return obstacle(situation, user_of(situation.profile.settings) == "root" ? kRoots : kAnybodys);
}

std::vector<std::string> capability_needs_doubts(const Situation& situation) {
    return doubts(situation, user_of(situation.profile.settings) == "root" ? kRoots : kAnybodys);
}

std::map<std::string, CapabilityNeed> capability_needs(const Profile& profile) {
    std::map<std::string, CapabilityNeed> needs;
    bool read_search_alone = false;
    for (std::size_t i = 0; i < profile.facts.size(); ++i) {
        const Fact& fact = profile.facts[i].fact;
        if (const auto* check = std::get_if<CapabilityFact>(&fact)) {
            if (!is_capability_need(profile, *check)) continue;
            CapabilityNeed& need = needs[check->capability];
            need.syscalls.insert(check->syscall);
            need.facts.push_back(i);
            if (check->capability == "CAP_DAC_READ_SEARCH" && !is_covered_by_dac_override(profile, *check)) {
                read_search_alone = true;
            }
        } else if (const auto* request = std::get_if<CapabilityRequestFact>(&fact)) {
            if (!is_request_need(profile, *request)) continue;
            CapabilityNeed& need = needs[request->capability];
            need.by_request = true;
            need.facts.push_back(i);
        } else if (const auto* exec = std::get_if<ExecFact>(&fact)) {
            // Without all of its capabilities in the bounding set, a program with file capabilities does not start.
            for (const auto& capability : exec->file_capabilities) {
                CapabilityNeed& need = needs[capability];
                need.by_file = true;
                need.facts.push_back(i);
            }
        }
    }
    for (const auto& [capability, facts] : unseen_needs(profile)) {
        CapabilityNeed& need = needs[capability];
        need.facts.insert(need.facts.end(), facts.begin(), facts.end());
    }
    if (needs.count("CAP_DAC_OVERRIDE") != 0 && needs.count("CAP_DAC_READ_SEARCH") != 0 && !read_search_alone &&
        !is_asked_for_by_name(profile, "CAP_DAC_READ_SEARCH")) {
        needs.erase("CAP_DAC_READ_SEARCH");
    }
    return needs;
}

}  // namespace sandfit::derive
