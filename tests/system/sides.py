"""The other side of a service's drop-in: each suggested value must refuse what it is there to refuse.

The service's unit is copied with all its settings and drop-ins, but runs `operate` with offending rows of the
battery: once as the unit is (what fails there proves nothing), once with each suggested directive alone, and once
within the whole drop-in. What a list names must work with the list, what it does not name must not.
"""

import dataclasses
import functools
import os
import pathlib
import pwd
import re
import shlex
import shutil

from battery.lists import items
from battery.refusals import NO_REFUSAL, REFUSALS, Refusal
from battery.row import KEY_KEPT, LOGS, OPERATE, TOP, Row
from battery.rows import ROWS
from battery.surroundings import lay_out
from harness import RUNTIME_UNITS, Failure, directives, expect, has_feature, run

# Of [Service]: what makes the unit that service, and not how it is confined.
NOT_COPIED = re.compile(r"(Exec\w+|Type|PIDFile|BusName|Restart\w*|Watchdog\w+|Timeout\w+|RemainAfterExit|Sockets|"
                        r"Standard\w+|TTY\w+|KillMode|SendSIGKILL|NotifyAccess|FileDescriptorStore\w+) *=")
DIRECTORIES = {"RuntimeDirectory": "/run", "StateDirectory": "/var/lib", "CacheDirectory": "/var/cache",
               "LogsDirectory": "/var/log", "ConfigurationDirectory": "/etc"}
NEVER_READ_ONLY = ("/dev", "/proc", "/sys")  # by ProtectSystem=strict


def key_is_kept(_):
    found = run("ipcs", "-m").out
    expect(f"{KEY_KEPT:#010x}" in found, "the shared memory is gone")


ADAPTED = {"system-v-kept": {"check": key_is_kept}}


@dataclasses.dataclass(frozen=True)
class Probe:
    """A row of which a directive must refuse what it does, or must not."""

    row: Row
    refusal: Refusal
    is_allowed: bool
    user: str = ""  # that the unit's program, which is root, must become for it

    @property
    def name(self):
        return f"{self.row.name}{'-as-' + self.user if self.user else ''}"


# ---- the unit that is copied ----------------------------------------------------------------------------------

class Original:
    """A service's unit as it stands, without sandfit's drop-in."""

    def __init__(self, unit):
        self.unit = unit
        self.user = unit.property("User")
        # An exclamation mark before the command keeps User= from it, but not the sandbox.
        flags = re.search(r"flags=([\w\- ]*)", unit.property("ExecStartEx"))
        self.prefix = "!" if flags and "no-setuid" in flags[1] else ""

    @property
    def is_root(self):
        return self.user in ("", "root") or self.prefix == "!"

    @functools.cached_property
    def settings(self):
        """Of [Service], from the unit's file and all its drop-ins, one a line."""
        lines, section = [], ""
        for line in re.sub(r"\\\n", " ", self.unit.systemctl("cat").ok().out).splitlines():
            if line.startswith("["):
                section = line.strip()
            elif section == "[Service]" and line.strip() and line[0] not in "#;" and not NOT_COPIED.match(line):
                lines.append(self.with_its_name(line))
        return lines

    def with_its_name(self, line):
        stem = self.unit.name.removesuffix(".service")
        prefix, _, instance = stem.partition("@")
        names = {"n": self.unit.name, "N": stem, "p": prefix, "P": prefix, "i": instance, "I": instance, "%": "%%"}
        return re.sub(r"%(.)", lambda found: names.get(found[1], found[0]), line)


class Copy:
    """The unit under another name, with other work to do."""

    def __init__(self, original, kind, drop_in, probes):
        self.original, self.drop_in, self.probes = original, drop_in, probes
        self.name = f"sides-{kind.lower()}.service"
        self.log = LOGS / f"sides-{kind}.log"
        self.directory = pathlib.Path("sides", kind)
        # With directories of its own, so that copies do not meet.
        self.rows = {probe.name: dataclasses.replace(probe.row, name=str(self.directory / probe.name),
                                                     **ADAPTED.get(probe.row.name, {})) for probe in probes}

    def place(self, probe):
        return str(self.rows[probe.name].directory)

    def words(self, probe):
        row = probe.row
        words = [row.operation, self.place(probe), *row.words]
        if probe.user:
            entry = pwd.getpwnam(probe.user)
            words = ["as", self.place(probe), str(entry.pw_uid), str(entry.pw_gid), row.operation, *row.words]
        for word in [probe.name, *words]:
            yield str(word).replace("DIRECTORY", self.place(probe)).replace(str(row.directory), self.place(probe))

    def install(self):
        command = [word for probe in self.probes for word in ("--", *self.words(probe))][1:]
        odd = [word for word in command if not re.fullmatch(r"[\w./@:=-]+", word)]
        expect(not odd, f"these would have to be quoted: {odd}")
        own = ["Type=oneshot", "TimeoutStartSec=60", "KillMode=control-group", f"StandardOutput=append:{self.log}",
               "RuntimeDirectoryPreserve=yes",
               f"ExecStart={self.original.prefix}{OPERATE} --each {' '.join(command)}"]
        (RUNTIME_UNITS / self.name).write_text("\n".join(["[Service]", *self.original.settings, *own, ""]))
        place = RUNTIME_UNITS / f"{self.name}.d"
        place.mkdir(exist_ok=True)
        (place / "50-sandfit.conf").write_text(self.drop_in, errors="surrogateescape")

    def prepare(self):
        for probe in self.probes:
            row = self.rows[probe.name]
            row.directory.mkdir(parents=True, exist_ok=True)
            row.make(row.directory)
            if row.clean:
                row.clean(row)
            owner = probe.user or ("" if self.original.is_root else self.original.user)
            if owner:
                give_all(row.directory, owner)
        self.log.write_text("")

    def verdicts(self):
        """{name: "" or what went wrong}"""
        told = dict(line.split(" ", 1) for line in self.log.read_text(errors="replace").splitlines() if " " in line)
        found = {}
        for probe in self.probes:
            answer = told.get(probe.name, "error: the unit failed")
            found[probe.name] = "" if answer == "ok" else answer
            row = self.rows[probe.name]
            if answer == "ok" and row.check:
                try:
                    row.check(row)
                except (Failure, OSError, StopIteration) as failure:
                    found[probe.name] = f"seen from outside: {failure}"
        return found


def give_all(directory, user):
    """Unless the row gave it to somebody else: then this is what the row is about."""
    paths = [directory, *directory.rglob("*")]
    if all(os.lstat(path).st_uid == 0 for path in paths):
        for path in paths:
            shutil.chown(path, user)


def outcomes(copies):
    """Runs them side by side to their ends. Who fails says so by what it did not do."""
    for copy in copies:
        copy.prepare()
    names = [copy.name for copy in copies]
    run("systemctl", "start", *names, limit=120)
    run("systemctl", "stop", *names, limit=60)
    run("systemctl", "reset-failed")
    return [copy.verdicts() for copy in copies]


# ---- what is to be tried ---------------------------------------------------------------------------------------

class Loaded:
    """The drop-in's values as systemd understood them."""

    def __init__(self, unit_name):
        out = run("systemctl", "show", unit_name).ok().out
        self.properties = {}
        for line in out.splitlines():
            name, _, value = line.partition("=")
            self.properties.setdefault(name, []).append(value)

    def text(self, directive):
        return "\n".join(self.properties.get(directive, []))

    def names(self, directive, name):
        """Does its list let `name` through? One that begins with ~ holds the others."""
        text = self.text(directive)
        words = text.lstrip("~").lower().split()
        return (name.lower() in words) != text.startswith("~")

    def writable(self):
        """What ReadWritePaths= and the directories of the unit leave writable, as far as it is there."""
        paths = [word.lstrip("-+") for word in shlex.split(self.text("ReadWritePaths"))]
        for directive, top in DIRECTORIES.items():
            paths += [f"{top}/{name}" for name in self.text(directive).split()]
        return [path for path in dict.fromkeys(map(os.path.realpath, paths)) if os.path.exists(path)]


def paths_of(loaded):
    """Each writable place, and the directory above it, which is not."""
    writable = loaded.writable()
    beside = ("ReadWritePaths", *DIRECTORIES)

    def is_open(path):
        return any(path == one or path.startswith(f"{one}/") for one in (*writable, *NEVER_READ_ONLY))

    def probe(path, is_allowed):
        operation = "temporary" if os.path.isdir(path) else "open-to-write"
        row = Row(f"{'in' if is_allowed else 'above'}:{path}", operation, (path,))
        return Probe(row, Refusal("ProtectSystem", row.name, "EROFS", beside=beside), is_allowed)

    shut = [os.path.realpath(word.lstrip("-+")) for word in shlex.split(loaded.text("NoExecPaths"))]
    for path in writable:
        yield probe(path, True)
        if os.path.isdir(path) and path in shut:
            row = Row(f"executed-in:{path}", "execute-made", (path,))
            yield Probe(row, Refusal("NoExecPaths", row.name, "status is 0, not 126", beside=beside), False)
    if loaded.text("ProtectSystem") == "strict":
        for path in {os.path.dirname(path) for path in writable}:
            if not is_open(path):
                yield probe(path, False)


def devices_of(loaded):
    for word in loaded.text("DeviceAllow").split():
        if word.startswith("/dev/") and os.path.exists(word):
            row = Row(f"device:{word}", "open-device", (word,))
            yield Probe(row, Refusal("DevicePolicy", row.name, "", beside=("DeviceAllow",)), True)


class Offences:
    """All that can be tried of a drop-in, for a unit of that user."""

    def __init__(self, original, found, loaded):
        self.original, self.found, self.loaded = original, found, loaded

    def probes(self):
        rows = {row.name: row for row in ROWS}
        for row, refusal in [*((rows[refusal.row], refusal) for refusal in REFUSALS), *items()]:
            wanted = self.is_allowed(refusal)
            if refusal.directive in self.found and wanted is not None and self.is_for_many(row, refusal):
                user = self.user_for(row, refusal)
                if user is not None:
                    yield Probe(row, refusal, wanted, user)
        yield from (probe for probe in paths_of(self.loaded) if probe.refusal.directive in self.found)
        if "DevicePolicy" in self.found:
            yield from devices_of(self.loaded)

    def is_allowed(self, refusal):
        """None: nothing follows from the value."""
        if not has_feature(refusal.feature) or not re.search(
                refusal.value, " ".join(self.found.get(refusal.directive, []))):
            return None
        listed = [self.loaded.names(refusal.opened_by or refusal.directive, name) for name in refusal.outside]
        if not any(listed):
            return False
        return True if len(listed) == 1 else None

    @staticmethod
    def is_for_many(row, refusal):
        """One of many in a process: not what takes a unit, a program or a setting of its own, nor what a filter
        without the errno that a service's drop-in gives it would end the process for."""
        if refusal.directive == "SystemCallFilter" and "SystemCallErrorNumber" not in refusal.beside:
            return False
        return not (row.command or row.service or row.poke or row.started_by or row.options or
                    refusal.how.startswith("the unit failed"))

    def user_for(self, row, refusal):
        """None: nobody's."""
        if refusal.directive == "RemoveIPC":  # of the unit's user alone, and never of root
            user = self.original.user
            return None if user in ("", "root") else user if self.original.is_root else ""
        if row.user and self.original.is_root:
            # To become the user takes capabilities, and who has all needs no helper to gain one.
            return None if refusal.directive == "CapabilityBoundingSet" else row.user
        return ""


# ---- the test ---------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Report:
    """What came out for the values of a drop-in."""

    offended: set = dataclasses.field(default_factory=set)
    refused: int = 0
    allowed: int = 0
    unable: dict = dataclasses.field(default_factory=dict)  # {directive: why it could not be offended}
    wrong: list = dataclasses.field(default_factory=list)

    def add(self, probe, before, alone, whole):
        directive = probe.refusal.directive
        if before:
            self.unable.setdefault(directive, f"{probe.name}: {before.rsplit(': ', 1)[-1]}")
        elif probe.is_allowed:
            self.allowed += 1
            if alone:
                self.wrong.append(f"{directive}= names what {probe.name} takes, and refuses it: {alone}")
        elif not alone or not re.search(probe.refusal.how, alone):
            how = "still works" if not alone else f"fails, but not as it should ({probe.refusal.how}): {alone}:"
            self.wrong.append(f"{probe.name} {how} under {directive}= alone")
        elif not whole:
            self.wrong.append(f"{probe.name} still works under the whole drop-in")
        else:
            self.refused += 1
            self.offended.add(directive)

    def __str__(self):
        unable = {name: why for name, why in self.unable.items() if name not in self.offended}
        if not self.offended and not unable:
            return "nothing is suggested"
        text = (f"{len(self.offended)} values refuse what they should ({self.refused} operations; {self.allowed} "
                "that a list names work)")
        reasons = ", ".join(f"{name}= ({why})" for name, why in unable.items())
        return f"{text}; {len(unable)} cannot be offended by this unit{': ' + reasons if reasons else ''}"


class Trial:
    """The copies of a unit for one drop-in. REQUIRES: the unit is stopped, and has no drop-in of sandfit's."""

    def __init__(self, unit, drop_in):
        self.original, self.drop_in, self.found = Original(unit), drop_in, directives(drop_in)
        known = set(NO_REFUSAL) | {refusal.directive for refusal in REFUSALS}
        unknown = sorted(set(self.found) - known)
        expect(not unknown, f"battery/refusals.py does not know what these refuse: {unknown}")
        self.copies = []
        self.clean_up()
        whole = self.copy("whole", drop_in, [])
        run("systemctl", "daemon-reload").ok()
        probes = list(Offences(self.original, self.found, Loaded(whole.name)).probes())
        once = list({probe.name: probe for probe in probes}.values())
        self.base, self.whole = self.copy("base", "", once), self.copy("whole", drop_in, once)
        self.alone = {}
        for name in self.found:
            own = [probe for probe in probes if probe.refusal.directive == name]
            if own:
                self.alone[name] = self.copy(name, self.with_besides(name, own), own)
        run("systemctl", "daemon-reload").ok()

    def copy(self, *what):
        copy = Copy(self.original, *what)
        copy.install()
        self.copies.append(copy)
        return copy

    def with_besides(self, directive, probes):
        names = dict.fromkeys([directive, *(name for probe in probes for name in probe.refusal.beside)])
        lines = [f"{name}={value}" for name in names for value in self.found.get(name, [])]
        return "\n".join(["[Service]", *lines, ""])

    def report(self):
        (before,) = outcomes([self.base])
        *each, whole = outcomes([*self.alone.values(), self.whole])
        report = Report()
        for copy, alone in zip(self.alone.values(), each):
            for probe in copy.probes:
                report.add(probe, before[probe.name], alone[probe.name], whole[probe.name])
        for name in set(self.found) - set(self.alone) - set(NO_REFUSAL):
            report.unable[name] = self.why_nothing(name)
        return report

    def why_nothing(self, name):
        lacking = {refusal.feature for refusal in REFUSALS
                   if refusal.directive == name and not has_feature(refusal.feature)}
        if lacking:
            return f"systemd is built without {', '.join(sorted(lacking))}"
        return f"nothing that {' '.join(self.found[name])} refuses can be done by this unit"

    def clean_up(self):
        for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
            place = line.split()[4]
            if place.startswith(f"{TOP}/sides/"):
                run("umount", "-l", place)
        shutil.rmtree(TOP / "sides", ignore_errors=True)
        if self.copies:
            run("systemctl", "clean", "--what=runtime", self.copies[0].name)
        for copy in self.copies:
            (RUNTIME_UNITS / copy.name).unlink(missing_ok=True)
            shutil.rmtree(RUNTIME_UNITS / f"{copy.name}.d", ignore_errors=True)


def expect_refusals(unit, drop_in):
    lay_out()
    trial = Trial(unit, drop_in)
    try:
        report = trial.report()
    finally:
        trial.clean_up()
    print(f"    {report}")
    expect(not report.wrong, "\n".join(report.wrong))
