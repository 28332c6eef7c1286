#include "derive/start_failure.h"

#include <algorithm>
#include <string>

#include "derive/standing.h"

namespace sandfit::derive {
namespace {

using Directives = std::vector<std::string_view>;

struct Step {
    int status;
    std::string_view name;
    Directives directives;
};

// What hides a file from the program that is to be executed, or from the directory that it is to start in.
const Directives kHiding = {"InaccessiblePaths", "TemporaryFileSystem", "ProtectHome",       "PrivateTmp",
                            "PrivateDevices",    "BindPaths",           "BindReadOnlyPaths", "RootDirectory"};

Directives with(Directives first, const Directives& then) {
    first.insert(first.end(), then.begin(), then.end());
    return first;
}

// systemd, src/shared/exit-status.h and src/core/exec-invoke.c (execute.c before 255), in the order of the numbers.
// Paths that a directive names come first: that one of them is missing is the most frequent reason.
const std::vector<Step>& steps() {
    static const std::vector<Step> kSteps = {
        {200, "CHDIR", with({"WorkingDirectory", "User", "DynamicUser"}, kHiding)},
        {201, "NICE", {"Nice"}},
        {203, "EXEC",
         with({"NoExecPaths", "CapabilityBoundingSet", "User", "DynamicUser", "SystemCallFilter"}, kHiding)},
        {205, "LIMITS", {"LimitNOFILE", "LimitNPROC", "LimitMEMLOCK", "LimitAS", "LimitCORE", "LimitFSIZE"}},
        {208, "STDIN", {"StandardInput"}},
        {209, "STDOUT", {"StandardOutput", "User", "DynamicUser"}},
        {210, "CHROOT", {"RootDirectory", "RootImage"}},
        {214, "SETSCHEDULER", {"CPUSchedulingPolicy"}},
        {216, "GROUP", {"Group", "SupplementaryGroups", "User", "DynamicUser"}},
        {217, "USER", {"User", "DynamicUser", "PrivateUsers"}},
        {218, "CAPABILITIES", {"AmbientCapabilities", "CapabilityBoundingSet", "PrivateUsers"}},
        {219, "CGROUP", {"Delegate", "Slice"}},
        {222, "STDERR", {"StandardError", "User", "DynamicUser"}},
        {225, "NETWORK", {"PrivateNetwork", "NetworkNamespacePath"}},
        {226,
         "NAMESPACE",
         {"ReadWritePaths",
          "ReadOnlyPaths",
          "InaccessiblePaths",
          "ExecPaths",
          "NoExecPaths",
          "BindPaths",
          "BindReadOnlyPaths",
          "TemporaryFileSystem",
          "RootDirectory",
          "RootImage",
          "ProtectHome",
          "ProtectSystem",
          "PrivateTmp",
          "PrivateDevices",
          "ProtectKernelTunables",
          "ProtectKernelModules",
          "ProtectKernelLogs",
          "ProtectControlGroups",
          "ProtectProc",
          "ProcSubset",
          "PrivateIPC",
          "PrivateMounts",
          "ProtectHostname",
          "PrivatePIDs",
          "StateDirectory",
          "CacheDirectory",
          "LogsDirectory",
          "RuntimeDirectory",
          "ConfigurationDirectory",
          "DynamicUser",
          "RestrictNamespaces"}},
        {227, "NO_NEW_PRIVILEGES", {"NoNewPrivileges"}},
        {228,
         "SECCOMP",
         {"SystemCallFilter", "SystemCallArchitectures", "MemoryDenyWriteExecute", "RestrictNamespaces",
          "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality", "ProtectKernelTunables", "ProtectKernelModules",
          "ProtectKernelLogs", "ProtectClock", "PrivateDevices", "ProtectHostname"}},
        {230, "PERSONALITY", {"Personality", "LockPersonality"}},
        {232, "ADDRESS_FAMILIES", {"RestrictAddressFamilies"}},
        {233, "RUNTIME_DIRECTORY", {"RuntimeDirectory", "RuntimeDirectoryMode", "User", "DynamicUser"}},
        {235, "CHOWN", {"User", "Group", "DynamicUser"}},
        {237, "KEYRING", {"KeyringMode"}},
        {238, "STATE_DIRECTORY", {"StateDirectory", "StateDirectoryMode", "User", "DynamicUser"}},
        {239, "CACHE_DIRECTORY", {"CacheDirectory", "CacheDirectoryMode", "User", "DynamicUser"}},
        {240, "LOGS_DIRECTORY", {"LogsDirectory", "LogsDirectoryMode", "User", "DynamicUser"}},
        {241, "CONFIGURATION_DIRECTORY", {"ConfigurationDirectory", "ConfigurationDirectoryMode"}},
        {244, "BPF", {"RestrictFileSystems", "RestrictNetworkInterfaces", "SocketBindDeny"}},
    };
    return kSteps;
}

const Step* step_of(int exit_status) {
    const auto found = std::ranges::find(steps(), exit_status, &Step::status);
    return found == steps().end() ? nullptr : &*found;
}

}  // namespace

std::string_view name_of_start_failure(int exit_status) {
    const Step* step = step_of(exit_status);
    return step == nullptr ? std::string_view() : step->name;
}

std::vector<DenialCause> causes_of_start_failure(int exit_status, const UnitSettings& before,
                                                 const UnitSettings& in_force) {
    std::vector<DenialCause> causes;
    const Step* step = step_of(exit_status);
    if (step == nullptr) return causes;
    for (const auto name : step->directives) {
        const std::string directive(name);
        const auto value = deciding_words(in_force, directive);
        if (!value || deciding_words(before, directive) == value) continue;
        causes.push_back({directive, *value, {directive, Remedy::How::leave_out, ValueForm::word, {}}});
    }
    return causes;
}

}  // namespace sandfit::derive
