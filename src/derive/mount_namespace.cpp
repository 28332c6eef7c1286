#include "derive/mount_namespace.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "derive/coverage.h"
#include "derive/settings.h"
#include "derive/verdict.h"

namespace sandfit::derive {
namespace {

const SeenFact* first_mount_call(const Profile& profile) {
    const auto it = std::find_if(profile.facts.begin(), profile.facts.end(),
                                 [](const SeenFact& seen) { return is_mount_call(seen.fact); });
    return it == profile.facts.end() ? nullptr : &*it;
}

}  // namespace

bool has_mount_namespace(const UnitSettings& settings) {
    // systemd's exec_needs_mount_namespace(), less what is not sure to make one in every version.
    constexpr std::array<const char*, 8> kSwitches = {
        "DynamicUser",           "PrivateTmp",           "PrivateDevices",   "PrivateMounts", "PrivateIPC",
        "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs"};
    constexpr std::array<const char*, 5> kWords = {"ProtectSystem", "ProtectHome", "ProtectControlGroups",
                                                   "ProtectProc", "ProcSubset"};
    constexpr std::array<std::string_view, 7> kOpen = {"", "no", "false", "off", "0", "default", "all"};
    constexpr std::array<const char*, 9> kLists = {"ReadWritePaths",    "ReadOnlyPaths",       "InaccessiblePaths",
                                                   "ExecPaths",         "NoExecPaths",         "BindPaths",
                                                   "BindReadOnlyPaths", "TemporaryFileSystem", "RootImage"};
    const auto is_set = [&](const char* directive) { return is_on(settings, directive); };
    const auto is_restricted = [&](const char* directive) {
        return std::find(kOpen.begin(), kOpen.end(), settings.scalar(directive)) == kOpen.end();
    };
    const auto is_filled = [&](const char* directive) { return !list_of(settings, directive).empty(); };
    return std::any_of(kSwitches.begin(), kSwitches.end(), is_set) ||
           settings.scalar("PrivateTmp") == "disconnected" ||
           std::any_of(kWords.begin(), kWords.end(), is_restricted) ||
           std::any_of(kLists.begin(), kLists.end(), is_filled) || settings.scalar("MountFlags") == "slave" ||
           settings.scalar("MountFlags") == "private";
}

bool is_mount_call(const Fact& fact) {
    constexpr std::array<std::string_view, 9> kCalls = {"mount",          "umount",        "umount2",
                                                        "move_mount",     "fsmount",       "open_tree",
                                                        "open_tree_attr", "mount_setattr", "pivot_root"};
    const auto* call = std::get_if<SyscallFact>(&fact);
    return call != nullptr && std::find(kCalls.begin(), kCalls.end(), call->name) != kCalls.end();
}

std::optional<std::string> mount_namespace_obstacle(const Situation& situation) {
    if (has_mount_namespace(situation.profile.settings)) return std::nullopt;
    if (auto why = obstacle(situation, {Subject::syscalls})) return why;
    const SeenFact* call = first_mount_call(situation.profile);
    if (call == nullptr) return std::nullopt;
    return "the host would not see any more what the unit mounts or unmounts (" + describe(call->fact) + ")";
}

bool mount_namespace_denies(const Situation& situation, const Fact& fact) {
    return !has_mount_namespace(situation.profile.settings) && is_mount_call(fact);
}

std::optional<std::string> unknown_mounts(const Situation& situation) {
    if (auto why = obstacle(situation, {Subject::syscalls})) return why;
    const SeenFact* call = first_mount_call(situation.profile);
    if (call == nullptr) return std::nullopt;
    return "the unit mounts file systems itself (" + describe(call->fact) + "), and what and where is not recorded";
}

std::optional<std::string> covering_obstacle(const Situation& situation) {
    if (auto why = mount_namespace_obstacle(situation)) return why;
    return unknown_mounts(situation);
}

bool fresh_procfs_hides(const PathUse& use) {
    if (use.error == ENOENT) return false;
    return is_below(use, "/proc/sys/fs/binfmt_misc") || is_below(use, "/proc/fs/nfsd");
}

}  // namespace sandfit::derive
