"""What watches a service while it is measured. attach() returns when it does, detach() when it is gone."""

import pathlib
import signal
import subprocess
import time

from machine import Cgroup, Failure, read_line, start, wait_for

# As shh runs it (src/strace/run.rs), but for the daemon mode, and attached to what runs. What comes out goes
# nowhere: the peer's own parser is not counted.
STRACE = ["strace", "--relative-timestamps", "--follow-forks", "--successful-only", "--strings-in-hex=all",
          "-e", "abbrev=none", "-e", "decode-fds=path", "-o", "/dev/null"]


class Probe:
    name = ""

    def __init__(self, directory, programs):
        self.directory = directory
        self.programs = programs
        self.cgroup = None
        self.process = None

    def attach(self, service):
        pass

    def detach(self):
        pass

    def cpu_us(self):
        return self.cgroup.cpu_us() if self.cgroup else 0

    def spawn(self, command, **options):
        if not self.cgroup:
            self.cgroup = Cgroup(self.name)
        self.process = start([str(word) for word in command], cgroup=self.cgroup, **options)

    def end(self, number):
        if not self.process:
            return ""
        if number:
            self.process.send_signal(number)
        try:
            out, _ = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end") from None
        self.process = None
        return (out or b"").decode()

    def close(self):
        if self.cgroup:
            self.cgroup.remove()
            self.cgroup = None


class Nothing(Probe):
    name = "nothing"


class Again(Probe):
    """Nothing once more: how far two measurements of the same thing are apart is the noise of the others."""

    name = "again"


class Empty(Probe):
    name = "empty"

    def attach(self, service):
        self.spawn([self.programs / "bench_empty_exit"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None)
        read_line(self.process)

    def detach(self):
        self.end(None)  # closes its standard input


class Sandfit(Probe):
    name = "sandfit"
    lost = 0

    def attach(self, service):
        self.spawn([self.programs / "bench_observe", service.cgroup.directory, self.directory / "profile.json"],
                   stdout=subprocess.PIPE, stderr=None)
        read_line(self.process)

    def detach(self):
        told = self.end(signal.SIGTERM)
        try:
            facts, _, lost, _ = told.split()
        except ValueError:
            raise Failure(f"bench_observe said {told!r}") from None
        if int(facts) == 0:
            raise Failure("sandfit saw nothing: what was measured is not what it costs")
        self.lost += int(lost)


class Strace(Probe):
    name = "strace"

    def attach(self, service):
        pids = service.cgroup.pids()
        self.spawn(STRACE + [f"--attach={pid}" for pid in pids])
        wait_for(lambda: all(is_traced(pid) for pid in pids), "strace's attaching", 20)

    def detach(self):
        self.end(signal.SIGINT)
        time.sleep(0.1)


def is_traced(pid):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True  # a short-lived child, gone meanwhile
    return "TracerPid:\t0\n" not in status
