#include "systemd/security_items.h"

#include <algorithm>
#include <array>

namespace sandfit::systemd {
namespace {

constexpr std::string_view kNeedsRoot =
    "it needs a file system made for the service, with all that it reads; a profile knows what it opened only";

// Items that one value of one directive answers share it. An id is systemd's, with its mistakes (")").
constexpr std::array kItems{
    SecurityItem{"RootDirectoryOrRootImage", "RootDirectory", kNeedsRoot},
    SecurityItem{"UserOrDynamicUser", "User", ""},
    SecurityItem{"SupplementaryGroups", "SupplementaryGroups", ""},
    SecurityItem{"ProtectSystem", "ProtectSystem", ""},
    SecurityItem{"ProtectHome", "ProtectHome", ""},
    SecurityItem{"PrivateTmp", "PrivateTmp", ""},
    SecurityItem{"PrivateDevices", "PrivateDevices", ""},
    SecurityItem{"DeviceAllow", "DevicePolicy", ""},
    SecurityItem{"PrivateMounts", "PrivateMounts", ""},
    SecurityItem{"PrivateNetwork", "PrivateNetwork", ""},
    SecurityItem{"PrivateUsers", "PrivateUsers", ""},
    SecurityItem{"ProtectClock", "ProtectClock", ""},
    SecurityItem{"ProtectControlGroups", "ProtectControlGroups", ""},
    SecurityItem{"ProtectHostname", "ProtectHostname", ""},
    SecurityItem{"ProtectKernelLogs", "ProtectKernelLogs", ""},
    SecurityItem{"ProtectKernelModules", "ProtectKernelModules", ""},
    SecurityItem{"ProtectKernelTunables", "ProtectKernelTunables", ""},
    SecurityItem{"ProtectProc", "ProtectProc", ""},
    SecurityItem{"ProcSubset", "ProcSubset", ""},
    SecurityItem{"NoNewPrivileges", "NoNewPrivileges", ""},
    SecurityItem{"LockPersonality", "LockPersonality", ""},
    SecurityItem{"MemoryDenyWriteExecute", "MemoryDenyWriteExecute", ""},
    SecurityItem{"RestrictRealtime", "RestrictRealtime", ""},
    SecurityItem{"RestrictSUIDSGID", "RestrictSUIDSGID", ""},
    SecurityItem{"RemoveIPC", "RemoveIPC", ""},
    SecurityItem{"UMask", "UMask", ""},
    SecurityItem{"KeyringMode", "KeyringMode", ""},
    SecurityItem{"Delegate", "Delegate", ""},
    SecurityItem{"NotifyAccess", "NotifyAccess", ""},
    SecurityItem{"IPAddressDeny", "IPAddressDeny", ""},
    SecurityItem{"AmbientCapabilities", "AmbientCapabilities", ""},

    SecurityItem{"CapabilityBoundingSet_CAP_AUDIT", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_BLOCK_SUSPEND", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_BPF", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_CHOWN_FSETID_SETFCAP", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_DAC_FOWNER_IPC_OWNER", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_IPC_LOCK", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_KILL", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_LEASE", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_LINUX_IMMUTABLE", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_MAC", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_MKNOD", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_NET_ADMIN", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_NET_BIND_SERVICE_BROADCAST_RAW)", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_NET_BIND_SERVICE_BROADCAST_RAW", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SET_UID_GID_PCAP", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYSLOG", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_ADMIN", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_BOOT", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_CHROOT", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_MODULE", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_NICE_RESOURCE", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_PACCT", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_PTRACE", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_RAWIO", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_TIME", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_SYS_TTY_CONFIG", "CapabilityBoundingSet", ""},
    SecurityItem{"CapabilityBoundingSet_CAP_WAKE_ALARM", "CapabilityBoundingSet", ""},

    SecurityItem{"RestrictAddressFamilies_AF_INET_INET6", "RestrictAddressFamilies", ""},
    SecurityItem{"RestrictAddressFamilies_AF_NETLINK", "RestrictAddressFamilies", ""},
    SecurityItem{"RestrictAddressFamilies_AF_PACKET", "RestrictAddressFamilies", ""},
    SecurityItem{"RestrictAddressFamilies_AF_UNIX", "RestrictAddressFamilies", ""},
    SecurityItem{"RestrictAddressFamilies_OTHER", "RestrictAddressFamilies", ""},

    SecurityItem{"RestrictNamespaces_cgroup", "RestrictNamespaces", ""},
    SecurityItem{"RestrictNamespaces_ipc", "RestrictNamespaces", ""},
    SecurityItem{"RestrictNamespaces_mnt", "RestrictNamespaces", ""},
    SecurityItem{"RestrictNamespaces_net", "RestrictNamespaces", ""},
    SecurityItem{"RestrictNamespaces_pid", "RestrictNamespaces", ""},
    SecurityItem{"RestrictNamespaces_user", "RestrictNamespaces", ""},
    SecurityItem{"RestrictNamespaces_uts", "RestrictNamespaces", ""},

    SecurityItem{"SystemCallArchitectures", "SystemCallArchitectures", ""},
    SecurityItem{"SystemCallFilter_clock", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_cpu_emulation", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_debug", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_module", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_mount", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_obsolete", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_privileged", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_raw_io", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_reboot", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_resources", "SystemCallFilter", ""},
    SecurityItem{"SystemCallFilter_swap", "SystemCallFilter", ""},
};

constexpr std::array<std::string_view, 43> kScoredSettings{
    "DefaultDependencies",
    "RootDirectory",
    "RootImage",
    "User",
    "DynamicUser",
    "SupplementaryGroups",
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "PrivateDevices",
    "DevicePolicy",
    "DeviceAllow",
    "PrivateMounts",
    "PrivateNetwork",
    "PrivateUsers",
    "ProtectClock",
    "ProtectControlGroups",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectProc",
    "ProcSubset",
    "NoNewPrivileges",
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "RestrictRealtime",
    "RestrictSUIDSGID",
    "RemoveIPC",
    "UMask",
    "KeyringMode",
    "Delegate",
    "NotifyAccess",
    "IPAddressDeny",
    "IPAddressAllow",
    "IPIngressFilterPath",
    "IPEgressFilterPath",
    "AmbientCapabilities",
    "CapabilityBoundingSet",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "SystemCallArchitectures",
    "SystemCallFilter",
};

}  // namespace

std::span<const SecurityItem> security_items() {
    return kItems;
}

const SecurityItem* find_security_item(std::string_view id) {
    const auto it = std::ranges::find(kItems, id, &SecurityItem::id);
    return it == kItems.end() ? nullptr : &*it;
}

std::span<const std::string_view> scored_settings() {
    return kScoredSettings;
}

}  // namespace sandfit::systemd
