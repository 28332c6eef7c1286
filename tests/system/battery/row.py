"""A row of the battery, a unit that does one operation (operate.c) again and again, and what rows are made of.

A row says what the test puts in place before the unit starts (`make`), what the unit does, and what the test does
or looks at while it runs. What a row's unit meets must come from outside: what it prepared itself would be observed.
"""

import dataclasses
import os
import pathlib
import socket
import typing

from harness import RUNTIME_UNITS, WORK, expect, run

TOP = pathlib.Path("/srv/battery")
LOGS = WORK / "battery"
HELPERS = pathlib.Path("/usr/local/lib/sandfit-test")
OPERATE = HELPERS / "operate"
TURNS = 100  # of operate: as many files are there to be removed or moved
PEERS = TOP / "peers"
HOME = "/home/battery"  # of the user battery
TCP_PORT, UDP_PORT, SERVED_PORT = 7001, 7002, 7003
CAP_SYS_RESOURCE = 24
GROUP, GROUP_ID = "adm", 4  # in every Debian
UNKNOWN_USER = 4321
ELSEWHERE = "10.11.12.13"  # an address that is not the loopback's
KEY_MET, KEY_KEPT = 4711, 4712  # of System V shared memory
GIVEN_TEMPORARY = pathlib.Path("/tmp/battery-given")
DEEP = "/".join(f"level-{number}" for number in range(45))
ODD_NAMES = [b"line\nbreak", b"quote \" '", b"percent %n %% %", b"dollar $HOME ${HOME}", b"back \\ slash\\",
             b"no UTF-8 \xff\xfe", b" blanks around ", b"semi ; colon # hash", b"-minus"]


@dataclasses.dataclass(frozen=True)
class Row:
    """One unit of the battery."""

    name: str
    operation: str = ""
    words: tuple = ()
    service: str = ""  # further lines of [Service]; another Type= or ExecStart= goes before the row's own
    make: typing.Callable = lambda directory: None  # fills the unit's empty directory
    user: str = ""
    command: str = ""  # instead of operate
    options: str = ""  # of operate
    poke: typing.Callable = None  # called again and again while the unit runs, until it did enough
    check: typing.Callable = None  # looks from outside, after the unit did enough
    clean: typing.Callable = None  # before each start, for what is outside of the directory
    started_by: str = ""  # the unit that starts it: its text is in `starter`
    starter: str = ""
    instance: str = ""  # of a template
    turns: int = 3  # lines "ok" that are enough
    ends: bool = False  # Type=oneshot
    again: bool = False  # is restarted once more, with what it left
    below: str = ""  # works in this directory below its own
    no_filter: str = ""  # why a SystemCallFilter= is not to be expected
    losses: tuple = ()  # what is known to be beyond the watch
    told: str = ""  # it may break: no fact shows what it needs, and the drop-in says so in these words
    needs: int = -1  # a capability that a lab within a container may lack

    @property
    def unit(self):
        return f"battery-{self.name}{'@' + self.instance if self.instance else ''}.service"

    @property
    def unit_file(self):
        return RUNTIME_UNITS / f"battery-{self.name}{'@' if self.instance else ''}.service"

    @property
    def directory(self):
        return TOP / self.name

    @property
    def log(self):
        return LOGS / f"{self.name}.log"

    def text(self):
        place = self.directory / self.below if self.below else self.directory
        command = self.command or " ".join(
            [str(OPERATE), *self.options.split(), self.operation, str(place), *map(str, self.words)])
        lines = [f"User={self.user}"] if self.user else []
        lines += [f"ExecStart={command}".replace("DIRECTORY", str(self.directory)),
                  f"StandardOutput=append:{self.log}", "TimeoutStartSec=150", "TimeoutStopSec=45", self.service.replace(
                      "DIRECTORY", str(self.directory)).rstrip()]
        if "Type=" not in self.service:
            lines.append("Type=oneshot\nRemainAfterExit=yes" if self.ends else "Type=exec")
        return (f"[Unit]\nDescription=sandfit battery: {self.name}\nStartLimitIntervalSec=0\n"
                "[Service]\n" + "\n".join(lines) + "\n")


# ---- what is put in place ---------------------------------------------------------------------------------

def given(directory):
    (directory / "given").write_text("given\n")


def given_and_other(directory):
    given(directory)
    (directory / "other").write_text("other\n")


def given_of_battery(directory):
    given(directory)
    os.chmod(directory / "given", 0o600)
    own("battery")(directory)


def files(name):
    def make(directory):
        for turn in range(TURNS):
            path = directory / f"{name}-{turn}"
            path.parent.mkdir(exist_ok=True)
            path.write_text("file\n")
    return make


def directories(*names):
    def make(directory):
        for name in names:
            (directory / name).mkdir(parents=True)
    return make


def numbered_directories(name):
    return directories(*(f"{name}-{turn}" for turn in range(TURNS)))


def both(*makes):
    def make(directory):
        for one in makes:
            one(directory)
    return make


def own(user):
    def make(directory):
        run("chown", "-R", f"{user}:", directory).ok()
    return make


def attributes(directory):
    files("file")(directory)
    for path in directory.iterdir():
        os.setxattr(path, b"user.given", b"x")


def sticky(directory):
    """As /tmp is: only the owner removes what is in it."""
    files("file")(directory)
    run("chown", "-R", "battery:", directory).ok()
    os.chmod(directory, 0o1777)


def closed_to_others(directory):
    (directory / "closed").mkdir()
    (directory / "closed/given").write_text("given\n")
    own("battery")(directory)
    os.chmod(directory / "closed", 0o700)


def given_to_group(directory):
    given(directory)
    run("chown", f"root:{GROUP_ID}", directory / "given").ok()
    os.chmod(directory / "given", 0o640)


def given_to_nobody_known(directory):
    given(directory)
    os.chown(directory / "given", UNKNOWN_USER, 0)


def fifo(directory):
    os.mkfifo(directory / "fifo")


def odd(directory):
    for name in ODD_NAMES:
        os.makedirs(os.path.join(os.fsencode(directory), name))


def root(directory):
    (directory / "root").mkdir()
    (directory / "root/marker").write_text("")


def whole_root(directory):
    """For RootDirectory=: the program is static, so it needs nothing else."""
    directories("tree/dev", "tree/proc", "tree/sys", "tree/run", "tree/tmp", "tree/etc", "tree/state")(directory)
    run("cp", "-p", OPERATE, directory / "tree/operate").ok()


def program_in(directory):
    run("cp", "-p", OPERATE, directory / "program").ok()


def script_in(directory):
    (directory / "script").write_text("#!/bin/sh\nexit 0\n")
    os.chmod(directory / "script", 0o755)


def fresh_directory(path, user="root"):
    def clean(_):
        run("rm", "-rf", path).ok()
        run("install", "-d", "-o", user, path).ok()
    return clean


def no_directory(path):
    def clean(_):
        run("rm", "-rf", path).ok()
    return clean


def no_key(_):
    run("ipcrm", "-M", KEY_KEPT)


# ---- what the test does and sees from outside ---------------------------------------------------------------

def says_hello(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as peer:
        peer.settimeout(2)
        try:
            peer.connect(address)
            peer.settimeout(30)  # all units start at once; and who gives up breaks the answer of the one that serves
            return peer.recv(5) == b"hello"
        except OSError:
            return False


def client(family, address):
    def poke(row, _):
        says_hello(family, str(address(row)) if callable(address) else address)
    return poke


def systemctl(verb, most):
    """Does it `most` times, once the unit runs."""
    def poke(row, pokes):
        if pokes < most:
            run("systemctl", verb, row.unit)
    return poke


def readable_by_others(row):
    made = next(row.directory.glob("created-*"))
    seen = run("runuser", "-u", "nobody", "--", "cat", made)
    expect(seen.status == 0 and seen.out == "new\n", f"others cannot read what it made: {seen}")


def is_mounted(row):
    expect(os.path.ismount(row.directory / "mount"), "its mount is not there for others")


def holds(path, text):
    def check(_):
        found = pathlib.Path(path).read_text(errors="replace").strip()
        expect(found == text, f"{path} holds {found!r}, not {text!r}")
    return check


def restored(path, text):
    def clean(_):
        pathlib.Path(path).write_text(text)
    return clean
