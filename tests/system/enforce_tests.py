"""apply and rollback on a real systemd, with a fault at each step: the unit ends as it was."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

from harness import RUNTIME_UNITS, SANDFIT, WORK, Unit, expect, run, sandfit, wait_until

NAME = "sandfit-enforced.service"
DROP_IN = RUNTIME_UNITS / f"{NAME}.d" / "50-sandfit.conf"
PERSISTENT = pathlib.Path("/etc/systemd/system") / f"{NAME}.d" / "50-sandfit.conf"
RECORDS = pathlib.Path("/var/lib/sandfit/changes")
STEPS = ["write", "reload", "restart", "watch"]

GOOD = "[Service]\nNoNewPrivileges=yes\n"
# The program looks for this variable's effect in itself: see PROGRAM.
NEVER_READY = "[Service]\nNoNewPrivileges=yes\nEnvironment=MOOD=silent\nTimeoutStartSec=3\n"
DIES_LATER = "[Service]\nNoNewPrivileges=yes\nEnvironment=MOOD=weary\n"
NO_START = "[Service]\nReadWritePaths=/nonexistent/place\n"

PROGRAM = """#!/bin/sh
[ "$MOOD" = silent ] || systemd-notify --ready
if [ "$MOOD" = weary ]; then sleep 2; exit 3; fi
exec sleep infinity
"""


class Enforced(Unit):
    def __init__(self):
        super().__init__(NAME)

    def set_up(self):
        program = pathlib.Path("/usr/local/lib/sandfit-test/enforced")
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(PROGRAM)
        program.chmod(0o755)
        (RUNTIME_UNITS / NAME).write_text(
            f"[Service]\nType=notify\nNotifyAccess=all\nExecStart={program}\nTimeoutStopSec=5\n")
        run("systemctl", "daemon-reload").ok()
        self.restart()

    def invocation(self):
        return self.property("InvocationID")

    def is_hardened(self):
        return self.property("NoNewPrivileges") == "yes"

    def expect_as_before(self):
        expect(self.is_active(), f"it is not active: {self.why()}")
        expect(not self.is_hardened(), "it still has the setting of the drop-in")
        status = pathlib.Path(f"/proc/{self.property('MainPID')}/status").read_text()
        expect("NoNewPrivs:\t0" in status, "its process still runs under the drop-in")
        expect(self.property("NeedDaemonReload") == "no", "systemd has not read what stands on disk")
        expect_nothing_left()


def expect_nothing_left():
    left = [path for path in (DROP_IN.parent, PERSISTENT.parent, RECORDS / NAME) if path.exists()]
    expect(not left, f"left behind: {[str(path) for path in left]}, {[os.listdir(path) for path in left]}")


def file_with(text):
    path = WORK / "enforced.conf"
    path.write_text(text)
    return path


def apply(text, *options, limit=60):
    return sandfit("apply", NAME, "--from", file_with(text), *options, limit=limit)


def expect_status(outcome, status):
    expect(outcome.status == status, f"status {status} expected: {outcome}")
    return outcome


def expect_clean_no_op(unit):
    before = unit.invocation()
    again = sandfit("rollback", NAME).ok()
    expect("nothing to roll back" in again.err, again)
    expect(unit.invocation() == before, "the second rollback restarted the unit")


def wait_for_watch():
    """Until the unit is started and is being watched."""
    record = RECORDS / NAME / "record.json"
    wait_until(lambda: record.exists() and '"watch"' in record.read_text(), 60, "the watch")


def with_unit(test):
    def run_it():
        unit = Enforced()
        unit.set_up()
        try:
            test(unit)
        finally:
            sandfit("rollback", NAME)
            unit.stop()
            (RUNTIME_UNITS / NAME).unlink(missing_ok=True)
            run("systemctl", "daemon-reload")
        expect_nothing_left()
    return run_it


@with_unit
def applied_and_rolled_back(unit):
    report = json.loads(apply(GOOD, "--watch", "1s", "--json").ok().out)
    expect(report["verdict"] == "applied" and report["restarted"], report)
    expect(report["exposure"]["after"] < report["exposure"]["before"], report)
    expect(unit.is_active() and unit.is_hardened(), "the drop-in is not in force")
    expect(DROP_IN.read_text() == GOOD, "it is not the drop-in that was given")
    sandfit("rollback", NAME).ok()
    unit.expect_as_before()
    expect_clean_no_op(unit)


@with_unit
def planned(unit):
    before = unit.invocation()
    out = apply(GOOD, "--dry-run").ok().out
    expect("-NoNewPrivileges=no\n+NoNewPrivileges=yes\n" in out, out)
    expect(f"restart {NAME}" in out and str(DROP_IN) in out, out)
    expect(unit.invocation() == before, "a dry run restarted the unit")
    expect_nothing_left()


@with_unit
def persistent(unit):
    apply(GOOD, "--watch", "1s", "--persistent").ok()
    expect(PERSISTENT.exists() and not DROP_IN.exists(), "it is not below /etc")
    refused = expect_status(apply(GOOD, "--watch", "1s"), 2)
    expect(str(PERSISTENT) in refused.err, refused)
    sandfit("rollback", NAME).ok()
    unit.expect_as_before()


@with_unit
def not_restarted(unit):
    before = unit.invocation()
    apply(GOOD, "--no-restart").ok()
    expect(unit.invocation() == before, "it was restarted")
    sandfit("rollback", NAME).ok()
    expect(unit.invocation() == before, "it was restarted, though it never ran under the drop-in")
    unit.expect_as_before()


@with_unit
def stopped_stays_stopped(unit):
    unit.stop()
    apply(GOOD).ok()
    expect(not unit.is_active() and unit.is_hardened(), "it was started, or the drop-in is not read")
    sandfit("rollback", NAME).ok()
    expect(not unit.is_active() and not unit.is_hardened(), "it was started, or the drop-in still stands")
    expect_nothing_left()


def leads_back(text, words):
    @with_unit
    def test(unit):
        failed = expect_status(apply(text, "--watch", "10s", "--json"), 6)
        report = json.loads(failed.out)
        expect(report["verdict"] == "rolled-back" and words in report["reason"], failed)
        unit.expect_as_before()
        expect_clean_no_op(unit)
    return test


def killed_at(step, guarded):
    """With its guardian the unit is as before without anybody's doing; without it, after a rollback."""
    @with_unit
    def test(unit):
        command = [SANDFIT, "apply", NAME, "--from", str(file_with(GOOD)), "--watch", "2s", "--die-at", step]
        if guarded:
            died = run(*command)
        else:
            # A cgroup of its own, that is killed whole, as a service manager or the kernel does it.
            died = run("systemd-run", "--quiet", "--wait", "--collect", "-p", "KillMode=control-group",
                       "-p", "KillSignal=SIGKILL", *command)
        expect(died.status != 0, f"it did not die: {died}")
        if guarded:
            wait_until(lambda: not (RECORDS / NAME).exists(), 20, "the guardian's rollback")
        else:
            sandfit("rollback", NAME).ok()
        unit.expect_as_before()
        expect_clean_no_op(unit)
    return test


@with_unit
def interrupted(unit):
    process = subprocess.Popen([SANDFIT, "apply", NAME, "--from", file_with(GOOD), "--watch", "30s"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_for_watch()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    expect(process.returncode == 130, f"status 130 expected: {process.returncode}: {out!r}")
    unit.expect_as_before()


def full_disk(place):
    """No room for the drop-in, or for the record: refused, nothing changed."""
    @with_unit
    def test(unit):
        place.mkdir(parents=True, exist_ok=True)
        before = unit.invocation()
        run("mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=3", "none", place).ok()
        try:
            (place / "filler").write_bytes(b"x" * 4096)
            failed = apply(GOOD, "--watch", "1s")
            expect(failed.status in (1, 6) and "No space left" in failed.err, failed)
        finally:
            run("umount", place).ok()
        if place.exists() and not any(place.iterdir()):
            place.rmdir()
        sandfit("rollback", NAME).ok()
        expect(unit.invocation() == before, "it was restarted for nothing")
        unit.expect_as_before()
        expect_clean_no_op(unit)
    return test


@with_unit
def reload_refused(unit):
    """systemd refuses to read its units again when /run has less than 16 MiB left."""
    before = unit.invocation()
    filler = pathlib.Path("/run/sandfit-test-filler")
    free = os.statvfs("/run")
    size = (free.f_bavail * free.f_frsize) - (8 << 20)
    run("fallocate", "-l", str(size), filler).ok()
    try:
        failed = apply(GOOD, "--watch", "1s")
        expect(failed.status in (1, 6), failed)
    finally:
        filler.unlink()
    sandfit("rollback", NAME).ok()
    expect(unit.invocation() == before, "it was restarted for nothing")
    unit.expect_as_before()
    expect_clean_no_op(unit)


@with_unit
def bus_gone(unit):
    """The message bus goes away while the unit is watched: systemd is asked by its own socket, or over the next bus."""
    process = subprocess.Popen([SANDFIT, "apply", NAME, "--from", file_with(DIES_LATER), "--watch", "20s"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wait_for_watch()
    run("systemctl", "kill", "-s", "KILL", "dbus.service")
    out, _ = process.communicate(timeout=40)
    expect(process.returncode == 6, f"status 6 expected: {process.returncode}: {out!r}")
    unit.expect_as_before()


@with_unit
def at_most_one(unit):
    process = subprocess.Popen([SANDFIT, "apply", NAME, "--from", file_with(GOOD), "--watch", "20s"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_watch()
    second = apply(GOOD, "--watch", "1s")
    expect(second.status == 1 and "another sandfit" in second.err, second)
    expect(process.wait(timeout=60) == 0, "the first one failed")
    expect(unit.is_hardened(), "the first one's drop-in is not in force")


@with_unit
def bad_drop_ins(unit):
    before = unit.invocation()
    for text, words in [
        ("[Service]\nExecStart=/bin/evil\n", "enforced.conf:2: ExecStart= says what is run"),
        ("[Unit]\nOnFailure=evil.service\n", "enforced.conf:2: OnFailure= stands in [Unit]"),
        ("[Service]\n", "sets nothing"),
        ("[Service\nNoNewPrivileges=yes\n", "enforced.conf:1: "),
        ('{"schema": 1}', "enforced.conf: "),
    ]:
        refused = expect_status(apply(text), 1)
        expect(words in refused.err, refused)
    expect_status(sandfit("apply", NAME), 2)
    expect_status(sandfit("apply", "nonexistent.service", "--from", file_with(GOOD)), 1)
    expect(unit.invocation() == before, "it was restarted")
    expect_nothing_left()


def verify(text, *options, limit=60):
    return sandfit("verify", NAME, "--with", file_with(text), *options, limit=limit)


@with_unit
def verified(unit):
    passes = json.loads(verify(GOOD, "--run", "true", "--json").ok().out)
    expect(passes["passes"] and not passes["denials"], passes)
    unit.expect_as_before()
    fails = json.loads(expect_status(verify(GOOD, "--run", "exit 7", "--json"), 3).out)
    expect(not fails["passes"] and fails["why_not"] == "the workload exited with status 7", fails)
    unit.expect_as_before()
    silent = json.loads(expect_status(verify(NO_START, "--run", "true", "--json"), 3).out)
    expect("226" in silent["why_not"] and silent["start_failed_at"] == "NAMESPACE", silent)
    expect([cause["directive"] for cause in silent["start_failed_by"]] == ["ReadWritePaths"], silent)
    expect(passes["start_failed_at"] is None and not fails["start_failed_by"], (passes, fails))
    told = expect_status(verify(NO_START, "--run", "true"), 3).out
    expect("systemd gave up at NAMESPACE" in told and "leave out ReadWritePaths=" in told, told)
    unit.expect_as_before()
    expect_clean_no_op(unit)


@with_unit
def end_verified(unit):
    """What a unit is refused at its end is told, and so is a start that fails only where an earlier one was."""
    place = pathlib.Path("/var/lib/sandfit-test-end")
    program = pathlib.Path("/usr/local/lib/sandfit-test/enforced")
    # The trap stands before the unit is ready: it may be stopped at once then. Its mkdir ignores the signal, which
    # systemd sends to each process that it finds in the group until it finds no new one.
    program.write_text(f"#!/bin/sh\ntrap 'trap \"\" TERM; mkdir {place}/$$; kill $!; exit 0' TERM\n"
                       "sleep infinity &\nsystemd-notify --ready\nwait\n")
    place.mkdir()
    told = json.loads(expect_status(verify("[Service]\nProtectSystem=strict\n", "--run", "true", "--json"), 3).out)
    expect(told["passes"], told)
    expect([(one["error"], [cause["directive"] for cause in one["by"]]) for one in told["denials"]
            if str(place) in one["text"]] == [("EROFS", ["ProtectSystem"])], told)
    shutil.rmtree(place)
    mark = pathlib.Path("/var/lib/sandfit-test-mark")
    program.write_text(f"#!/bin/sh\n[ -n \"$MOOD\" ] && [ -e {mark} ] && exit 9\n[ -z \"$MOOD\" ] || touch {mark}\n"
                       "systemd-notify --ready\nexec sleep infinity\n")
    told = json.loads(expect_status(verify("[Service]\nEnvironment=MOOD=once\n", "--run", "true", "--json"), 3).out)
    expect("after its exercise: " in told["why_not"], told)
    mark.unlink()
    unit.expect_as_before()


@with_unit
def on_trial(unit):
    """With --trial nothing is refused, and what would be is told; what fits is told to fit."""
    place = pathlib.Path("/var/lib/sandfit-test-trial")
    pathlib.Path("/usr/local/lib/sandfit-test/enforced").write_text(
        f"#!/bin/sh\nmkdir {place} && rmdir {place} || exit 1\nsystemd-notify --ready\nexec sleep infinity\n")
    tight = "[Service]\nProtectSystem=strict\nSystemCallFilter=~mkdir mkdirat rmdir unlinkat\n"
    command = f"grep -q '^Seccomp:.*2' /proc/$(systemctl show -P MainPID {NAME})/status"
    told = json.loads(expect_status(verify(tight, "--run", command, "--trial", "--json"), 3).out)
    expect(told["passes"] and not told["denials"], told)
    refused = {one["directive"]: " ".join(fact["text"] for fact in one["facts"]) for one in told["would_refuse"]}
    expect(set(refused) == {"ProtectSystem", "SystemCallFilter"}, refused)
    expect(str(place) in refused["ProtectSystem"] and "mkdir" in refused["SystemCallFilter"], refused)
    unit.expect_as_before()
    text = expect_status(verify(tight, "--run", "true", "--trial"), 3)
    expect("ProtectSystem=strict refuses" in text.out and "journalctl" in text.err, text)
    fits = verify(tight.replace("~mkdir mkdirat rmdir unlinkat", "~reboot") + f"ReadWritePaths={place.parent}\n",
                  "--run", "true", "--trial").ok()
    expect("nothing of what it did would be refused" in fits.out, fits)
    unit.expect_as_before()
    expect_nothing_left()


@with_unit
def signals_of_workload(unit):
    """A workload has the signals that sandfit was started with, not those that sandfit holds back for itself."""
    command = r"grep -q '^SigBlk:\s*0*$' /proc/self/status"
    # dash begins with a mask of its own, bash with the one that it was given.
    shell = pathlib.Path("/bin/sh")
    former = shell.readlink()
    run("ln", "-sfn", "bash", shell).ok()
    try:
        verify(GOOD, "--run", command).ok()
        sandfit("harden", NAME, "--from", file_with(GOOD), "--run", command, "--undo").ok()
    finally:
        run("ln", "-sfn", former, shell).ok()


@with_unit
def verified_stopped(unit):
    unit.stop()
    verify(GOOD, "--run", f"systemctl is-active {NAME}").ok()
    expect(not unit.is_active(), "it was stopped, and runs now")
    expect_nothing_left()


@with_unit
def hardened(unit):
    out = WORK / "enforced.out.conf"
    done = sandfit("harden", NAME, "--run", f"systemctl is-active {NAME}", "--undo", "--json", "--output", out).ok()
    report = json.loads(done.out)
    expect(report["fits"] and report["verdict"] == "fits" and report["drop_in"] is None, report)
    expect(report["exposure"]["after"] < report["exposure"]["before"], report)
    expect(out.read_text() == report["text"], "the file is not what was tried")
    unit.expect_as_before()
    sandfit("harden", NAME, "--from", out, "--run", f"systemctl is-active {NAME}", "--persistent").ok()
    expect(unit.is_active() and PERSISTENT.read_text().startswith("[Service]"), "it is not below /etc")
    expect(not DROP_IN.exists(), "the trial's drop-in was left below /run")
    again = expect_status(sandfit("harden", NAME, "--run", "true"), 2)
    expect("sandfit rollback" in again.err, again)
    sandfit("rollback", NAME).ok()
    unit.expect_as_before()


@with_unit
def not_hardened(unit):
    """A workload that cannot pass, and one that never passes under a sandbox."""
    never = expect_status(sandfit("harden", NAME, "--run", "exit 9"), 1)
    expect("without a sandbox, too: the workload exited with status 9" in never.err, never)
    unit.expect_as_before()
    unhappy = f"test $(systemctl show -P LockPersonality {NAME}) = no"
    only_one = file_with("[Service]\nLockPersonality=yes\n")
    failed = sandfit("harden", NAME, "--from", only_one, "--run", unhappy)
    expect(failed.status == 1, failed)
    unit.expect_as_before()
    two = file_with("[Service]\nLockPersonality=yes\nRestrictRealtime=yes\n")
    found = json.loads(sandfit("harden", NAME, "--from", two, "--run", unhappy, "--json", "--undo").ok().out)
    expect(found["widened"][-1]["left_out"] == ["LockPersonality"], found)
    expect("RestrictRealtime=yes" in found["text"], found)
    unit.expect_as_before()
    expect_clean_no_op(unit)


PLANTED = """[Service]
CapabilityBoundingSet=CAP_CHOWN CAP_SYS_PTRACE
ProtectSystem=strict
ReadWritePaths=/var/lib/sandfit-test-min -/srv
RestrictAddressFamilies=AF_UNIX AF_INET
SystemCallFilter=@system-service @raw-io
SystemCallErrorNumber=EPERM
"""
USES = """#!/bin/sh
set -e
rm -f /var/lib/sandfit-test-min/file
touch /var/lib/sandfit-test-min/file
chown nobody /var/lib/sandfit-test-min/file
systemd-notify --ready
exec sleep infinity
"""


@with_unit
def minimised(unit):
    """A capability, a path, a family and a group of calls that it does not need go; what it needs stays."""
    place = pathlib.Path("/var/lib/sandfit-test-min")
    place.mkdir(exist_ok=True)
    program = pathlib.Path("/usr/local/lib/sandfit-test/enforced")
    program.write_text(USES)
    works = f"test $(stat -c %U {place}/file) = nobody && systemctl is-active {NAME}"
    try:
        done = sandfit("harden", NAME, "--from", file_with(PLANTED), "--run", works, "--minimize", "--json", "--undo")
        report = json.loads(done.ok().out)
        expect(set(report["minimized"]["superfluous"]) == {
            "CapabilityBoundingSet=CAP_SYS_PTRACE", "ReadWritePaths=-/srv", "RestrictAddressFamilies=AF_INET",
            "SystemCallFilter=@raw-io"}, report["minimized"])
        lines = set(report["text"].splitlines())
        expect({"ReadWritePaths=/var/lib/sandfit-test-min", "RestrictAddressFamilies=AF_UNIX",
                "SystemCallFilter=@system-service"} <= lines, report["text"])
        # What systemd-notify tries and does without (CAP_NET_ADMIN, CAP_SYS_ADMIN) was refused, and so it was widened.
        expect("CAP_CHOWN" in report["text"] and "CAP_SYS_PTRACE" not in report["text"], report["text"])
        unit.expect_as_before()
    finally:
        (place / "file").unlink(missing_ok=True)
        place.rmdir()


@with_unit
def drifted(unit):
    """After an upgrade: what the new version does more, is refused, and is granted for nothing."""
    old, new = WORK / "enforced.old.json", WORK / "enforced.new.json"
    place = pathlib.Path("/var/lib/sandfit-test-drift")
    sandfit("observe", NAME, "--restart", "--duration", "2s", "-o", old).ok()
    same = sandfit("audit", old, "--against", old, "--json").ok()
    expect(json.loads(same.out)["drift"] == {"is_outgrown": False, "new_facts": [], "stale": []}, same.out)

    pathlib.Path("/usr/local/lib/sandfit-test/enforced").write_text(
        f"#!/bin/sh\nmkdir {place}\nrmdir {place}\nsystemd-notify --ready\nexec sleep infinity\n")
    apply("[Service]\nReadWritePaths=/srv\nCapabilityBoundingSet=CAP_SYS_PTRACE CAP_DAC_OVERRIDE\nProtectSystem=strict\n",
          "--watch", "1s").ok()
    sandfit("observe", NAME, "--restart", "--duration", "2s", "-o", new).ok()
    found = expect_status(sandfit("audit", NAME, "--profile", new, "--against", old, "--json"), 3)
    drift = json.loads(found.out)["drift"]
    expect(drift["is_outgrown"], drift)
    outgrown = [fact for fact in drift["new_facts"] if "ProtectSystem" in fact["outgrown"]]
    expect(any("sandfit-test-drift" in fact["text"] for fact in outgrown), drift)
    refused = [one["directive"] for one in json.loads(found.out)["would_break"]]
    expect("ProtectSystem" in refused, refused)
    stale = {one["directive"]: one["items"] for one in drift["stale"]}
    expect("CAP_SYS_PTRACE" in stale.get("CapabilityBoundingSet", []),
           f"{drift['stale']}")
    text = expect_status(sandfit("audit", new, "--against", old), 3).out
    expect("Granted, and not used any more" in text and "would be refused by a sandbox made from it" in text, text)


def killed_in(verb, step):
    @with_unit
    def test(unit):
        option = ["--with", file_with(GOOD)] if verb == "verify" else []
        died = sandfit(verb, NAME, *option, "--run", "true", "--die-at", step)
        expect(died.status != 0, f"it did not die: {died}")
        wait_until(lambda: not (RECORDS / NAME).exists(), 20, "the guardian's rollback")
        unit.expect_as_before()
    return test


def tests():
    yield "apply: a drop-in is in force, and a rollback leads back", applied_and_rolled_back
    yield "apply: a dry run tells the steps and the difference, and does nothing", planned
    yield "apply: a persistent drop-in stands below /etc", persistent
    yield "apply: --no-restart leaves the unit alone, and so does its rollback", not_restarted
    yield "apply: a unit that is stopped stays so", stopped_stays_stopped
    yield "apply: a unit that does not become ready is led back", leads_back(NEVER_READY, "cannot restart")
    yield "apply: a unit that dies later is led back", leads_back(DIES_LATER, "it failed")
    yield "apply: a unit that does not start is led back", leads_back(NO_START, "cannot restart")
    for step in STEPS:
        yield f"apply: killed at '{step}', the guardian leads back", killed_at(step, guarded=True)
    yield "verify: passes, fails, does not start; the unit is led back each time", verified
    yield "verify: a unit that was stopped is stopped again", verified_stopped
    yield "verify: what is refused at the unit's end, and at a second start", end_verified
    yield "verify: --trial refuses nothing, and tells what would be", on_trial
    yield "verify, harden: no signal is blocked for the workload", signals_of_workload
    yield "harden: to a drop-in that fits, passing or persistent", hardened
    yield "harden: what cannot be hardened ends as it was, and the directive at fault is found", not_hardened
    yield "harden: --minimize takes away what was planted, and nothing that is needed", minimised
    yield "audit: what has drifted since an earlier profile", drifted
    for verb in ("verify", "harden"):
        for step in ("write", "restart"):
            yield f"{verb}: killed at '{step}', the guardian leads back", killed_in(verb, step)
    yield "apply: killed with its whole control group, a rollback leads back", killed_at("watch", guarded=False)
    yield "apply: Ctrl-C leads back", interrupted
    yield "apply: no room for the drop-in", full_disk(DROP_IN.parent)
    yield "apply: no room for the record", full_disk(RECORDS)
    yield "apply: systemd refuses to reload", reload_refused
    yield "apply: the message bus goes away", bus_gone
    yield "apply: one change of a unit at a time", at_most_one
    yield "apply: what is no sandbox is refused with one clear error", bad_drop_ins
