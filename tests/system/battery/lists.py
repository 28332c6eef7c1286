"""Rows for each item of the lists that a drop-in may hold, and what refuses them. Data.

The battery needs none of them, since they only ask. Under the drop-in of a service each must be refused, or not, as
its list says.
"""

import pathlib
import re

from battery.refusals import Refusal
from battery.row import HELPERS, Row

# As in linux/capability.h: the place is the number.
CAPABILITIES = """
CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID CAP_SETPCAP
CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW CAP_IPC_LOCK CAP_IPC_OWNER
CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE
CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP
CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF
CAP_CHECKPOINT_RESTORE""".split()
FAMILIES = "AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_ALG AF_VSOCK".split()
NAMESPACES = "cgroup ipc mnt net pid user uts".split()
CALLS = re.findall(r"CALL\((\w+)\),", (pathlib.Path(__file__).parent / "probes.c").read_text())


def asked(directive, item, row, how, **more):
    return row, Refusal(directive, row.name, how, outside=(item,), **more)


def capabilities():
    for number, name in enumerate(CAPABILITIES):
        short = name.lower().removeprefix("cap_").replace("_", "-")
        yield asked("CapabilityBoundingSet", name, Row(f"have-{short}", "have-capability", (number,)), "not so")
        # What a user without any can still gain: the helper is root.
        helper = (HELPERS / "set-user-id", "--once", "--quiet", "have-capability", "/", number)
        yield asked("CapabilityBoundingSet", name, Row(f"gain-{short}", "run", helper, user="battery"),
                    "status is 0, not 1")


def items():
    """(row, refusal) for each."""
    yield from capabilities()
    for name in FAMILIES:
        yield asked("RestrictAddressFamilies", name, Row(f"family-{name}", "family", (name,)), "EAFNOSUPPORT")
    for name in NAMESPACES:
        yield asked("RestrictNamespaces", name, Row(f"namespace-{name}", "namespace", (name,)), "EPERM")
    for name in CALLS:
        yield asked("SystemCallFilter", name, Row(f"call-{name}", "call", (name,)), "EPERM",
                    beside=("SystemCallErrorNumber",))
