"""What the benchmark asks of the machine: cgroups of its own, processes in them, and their CPU time.

CPU time is taken from cpu.stat of cgroup2, which is there without any controller. It is exact to the nanosecond
for what sleeps, and to a tick (1 to 10 ms) for what runs at that moment.
"""

import errno
import json
import os
import pathlib
import pwd
import select
import signal
import socket
import subprocess
import time

READY_SECONDS = 60


class Failure(Exception):
    """The benchmark cannot go on; the text says why."""


def cgroup2_mount():
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        if rest.split()[0] == "cgroup2":
            return pathlib.Path(fields.split()[4])
    raise Failure("cgroup2 is not mounted")


class Cgroup:
    """A group below the root of the hierarchy. remove() ends what is still in it."""

    def __init__(self, name):
        self.directory = cgroup2_mount() / f"sandfit-bench-{os.getpid()}-{name}"
        self.directory.mkdir()

    def pids(self):
        return [int(line) for line in (self.directory / "cgroup.procs").read_text().split()]

    def cpu_us(self):
        for line in (self.directory / "cpu.stat").read_text().splitlines():
            name, value = line.split()
            if name == "usage_usec":
                return int(value)
        raise Failure(f"{self.directory}/cpu.stat has no usage_usec")

    def enter(self):
        (self.directory / "cgroup.procs").write_text("0")

    def remove(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            give_up = time.monotonic() + 10
            while (left := self.pids()) and time.monotonic() < give_up:
                for pid in left:
                    try:
                        os.kill(pid, number)
                    except ProcessLookupError:
                        pass
                time.sleep(0.05)
        wait_for(self.is_gone, f"the end of what runs in {self.directory}")

    def is_gone(self):
        try:
            self.directory.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return False  # a task that has just ended holds its group a little longer
        return True


def service_cpus():
    """The service has a CPU of its own where there are two: a load generator beside it would only add noise."""
    cpus = sorted(os.sched_getaffinity(0))
    return {cpus[-1]}


def client_cpus():
    cpus = sorted(os.sched_getaffinity(0))
    return set(cpus[:-1] or cpus)


def start(command, cgroup=None, cpus=None, user=None, **options):
    """Starts a program in a group, on some CPUs, as a user. Its standard input is empty unless given."""
    account = pwd.getpwnam(user) if user else None

    def prepare():
        if cgroup:
            cgroup.enter()
        if cpus:
            os.sched_setaffinity(0, cpus)
        if account:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)

    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.DEVNULL)
    return subprocess.Popen(command, preexec_fn=prepare, **options)


def output_of(command, interrupt_after=None, **options):
    """Runs a program to its end, or sends it SIGINT after some seconds, and gives its standard output."""
    child = start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    try:
        if interrupt_after:
            time.sleep(interrupt_after)
            child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise Failure(f"{command[0]} did not end in two minutes") from None
    if child.returncode != 0:
        raise Failure(f"{command[0]} ended with {child.returncode}: {err.decode(errors='replace').strip()[-500:]}")
    return out.decode(errors="replace")


def read_line(child, seconds=READY_SECONDS):
    """One line of an unbuffered pipe from a program of ours."""
    line = b""
    until = time.monotonic() + seconds
    while not line.endswith(b"\n"):
        if not select.select([child.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
            raise Failure(f"{child.args[0]} did not answer in {seconds} seconds")
        byte = os.read(child.stdout.fileno(), 1)
        if not byte:
            raise Failure(f"{child.args[0]} ended unexpectedly, with {child.wait(10)}")
        line += byte
    return line.decode().strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=READY_SECONDS):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise Failure(f"{what} did not happen in {seconds} seconds")
        time.sleep(0.02)


def stolen_ticks():
    """CPU time that the hypervisor gave to others, and all CPU time, in ticks since boot."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return fields[7], sum(fields)


def foreign_programs():
    """How many tracing programs of others are loaded: their cost would be in every figure of ours."""
    try:
        loaded = json.loads(output_of(["bpftool", "-j", "prog", "show"]))
    except (Failure, OSError, ValueError):
        return 0
    tracing = {"tracing", "raw_tracepoint", "tracepoint", "kprobe", "lsm"}
    return sum(1 for program in loaded if program.get("type") in tracing)
