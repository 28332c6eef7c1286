"""What the system tests are made of: a test's verdict, units, services, profiles, sandfit itself.

Runs inside the lab (tools/lab), as root. A test is a function that returns, or raises Failure or Skip.
"""

import functools
import json
import os
import pathlib
import re
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
SANDFIT = os.environ.get("SANDFIT", "/opt/sandfit-build/sandfit")
WORK = pathlib.Path("/run/sandfit-test")  # profiles, drop-ins, traces; also the workloads' scratch
RUNTIME_UNITS = pathlib.Path("/run/systemd/system")
DROP_IN_NAME = "50-sandfit.conf"


class Failure(Exception):
    """The product is wrong. The text is for people."""


class Skip(Exception):
    """The test cannot run here. The text says what is missing."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


class Outcome:
    """A finished command."""

    def __init__(self, command, status, out, err):
        self.command, self.status, self.out, self.err = command, status, out, err

    def __str__(self):
        text = (self.out[-1500:] + self.err[-1500:]).strip()
        return f"{' '.join(map(str, self.command))} ended with {self.status}:\n{text}"

    def ok(self):
        expect(self.status == 0, str(self))
        return self


def run(*command, limit=60, **options):
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, text=True,
                              errors="surrogateescape", **options)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{' '.join(command)} did not end within {limit} s: {late.stdout!r} {late.stderr!r}") from None
    return Outcome(command, done.returncode, done.stdout, done.stderr)


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < deadline, f"waited {seconds} s for: {what}")
        time.sleep(0.05)


def sandfit(*arguments, limit=300):
    return run(SANDFIT, *arguments, limit=limit)


@functools.cache
def has_feature(name):
    """Of systemd's build."""
    return not name or f"+{name}" in run("systemctl", "--version").ok().out


class Unit:
    """A unit of the lab."""

    def __init__(self, name):
        self.name = name

    def systemctl(self, verb, *options, limit=60):
        return run("systemctl", verb, *options, self.name, limit=limit)

    def property(self, name):
        return self.systemctl("show", "-P", name).out.strip()

    def is_active(self):
        return self.systemctl("is-active").status == 0

    def restart(self):
        self.systemctl("reset-failed")
        done = self.systemctl("restart", limit=120)
        expect(done.status == 0, f"{self.name} does not start: {self.why()}")

    def stop(self):
        self.systemctl("stop", limit=120)

    def stop_well(self):
        self.stop()
        expect(self.property("Result") == "success", f"{self.name} does not stop well: {self.why()}")

    def why(self):
        log = run("journalctl", "-q", "-u", self.name, "-n", "15", "--no-pager", "-o", "cat").out.strip()
        return f"{self.property('Result')}, status {self.property('ExecMainStatus')}\n{log}"

    def drop_in(self, text, name=DROP_IN_NAME):
        """Installs a drop-in until the next boot, or removes it (None)."""
        path = RUNTIME_UNITS / f"{self.name}.d" / name
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, errors="surrogateescape")
        run("systemctl", "daemon-reload").ok()

    def complaints(self):
        """What systemd-analyze verify says, line by line."""
        done = run("systemd-analyze", "verify", self.name)
        return set((done.out + done.err).splitlines())

    def exposure(self):
        out = run("systemd-analyze", "security", "--no-pager", self.name).ok().out
        return float(re.search(r"Overall exposure level for .*: ([0-9.]+)", out)[1])

    def expect_accepted(self, drop_in):
        """The drop-in must add no complaint of systemd's. Leaves it installed."""
        self.drop_in(None)
        before = self.complaints()
        self.drop_in(drop_in)
        new = self.complaints() - before
        expect(not new, "systemd-analyze verify says:\n" + "\n".join(sorted(new)))


class Service(Unit):
    """A unit that services/NAME.sh sets up and exercises."""

    def __init__(self, short_name):
        self.short_name = short_name
        super().__init__(self.step("unit").ok().out.strip())

    def step(self, action, limit=240, step_limit=30):
        return run(HERE / "service", self.short_name, action, limit=limit,
                   env={**os.environ, "STEP_LIMIT": str(step_limit)})

    def start_clean(self):
        self.stop()
        self.step("reset").ok()
        self.restart()
        self.step("ready").ok()

    def workload_command(self, action="workload"):
        """A shell command; action: half, the first half; round, all of it after a clean start of the unit."""
        return f"{HERE}/service {self.short_name} {action}"

    def why_not(self, step_limit=30):
        """A whole round from a clean start to the stop: None if all went well."""
        try:
            self.start_clean()
            done = self.step("workload", step_limit=step_limit)
            expect(done.status == 0, f"{done}\n{self.why()}" if not self.is_active() else str(done))
            self.stop_well()
        except Failure as failure:
            self.systemctl("kill", "-s", "KILL")
            self.stop()
            return str(failure)
        return None

    def expect_passes(self):
        why = self.why_not()
        expect(why is None, why)


class Profile:
    """A profile file, read without sandfit."""

    def __init__(self, path):
        self.path = path
        try:
            self.json = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise Failure(f"{path} is no JSON file: {error}") from None

    def facts(self, kind, **members):
        return [fact for fact in self.json["facts"].get(kind, [])
                if all(fact.get(name) == value for name, value in members.items())]

    def phases(self):
        return set(self.json["coverage"]["phases"])

    def losses(self):
        return self.json["coverage"]["losses"]


def observe(unit, path, *options, workload="true", limit=300, restart=True):
    """Observes a restart of the unit with a workload, or a workload that starts it; the profile must be complete."""
    path.unlink(missing_ok=True)
    how = ["--restart"] if restart else []
    sandfit("observe", unit.name, *how, "--run", workload, "-o", path, *options, limit=limit).ok()
    profile = Profile(path)
    last = profile.json["runs"][-1]
    expect(last.get("workload_status", 0) == 0, f"the workload failed while it was observed: {last}")
    return profile


def suggest(path, tightness):
    return sandfit("suggest", path, "--tightness", tightness).ok().out


def directives(drop_in):
    """{directive: [value, ...]} of a drop-in's text, as written."""
    found = {}
    for line in drop_in.splitlines():
        if line and line[0] not in "#;[" and "=" in line:
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found
