"""One small unit of each kind that systemd knows: a start of it is observed, in the way in which it starts, and it
does the same under what is suggested from that. What it never did while it was observed is then refused.

Real services of these kinds go through service_tests.py: nginx forks, haproxy reloads and changes its root, certbot
has a timer, rsyslog a socket, postgresql is an instance, containerd's cgroup is delegated.
"""

import dataclasses
import functools
import os
import pathlib
import shutil
import typing

from harness import (HERE, RUNTIME_UNITS, WORK, Failure, Profile, Unit, expect, observe, run, sandfit, suggest)

TOP = pathlib.Path("/srv/kinds")
OUTSIDE = "var/lib/kinds-outside"  # everybody may write there, so that only a sandbox refuses it
DAEMON = f"/usr/bin/python3 -B {HERE}/kinds/daemon.py"
ONCE = f"/bin/sh {HERE}/kinds/once.sh"
TIGHTNESSES = ("balanced", "strict")
PATIENCE = "for turn in $(seq 200); do {condition} && exit 0; sleep 0.1; done; exit 1"


def ask(word, path):
    return f"echo {word} | socat -t 5 - UNIX-CONNECT:{path},retry=100,interval=0.1"


def works(path):
    return f'test "$({ask("work", path)})" = ok'


def until(condition):
    return PATIENCE.format(condition=condition)


@dataclasses.dataclass(frozen=True)
class Kind:
    """DIRECTORY is the unit's own, UNIT its name, SOCKET where a daemon listens."""

    name: str
    service: str  # lines of [Service]
    exercise: str  # shell text: does what the unit is there for, from a stopped unit on or from a running one
    offend: str  # shell text: makes it do what it never did, prints "worked" or "refused"
    unit: str = ""
    asked_as: str = ""  # the name that sandfit is given
    others: dict = dataclasses.field(default_factory=dict)  # further unit files, and links to them
    starts_itself: bool = False  # the exercise starts it, and not --restart
    directories: tuple = ()  # in DIRECTORY
    make: typing.Callable = lambda directory: None
    seen_in: str = "DIRECTORY"  # where the profile must have its files
    phases: frozenset = frozenset({"start"})
    outside: str = "/"  # the root below which its offence lies

    @property
    def full_unit(self):
        return self.unit or f"kinds-{self.name}.service"

    @property
    def directory(self):
        return TOP / self.name

    def fill(self, text):
        return (text.replace("DIRECTORY", str(self.directory)).replace("UNIT", self.full_unit.replace("\\", "\\\\"))
                .replace("SOCKET", f"/run/kinds-{self.name}"))


def daemon(name, service="", options="--listen SOCKET", directory="DIRECTORY", socket="SOCKET", offence="write",
           **more):
    more.setdefault("exercise", works(socket))
    return Kind(name, f"ExecStart={DAEMON} {options} {directory}\n{service}", offend=ask(offence, socket), **more)


def once(name, service, exercise, **more):
    more.setdefault("offend", f"touch DIRECTORY/offend; ({exercise}) >/dev/null; cat DIRECTORY/offence")
    return Kind(name, service, exercise, **more)


# ---- what is put in place ---------------------------------------------------------------------------------------

def tree(directory):
    """A root for a program that is alone in it."""
    for name in ("bin", "dev", "proc", "sys", "run", "tmp", "etc", "var", "srv"):
        (directory / name).mkdir(exist_ok=True)
    shutil.copy("/bin/busybox", directory / "bin/busybox")
    shutil.copy(HERE / "kinds/once.sh", directory / "once.sh")
    for name in ("sh", "mv", "ln", "rm", "chroot", "true"):
        (directory / "bin" / name).symlink_to("busybox")


def given_to(user):
    def make(directory):
        shutil.chown(directory, user)
    return make


RESTARTED = "systemctl restart UNIT && test -e DIRECTORY/state"

KINDS = [
    once("oneshot", "Type=oneshot\n" + "".join(
        f"{line}={ONCE} DIRECTORY/{line}\n" for line in ("ExecStartPre", "ExecStartPost", "ExecStopPost")) +
        f"ExecStart={ONCE} DIRECTORY\nExecStart={ONCE} DIRECTORY/second\n",
        f"{RESTARTED} && cd DIRECTORY && test -e second/state && " +
        until("test -e ExecStopPost/state"), directories=("ExecStartPre", "ExecStartPost", "ExecStopPost", "second"),
        phases=frozenset({"start", "stop"})),
    once("instance", f"Type=oneshot\nRemainAfterExit=yes\nExecStart={ONCE} {TOP}/%I\n",
         "systemctl restart UNIT && test -e DIRECTORY/a-b/state", unit=r"kinds-of@instance-a\x2db.service",
         others={"kinds-of@.service": None}, directories=("a-b",), seen_in="DIRECTORY/a-b",
         offend="touch DIRECTORY/a-b/offend; systemctl restart UNIT; cat DIRECTORY/a-b/offence"),
    once("alias", f"Type=oneshot\nRemainAfterExit=yes\nExecStart={ONCE} DIRECTORY\n",
         "systemctl restart kinds-other-name && test -e DIRECTORY/state", asked_as="kinds-other-name",
         others={"kinds-other-name.service": "UNIT"}),
    once("timer", f"Type=oneshot\nExecStart={ONCE} DIRECTORY\n",
         "rm -f DIRECTORY/state; systemctl restart kinds-timer.timer; " + until(
             'test -e DIRECTORY/state && test "$(systemctl show -P ActiveState UNIT)" = inactive'),
         starts_itself=True,
         others={"kinds-timer.timer": "[Timer]\nOnActiveSec=1ms\nAccuracySec=1ms\n"}),
    daemon("socket", options="", starts_itself=True,
           exercise=f"systemctl start kinds-socket.socket && {works('SOCKET')}",
           others={"kinds-socket.socket": "[Socket]\nListenStream=SOCKET\n"}),
    # As it stands when somebody observes it: the socket is there, the service was not asked for yet.
    daemon("socket-restarted", options="",
           others={"kinds-socket-restarted.socket": "[Socket]\nListenStream=SOCKET\n"}),
    daemon("forking", "Type=forking\nPIDFile=/run/kinds-forking.pid\n",
           "--listen SOCKET --fork /run/kinds-forking.pid"),
    daemon("notify", "Type=notify\nExecReload=/bin/kill -HUP $MAINPID\n", "--listen SOCKET --notify",
           exercise=f"{works('SOCKET')} && rm -f DIRECTORY/reloaded && systemctl reload UNIT && " +
           until("test -e DIRECTORY/reloaded"), phases=frozenset({"start", "reload"})),
    daemon("user-drop", options="--listen SOCKET --user daemon", make=given_to("daemon")),
    daemon("user", "User=daemon\nRuntimeDirectory=kinds-user\n", "--listen SOCKET/socket", socket="SOCKET/socket",
           make=given_to("daemon")),
    daemon("chroot", options="--listen SOCKET --chroot DIRECTORY --user daemon", directory="/state",
           directories=("state",), make=lambda directory: shutil.chown(directory / "state", "daemon"),
           seen_in="DIRECTORY/state", outside="DIRECTORY"),
    once("root-directory", "Type=oneshot\nRemainAfterExit=yes\nRootDirectory=DIRECTORY\nMountAPIVFS=yes\n"
         "ExecStart=/bin/sh /once.sh /srv 'chroot / true'\n", "systemctl restart UNIT && test -e DIRECTORY/srv/state",
         make=tree, seen_in="/srv", outside="DIRECTORY",
         offend="touch DIRECTORY/srv/offend; systemctl restart UNIT; cat DIRECTORY/srv/offence"),
    daemon("dynamic-user",
           "DynamicUser=yes\nRuntimeDirectory=kinds-dynamic-user\nStateDirectory=kinds-dynamic-user\n",
           "--listen SOCKET/socket", directory="/var/lib/kinds-dynamic-user", socket="SOCKET/socket", offence="socket",
           seen_in="/var/lib/private/kinds-dynamic-user"),
    daemon("delegate", "Delegate=yes\n", "--listen SOCKET --group-below"),
]


# ---- the tests --------------------------------------------------------------------------------------------------

class KindTests:
    def __init__(self, kind):
        self.kind, self.unit = kind, Unit(kind.full_unit)
        self.path = WORK / f"kind-{kind.name}.json"
        self.was_observed = False

    def tests(self):
        yield "its start is observed", self.is_observed
        for tightness in TIGHTNESSES:
            yield f"it works under the {tightness} drop-in, which holds it", functools.partial(self.fits, tightness)

    def shell(self, text):
        return run("sh", "-c", self.kind.fill(text))

    def lay_out(self, drop_in=None):
        kind = self.kind
        self.stop()
        shutil.rmtree(kind.directory, ignore_errors=True)
        kind.directory.mkdir(parents=True)
        for name in kind.directories:
            (kind.directory / name).mkdir()
        kind.make(kind.directory)
        outside = pathlib.Path(kind.fill(kind.outside)) / OUTSIDE
        outside.mkdir(parents=True, exist_ok=True)
        os.chmod(outside, 0o777)
        (outside / "written").unlink(missing_ok=True)
        service = "[Service]\n" + kind.fill(kind.service)
        for name, text in {kind.full_unit: None, **kind.others}.items():
            path = RUNTIME_UNITS / name
            path.unlink(missing_ok=True)
            if text == "UNIT":
                path.symlink_to(kind.full_unit)
            elif "@" in kind.full_unit and name == kind.full_unit:
                pass  # the template is among the others
            else:
                path.write_text(service if text is None else kind.fill(text))
        self.unit.drop_in(drop_in)

    def stop(self):
        """With what would start it again."""
        starters = [name for name in self.kind.others if name.endswith((".socket", ".timer"))]
        if starters:
            run("systemctl", "stop", *starters)
        self.unit.stop()
        self.unit.systemctl("reset-failed")

    def start(self):
        """As the exercise expects it."""
        sockets = [name for name in self.kind.others if name.endswith(".socket")]
        if sockets:
            run("systemctl", "start", *sockets).ok()
        elif not self.kind.starts_itself:
            self.unit.restart()

    def expect_works(self):
        done = self.shell(self.kind.exercise)
        expect(done.status == 0, f"{done}\n{self.unit.why()}")

    def offence(self):
        return self.shell(self.kind.offend).out.strip()

    def is_observed(self):
        kind = self.kind
        self.was_observed = True
        self.lay_out()
        self.start()
        self.expect_works()
        said = self.offence()
        expect(said == "worked", f"without a sandbox the offence ends as {said!r}: its refusal would show nothing")
        self.lay_out()
        if not kind.starts_itself:
            self.start()
        profile = observe(Unit(kind.asked_as or kind.full_unit), self.path, workload=kind.fill(kind.exercise),
                          restart=not kind.starts_itself)
        self.stop()
        # A profile's text is escaped, see docs/PROFILE_FORMAT.md.
        unit = profile.json["unit"].replace("\\\\", "\\")
        expect(unit == kind.full_unit, f"the profile is of {unit}")
        expect(not profile.losses(), f"lost: {profile.losses()}")
        expect(kind.phases <= profile.phases(), f"only seen: {profile.phases()}")
        seen_in = kind.fill(kind.seen_in)
        made = profile.facts("files", op="make_symlink", directory=seen_in)
        expect(made, f"no link in {seen_in}: {profile.facts('files', op='make_symlink')}")

    def profile(self):
        """Made here when only a later test was asked for."""
        if not self.was_observed:
            self.is_observed()
        return Profile(self.path)

    def fits(self, tightness):
        drop_in = suggest(self.profile().path, tightness)
        self.lay_out(drop_in)
        self.start()
        self.expect_works()
        said = self.offence()
        values = "\n".join(line for line in drop_in.splitlines() if line and line[0] != "#")
        expect(said == "refused", f"what it never did ends as {said!r} under\n{values}")
        result = self.unit.property("Result")
        expect(result == "success", f"it ends as {result}: {self.unit.why()}")


def template_itself():
    """No instance is named: nobody knows what to watch."""
    (RUNTIME_UNITS / "kinds-of@.service").write_text("[Service]\nExecStart=/bin/true\n")
    done = sandfit("observe", "kinds-of@.service", "--restart", "-o", WORK / "template.json")
    expect(done.status == 2 and "kinds-of@INSTANCE.service" in done.err, f"does not ask for an instance: {done}")


def clean_up():
    for path in RUNTIME_UNITS.glob("kinds-*"):
        run("systemctl", "stop", path.name.removesuffix(".d"))
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    run("systemctl", "daemon-reload").ok()
    run("systemctl", "reset-failed", "kinds-*")
    shutil.rmtree(TOP, ignore_errors=True)
    left = run("systemctl", "list-units", "--all", "--plain", "--no-legend", "kinds-*").out
    expect(not left.strip(), f"still there: {left}")


def tests():
    for kind in KINDS:
        for title, test in KindTests(kind).tests():
            yield f"kind {kind.name}: {title}", test
    yield "kind template: observe asks for an instance", template_itself
    yield "kinds: their units stop and go", clean_up
