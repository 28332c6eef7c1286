"""What each directive has to refuse: rows of the battery as offenders. Data.

A directive that stands in the drop-in of the plain row, which only writes its own file, or in that of a service, must
break these rows in the way that systemd's manual says, alone and within the whole drop-in. Directives that are in
none wait here.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Refusal:
    """`row` fails with what `how` finds when `directive` has a value in which `value` is found."""

    directive: str
    row: str
    how: str
    value: str = ""
    outside: tuple = ()  # names of which the directive's list must have none; with its only name in it, the row works
    opened_by: str = ""  # the directive whose list that is, if another one
    beside: tuple = ()  # directives of the same drop-in without which this one would refuse the start
    feature: str = ""  # of systemd's build, without which it is accepted and does nothing


def refusals(directive, rows, how, **more):
    return [Refusal(directive, row, how, **more) for row in rows.split()]


REFUSALS = [
    *refusals("ProtectSystem", "create unlink unlink-missing mkdir rmdir chmod chown utimensat truncate setxattr "
              "link symlink rename tmpfile mkfifo mknod mmap-shared openat2 unix-bind", "EROFS|errno == ENOENT",
              value="strict", beside=("ReadWritePaths",)),
    *refusals("ProtectSystem", "usr-own", "EROFS", beside=("ReadWritePaths",)),
    *refusals("ReadOnlyPaths", "run-own run-lock-own", "EROFS", value="^/run$"),
    *refusals("ProtectHome", "read-root read-home stat-home access-home list-home", "ENOENT|EACCES|not so",
              value="yes|tmpfs"),
    *refusals("ProtectHome", "working-directory program-in-home", "the unit failed: exit-code", value="yes|tmpfs"),
    *refusals("ProtectHome", "write-home", "EROFS|ENOENT|EACCES"),
    *refusals("PrivateTmp", "tmp-met tmp-met-stat unix-met-in-tmp", "ENOENT"),
    *refusals("PrivateTmp", "program-in-tmp", "the unit failed: exit-code"),
    *refusals("PrivateTmp", "tmp-met-listed", "not so: entry"),
    *refusals("PrivateDevices", "dev-kmsg dev-fuse dev-loop-control dev-tun stat-device", "ENOENT"),
    *refusals("PrivateDevices", "mknod", "EPERM"),
    *refusals("DevicePolicy", "dev-fuse dev-loop-control dev-kmsg dev-tun", "EPERM", value="closed|strict"),
    *refusals("ProtectKernelTunables", "write-sysctl write-sys", "EROFS"),
    *refusals("ProtectKernelTunables", "read-kallsyms", "not so: read|EACCES"),
    *refusals("ProtectKernelModules", "read-modules", "ENOENT|EACCES"),
    *refusals("ProtectKernelLogs", "kernel-log", "EPERM"),
    *refusals("ProtectKernelLogs", "dev-kmsg", "EPERM|EACCES|ENXIO|ENOENT"),
    *refusals("ProtectControlGroups", "write-cgroup delegate", "EROFS"),
    *refusals("ProtectClock", "clock-set clock-read", "EPERM"),
    *refusals("ProtectHostname", "host-name", "EPERM"),
    *refusals("ProtectProc", "user-read-proc-other user-stat-proc-other", "ENOENT|EPERM|EACCES",
              value="invisible|ptraceable"),
    *refusals("ProtectProc", "user-list-proc", "not so: entry", value="invisible|ptraceable"),
    *refusals("ProcSubset", "read-meminfo stat-meminfo read-kallsyms read-proc-sys read-proc-net", "ENOENT",
              value="pid"),
    *refusals("NoNewPrivileges", "set-user-id-helper set-group-id-helper file-capability-helper",
              "status is 0, not 1"),
    *refusals("LockPersonality", "personality personality-query", "EPERM|not so"),
    *refusals("RestrictAddressFamilies", "tcp-own tcp-met udp-met raw", "EAFNOSUPPORT", outside=("AF_INET",)),
    *refusals("RestrictAddressFamilies", "tcp6-own", "EAFNOSUPPORT", outside=("AF_INET6",)),
    *refusals("RestrictAddressFamilies", "packet", "EAFNOSUPPORT", outside=("AF_PACKET",)),
    *refusals("RestrictAddressFamilies", "netlink", "EAFNOSUPPORT", outside=("AF_NETLINK",)),
    *refusals("RestrictAddressFamilies", "unix-bind unix-met abstract-own journal", "EAFNOSUPPORT",
              outside=("AF_UNIX",)),
    *refusals("RestrictNamespaces", "user-namespace user-user-namespace", "EPERM", outside=("user",)),
    *refusals("RestrictNamespaces", "network-namespace", "EPERM", outside=("net",)),
    *refusals("RestrictNamespaces", "setns", "EPERM", outside=("uts",)),
    *refusals("RestrictNamespaces", "mount-of-its-own", "EPERM", outside=("mnt",)),
    *refusals("RestrictNamespaces", "clone-newpid", "EPERM", outside=("pid",)),
    *refusals("RestrictNamespaces", "clone3-newpid", "ENOSYS|EPERM", outside=("pid", "user", "net")),
    *refusals("RestrictRealtime", "real-time", "EPERM"),
    *refusals("RestrictSUIDSGID", "chmod-set-group-id chmod-set-user-id mkdir-set-group-id open-set-user-id",
              "EPERM"),
    *refusals("RestrictSUIDSGID", "openat2", "ENOSYS|EPERM"),
    *refusals("MemoryDenyWriteExecute", "mmap-write-exec mprotect-exec pkey-mprotect-exec shmat-exec", "EPERM"),
    *refusals("RemoveIPC", "system-v-kept", "ENOENT|is gone"),
    *refusals("PrivateIPC", "system-v-met posix-queue-met", "ENOENT"),
    *refusals("PrivateUsers", "chown", "EINVAL|EPERM"),
    *refusals("PrivateUsers", "stat-owner user-stat-owner", "not so"),
    *refusals("PrivateUsers", "user-chgrp", "EINVAL|EPERM"),
    *refusals("PrivateUsers", "kill-other host-name mknod raw mount low-port low-port-ambient setuid",
              "EPERM|EACCES"),
    *refusals("PrivateNetwork", "tcp-met tcp-met-elsewhere abstract-met", "ECONNREFUSED|ENETUNREACH"),
    *refusals("PrivateMounts", "mount-for-others", "not there for others"),
    *refusals("PrivatePIDs", "user-stat-proc-other kill-other", "ENOENT|ESRCH|EPERM"),
    *refusals("CapabilityBoundingSet", "chown", "EPERM", outside=("CAP_CHOWN",)),
    *refusals("CapabilityBoundingSet", "unlink-sticky", "EPERM", outside=("CAP_FOWNER",)),
    *refusals("CapabilityBoundingSet", "mknod", "EPERM", outside=("CAP_MKNOD",)),
    *refusals("CapabilityBoundingSet", "raw packet", "EPERM", outside=("CAP_NET_RAW",)),
    *refusals("CapabilityBoundingSet", "force-buffer", "EPERM", outside=("CAP_NET_ADMIN",)),
    *refusals("CapabilityBoundingSet", "host-name mount setxattr-trusted", "EPERM", outside=("CAP_SYS_ADMIN",)),
    *refusals("CapabilityBoundingSet", "chroot", "EPERM", outside=("CAP_SYS_CHROOT",)),
    *refusals("CapabilityBoundingSet", "kill-other", "EPERM", outside=("CAP_KILL",)),
    *refusals("CapabilityBoundingSet", "mlock", "EPERM|ENOMEM", outside=("CAP_IPC_LOCK",)),
    *refusals("CapabilityBoundingSet", "clock-set", "EPERM", outside=("CAP_SYS_TIME",)),
    *refusals("CapabilityBoundingSet", "open-by-handle", "EPERM", outside=("CAP_DAC_READ_SEARCH",)),
    *refusals("CapabilityBoundingSet", "capbset-drop", "EPERM", outside=("CAP_SETPCAP",)),
    *refusals("CapabilityBoundingSet", "setuid", "EPERM", outside=("CAP_SETUID", "CAP_SETGID")),
    *refusals("CapabilityBoundingSet", "low-port", "EACCES", outside=("CAP_NET_BIND_SERVICE",)),
    *refusals("CapabilityBoundingSet", "nice", "EACCES|EPERM", outside=("CAP_SYS_NICE",)),
    *refusals("CapabilityBoundingSet", "write-other", "EACCES", outside=("CAP_DAC_OVERRIDE",)),
    *refusals("CapabilityBoundingSet", "read-other search-other", "EACCES",
              outside=("CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH")),
    *refusals("CapabilityBoundingSet", "chmod-set-group-id-other", "EPERM|not so",
              outside=("CAP_FSETID", "CAP_FOWNER")),
    *refusals("SystemCallFilter", "mount", "EPERM", outside=("mount",), beside=("SystemCallErrorNumber",)),
    *refusals("SystemCallFilter", "ptrace", "EPERM", outside=("ptrace",), beside=("SystemCallErrorNumber",)),
    # Without an errno a refusal is the program's end.
    *refusals("SystemCallFilter", "fanotify", "SIGSYS|core-dump|signal", outside=("fanotify_init",)),
    *refusals("SystemCallFilter", "host-name", "EPERM", outside=("sethostname",), beside=("SystemCallErrorNumber",)),
    *refusals("SystemCallFilter", "bpf", "EPERM", outside=("bpf",), beside=("SystemCallErrorNumber",)),
    *refusals("SystemCallFilter", "keyring", "EPERM", outside=("add_key",), beside=("SystemCallErrorNumber",)),
    *refusals("SystemCallFilter", "chroot", "EPERM", outside=("chroot",), beside=("SystemCallErrorNumber",)),
    *refusals("SystemCallFilter", "clock-set", "EPERM", outside=("settimeofday",),
              beside=("SystemCallErrorNumber",)),
    *refusals("SystemCallFilter", "setuid", "EPERM", outside=("setgroups", "setresuid"),
              beside=("SystemCallErrorNumber",)),
    *refusals("SystemCallFilter", "personality", "EPERM", outside=("personality",),
              beside=("SystemCallErrorNumber",)),
    *refusals("SystemCallArchitectures", "int-0x80", "SIGSYS|core-dump|signal", value="native"),
    *refusals("IPAddressDeny", "udp-met", "EPERM|EACCES", value="any", outside=("127.0.0.0/8",),
              opened_by="IPAddressAllow", beside=("IPAddressAllow",)),
    *refusals("IPAddressDeny", "udp-met-elsewhere", "EPERM|EACCES", value="any", outside=("10.0.0.0/8",),
              opened_by="IPAddressAllow", beside=("IPAddressAllow",)),
    *refusals("SocketBindDeny", "high-port low-port", "EPERM|EACCES", value="any", feature="BPF_FRAMEWORK"),
    *refusals("RestrictNetworkInterfaces", "udp-met", "EPERM|EACCES", feature="BPF_FRAMEWORK"),
    *refusals("RestrictFileSystems", "pipe-again", "EPERM|EACCES", outside=("pipefs",), feature="BPF_FRAMEWORK"),
    *refusals("NoExecPaths", "exec-made-in-tmp", "status is 0, not 126", value="-/tmp( |$)"),
    *refusals("NoExecPaths", "exec-made-in-shm", "status is 0, not 126", value="-/dev/shm( |$)"),
    *refusals("NoExecPaths", "mmap-exec-in-shm", "EPERM", value="-/dev/shm( |$)"),
    *refusals("UMask", "shared-by-umask mkdir", "not so", value="7$"),
    *refusals("KeyringMode", "keyring-shared", "EACCES|ENOKEY|ENOENT", value="private"),
    *refusals("InaccessiblePaths", "read-boot stat-boot user-list-boot", "ENOENT|EACCES", value="/boot"),
    *refusals("InaccessiblePaths", "read-spool", "ENOENT|EACCES", value="/var/spool"),
    *refusals("InaccessiblePaths", "user-stat-opt", "ENOENT|EACCES", value="/opt"),
    *refusals("TemporaryFileSystem", "read-boot", "ENOENT|EACCES", value="/boot"),
]

# Directives that refuse nothing by themselves, or only to what is not the unit.
NO_REFUSAL = {
    "ReadWritePaths": "opens what ProtectSystem= closes",
    "ExecPaths": "opens what NoExecPaths= closes",
    "BindReadOnlyPaths": "opens what TemporaryFileSystem= closes",
    "BindPaths": "opens what TemporaryFileSystem= closes",
    "DeviceAllow": "opens what DevicePolicy= closes",
    "IPAddressAllow": "opens what IPAddressDeny= closes",
    "SocketBindAllow": "opens what SocketBindDeny= closes",
    "SystemCallErrorNumber": "says what a refusal looks like",
    "AmbientCapabilities": "grants",
    "StateDirectory": "makes", "StateDirectoryMode": "makes",
    "CacheDirectory": "makes", "CacheDirectoryMode": "makes",
    "LogsDirectory": "makes", "LogsDirectoryMode": "makes",
    "RuntimeDirectory": "makes", "RuntimeDirectoryMode": "makes",
    "ConfigurationDirectory": "makes", "ConfigurationDirectoryMode": "makes",
    "NotifyAccess": "limits who may speak to systemd",
    "Delegate": "limits what systemd leaves to the unit",
    "SupplementaryGroups": "grants",
}

# What leaves nothing to see for who watches the unit: verify cannot name it. A mask alters what is made, and refuses
# nothing; a program without its privileges does less by its own doing; another process's entry of /proc that is
# looked up and missing is like any that has ended.
UNSEEN = {
    ("UMask", "shared-by-umask"), ("UMask", "mkdir"), ("NoNewPrivileges", "file-capability-helper"),
    ("ProtectProc", "user-stat-proc-other"),
}
