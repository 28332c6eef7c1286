"""strace as the peer: every command of a unit is traced from its execve on, beside sandfit.

Each Exec*= line of the unit gets programs/gate.c in front. A thread of ours attaches one strace to each
gate that appears; the gate then becomes the real program, and strace follows its children.
"""

import os
import pathlib
import re
import subprocess
import threading

from harness import Failure, expect, run

GATE = "/usr/local/lib/sandfit-test/systemd-executor"
GATE_DROP_IN = "40-gate.conf"

# They never return: strace sees them begin, sys_exit never sees them end. Every filter has them anyway.
NEVER_RETURN = {"exit", "exit_group", "rt_sigreturn", "sigreturn", "restart_syscall"}


def gated(unit):
    """A drop-in that puts the gate in front of every command of the unit."""
    lines = ["[Service]"]
    seen = set()
    for line in run("systemctl", "cat", unit.name).ok().out.splitlines():
        match = re.match(r"(Exec\w+)\s*=\s*([-@:]*)(/.*)", line)
        if not match:
            continue
        name, prefixes, command = match.groups()
        expect("@" not in prefixes, f"the gate cannot stand in front of {line}")
        if name not in seen:
            seen.add(name)
            lines.append(f"{name}=")
        lines.append(f"{name}={prefixes}{GATE} {command}")
    return "\n".join(lines) + "\n"


class Peer:
    """Traces every gate that appears, as long as it is entered (`with`)."""

    def __init__(self, directory):
        self.directory = directory
        self.tracers = []
        self.traced = set()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        for old in self.directory.glob("trace.*"):
            old.unlink()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        for tracer in self.tracers:
            try:
                tracer.wait(10)
            except subprocess.TimeoutExpired:
                tracer.terminate()
                tracer.wait(10)

    def _watch(self):
        while not self.stopping.wait(0.005):
            for entry in pathlib.Path("/proc").glob("[0-9]*"):
                pid = int(entry.name)
                if pid in self.traced:
                    continue
                try:
                    if os.readlink(entry / "exe") != GATE:
                        continue
                except OSError:
                    continue
                self.traced.add(pid)
                self.tracers.append(subprocess.Popen(
                    ["strace", "-f", "-qq", "-e", "signal=none", "-s", "0", "-o", str(self.directory / f"trace.{pid}"),
                     "-p", str(pid)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def syscalls(self):
        """Names of all that was called after the gates became the real programs."""
        traces = sorted(self.directory.glob("trace.*"))
        expect(traces, "strace traced nothing")
        names = set()
        for trace in traces:
            names |= names_in(trace)
        return names


def names_in(trace):
    names = set()
    live = False
    executing = False
    for line in trace.read_text(errors="replace").splitlines():
        match = re.match(r"\d+\s+(?:<\.\.\. )?(\w+)(\(| resumed)", line)
        if not match:
            continue
        name = match[1]
        if live:
            names.add(name)
        elif name == "execve" and re.search(r"= 0$", line):
            live = True
        elif name == "execve":
            executing = True
    if not live and executing:
        raise Failure(f"the gate could not execute its program: {trace}")
    return names
