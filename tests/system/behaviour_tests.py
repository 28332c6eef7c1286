"""What holds for every unit: small units of the test's own, and one real service to be killed over."""

import json
import pathlib
import re
import signal
import subprocess

from harness import (HERE, RUNTIME_UNITS, SANDFIT, WORK, Profile, Service, Unit, directives, expect, observe, run,
                     sandfit, suggest, wait_until)

HOSTILE_TOP = pathlib.Path("/srv/hostile")
INJECTED = WORK / "injected"


def define(name, service_section):
    """A unit until the next boot; one command is enough for it."""
    (RUNTIME_UNITS / name).write_text(f"[Unit]\nDescription=sandfit test\n[Service]\n{service_section}")
    run("systemctl", "daemon-reload").ok()


def programs_of(pid):
    """Ids of the kernel programs that a process holds, directly or by a link."""
    ids = set()
    for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            ids |= {int(number) for number in re.findall(r"^prog_id:\s*(\d+)", info.read_text(), re.M)}
        except OSError:
            continue
    return ids


def loaded(ids):
    known = {program["id"] for program in json.loads(run("bpftool", "-j", "prog", "list").ok().out)}
    return ids & known


def kill_in_mid_observation():
    service, path = Service("redis-server"), WORK / "killed.json"
    service.step("prepare").ok()
    service.start_clean()
    path.unlink(missing_ok=True)
    observer = subprocess.Popen([SANDFIT, "observe", service.name, "--restart", "-o", str(path)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def checkpoint():
        expect(observer.poll() is None, f"sandfit ended by itself with {observer.poll()}")
        try:
            return json.loads(path.read_bytes())["facts"].get("syscalls")
        except (OSError, ValueError):
            return None

    try:
        wait_until(checkpoint, 40, "a checkpoint with syscalls in it")
        service.step("ready").ok()
        ours = programs_of(observer.pid)
        expect(ours and loaded(ours) == ours, f"no programs to look for: {ours}")
        main = service.property("MainPID")
    finally:
        observer.send_signal(signal.SIGKILL)
        observer.wait()
    wait_until(lambda: not loaded(ours), 60, f"the kernel to let go of the programs {ours}")
    expect(service.is_active() and service.property("MainPID") == main, "the service did not stay as it was")
    service.step("ready").ok()
    shown = sandfit("show", path)
    expect(shown.status == 0 and shown.out, str(shown))
    expect(Profile(path).json["runs"][-1]["complete"] is False, "a cut-off run calls itself complete")
    service.stop_well()


def hostile_names():
    unit, path = Unit("sandfit-hostile.service"), WORK / "hostile.json"
    program = HERE / "programs/hostile_names.py"
    run(program, "--make", HOSTILE_TOP).ok()
    INJECTED.unlink(missing_ok=True)
    define(unit.name, f"Type=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/python3 {program} {HOSTILE_TOP}\n")
    profile = observe(unit, path)
    seen = {fact["directory"] for fact in profile.facts("files", op="create")}
    expect(len(seen) >= len(list(HOSTILE_TOP.iterdir())), f"not every directory was seen: {sorted(seen)}")
    drop_in = suggest(path, "strict")
    (WORK / "hostile.conf").write_text(drop_in, errors="surrogateescape")
    for line in drop_in.splitlines():
        expect(re.match(r"$|#|\[Service\]$|\w+=", line), f"neither comment nor directive: {line!r}")
    expect(drop_in.count("\n[Service]\n") + drop_in.startswith("[Service]\n") == 1, "a second section")
    expect("ExecStartPost" not in directives(drop_in), "a directive was injected")
    unit.expect_accepted(drop_in)
    expect(unit.property("ProtectSystem") == "strict", "the file system is not even read-only: this shows nothing")
    unit.restart()
    unit.stop()
    expect(unit.property("ExecStartPost") == "" and not INJECTED.exists(), "a command was injected")
    unit.drop_in(None)


def expect_traces(profile, directory):
    """The profile must hold what programs/leave_traces.py did in `directory`."""
    made = profile.facts("files", op="make_symlink", directory=str(directory))
    expect(made, f"no symbolic link in {directory}: {profile.facts('files', op='make_symlink')}")
    expect(profile.facts("syscalls", name="sched_yield"), "sched_yield was not seen")
    expect(any("python3" in fact["path"] for fact in profile.facts("executions")), "the interpreter was not seen")


def instance(name):
    """An instance of a template, and the directory in which it leaves its traces."""
    define("sandfit-template@.service", "Type=oneshot\nRemainAfterExit=yes\n"
           f"ExecStart=/usr/bin/python3 {HERE}/programs/leave_traces.py {WORK}/instance-%i\n")
    directory = WORK / f"instance-{name}"
    directory.mkdir(exist_ok=True)
    return Unit(f"sandfit-template@{name}.service"), directory


def template_instance():
    unit, directory = instance("one")
    profile = observe(unit, WORK / "instance.json")
    expect(profile.json["unit"] == unit.name, f"the profile is of {profile.json['unit']}")
    expect_traces(profile, directory)
    unit.stop()


def pam_unit():
    """pam_systemd moves the unit's process into a session of its user before it executes anything."""
    run("sh", "-c", "id tester 2>/dev/null || useradd --create-home tester").ok()
    directory, path = pathlib.Path("/home/tester"), WORK / "pam.json"
    define("sandfit-pam.service", "Type=oneshot\nRemainAfterExit=yes\nUser=tester\nPAMName=login\n"
           f"ExecStartPre=/usr/bin/cp /proc/self/cgroup {directory}/cgroup\n"
           f"ExecStart=/usr/bin/python3 {HERE}/programs/leave_traces.py {directory}\n")
    unit = Unit("sandfit-pam.service")
    profile = observe(unit, path)
    unit.stop()
    left_for = (directory / "cgroup").read_text()
    expect("session-" in left_for, f"the process stayed in its unit, so that this shows nothing: {left_for}")
    expect_traces(profile, directory)
    # The session's own set-up, by PAM in systemd's child, is not the service's.
    for name in ("mount", "setgroups", "capset"):
        expect(not profile.facts("syscalls", name=name), f"{name} was called by systemd, not by the service")


def running_unit():
    service, path = Service("redis-server"), WORK / "running.json"
    service.start_clean()
    done = sandfit("observe", service.name, "--run", "redis-cli set k v", "-o", path)
    expect(done.status in (0, 7), str(done))
    profile = Profile(path)
    expect("start" not in profile.phases(), "claims to have seen a start that came before")
    expect(profile.facts("syscalls", name="read"), "the running process was not seen")
    service.stop_well()


def several_units():
    output = WORK / "several"
    output.mkdir(exist_ok=True)
    pairs = [instance("two"), instance("three")]
    sandfit("observe", *(unit.name for unit, _ in pairs), "--restart", "--run", "true", "-o", output).ok()
    profiles = {profile.json["unit"]: profile for profile in map(Profile, output.glob("*.json"))}
    for (unit, directory), (_, other) in zip(pairs, reversed(pairs)):
        expect(unit.name in profiles, f"no profile of {unit.name}: {sorted(profiles)}")
        expect_traces(profiles[unit.name], directory)
        expect(not profiles[unit.name].facts("files", directory=str(other)), "a fact of the other unit's")
        unit.stop()


def refused_restart():
    define("sandfit-refuses.service", "Type=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/true\n")
    path = RUNTIME_UNITS / "sandfit-refuses.service"
    path.write_text(path.read_text().replace("[Unit]\n", "[Unit]\nRefuseManualStop=yes\n"))
    unit = Unit("sandfit-refuses.service")
    run("systemctl", "daemon-reload").ok()
    unit.systemctl("start").ok()
    before = unit.property("InvocationID")
    done = sandfit("observe", unit.name, "--restart", "--run", "true", "-o", WORK / "refused.json")
    expect(done.status not in (0, 7), str(done))
    expect(f"cannot restart {unit.name}: it cannot be stopped" in done.err, f"does not say why: {done}")
    expect(unit.property("InvocationID") == before, "it was restarted all the same")


def interrupted():
    service, path = Service("redis-server"), WORK / "interrupted.json"
    service.start_clean()
    before = service.property("InvocationID")
    observer = subprocess.Popen([SANDFIT, "observe", service.name, "--restart", "-o", str(path)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: service.property("InvocationID") not in ("", before), 30, "the restart")
    service.step("ready").ok()
    observer.send_signal(signal.SIGINT)
    status = observer.wait(30)
    expect(status == 130, f"Ctrl-C ended it with {status}")
    profile = Profile(path)
    expect("start" in profile.phases() and profile.facts("syscalls"), "Ctrl-C did not save what was seen")
    service.stop_well()


def audit(*arguments, status=0):
    done = sandfit("audit", *arguments, "--json")
    expect(done.status == status, str(done))
    return json.loads(done.out)


def audited_scores():
    """What audit scores, from settings written to a file, is what systemd-analyze says of the loaded unit."""
    for name in ("nginx", "redis-server", "systemd-journald", "systemd-hostnamed", "systemd-logind", "debug-shell"):
        unit = Unit(f"{name}.service")
        found, live = audit(name)["exposure"]["now"], unit.exposure()
        expect(found == live, f"{name}: audit says {found}, systemd-analyze {live}")
    left = [path.name for path in pathlib.Path("/tmp").glob("sandfit-*")]
    expect(not left, f"audit left {left} in /tmp")


def audited_unit():
    """The score that audit promises is the one that the unit has once the drop-in is in place."""
    service, path = Service("nginx"), WORK / "audited.json"
    service.step("prepare").ok()
    service.start_clean()
    service.drop_in(None)
    observe(service, path, workload=service.workload_command())
    found = audit(service.name, "--profile", path)
    expect(found["exposure"]["after"] < found["exposure"]["now"] - 2, f"next to nothing: {found['exposure']}")
    expect(found["would_break"] == [], f"a running unit refuses what it does: {found['would_break']}")
    expect("CapabilityBoundingSet_CAP_SYS_ADMIN" in found["never_did"], f"never did: {found['never_did']}")
    expect("CapabilityBoundingSet_CAP_SET_UID_GID_PCAP" not in found["never_did"], "nginx changes its user")
    unknown = [item["item"] for item in found["items"] if item["directive"] is None]
    expect(not unknown, f"items that sandfit does not know: {unknown}")
    service.drop_in(suggest(path, "balanced"))
    live = service.exposure()
    expect(found["exposure"]["after"] == live, f"promised {found['exposure']['after']}, it is {live}")
    again = audit(service.name, "--profile", path)
    expect(again["would_break"] == [], f"what was suggested refuses what was seen: {again['would_break']}")
    service.drop_in(None)
    expect(audit(path)["exposure"]["now"] == found["exposure"]["now"], "the profile's settings score otherwise")
    now = found["exposure"]["now"]
    audit(service.name, "--threshold", str(now))
    above = audit(service.name, "--threshold", str(round(now - 0.1, 1)), status=3)
    expect(above["above_threshold"] is True, "above the threshold, and says no")
    service.stop_well()


def audited_contradictions():
    unit, path = Unit("sandfit-refused.service"), WORK / "refused-facts.json"
    define(unit.name, "Type=oneshot\nRemainAfterExit=yes\nProtectSystem=strict\nRestrictAddressFamilies=AF_UNIX\n"
           "SystemCallFilter=~fchmodat chmod\nSystemCallErrorNumber=EPERM\nExecStart=-/usr/bin/touch /var/lib/refused\n"
           "ExecStart=-/usr/bin/chmod 600 /dev/null\n"
           "ExecStart=-/usr/bin/python3 -c 'import socket; socket.socket()'\n")
    observe(unit, path)
    found = {entry["directive"]: [fact["text"] for fact in entry["facts"]]
             for entry in audit(unit.name, "--profile", path)["would_break"]}
    expect(set(found) == {"ProtectSystem", "RestrictAddressFamilies", "SystemCallFilter"}, f"blamed: {found}")
    for directive, word in (("ProtectSystem", "/var/lib/refused"), ("RestrictAddressFamilies", "AF_INET"),
                            ("SystemCallFilter", "fchmodat")):
        expect(any(word in text for text in found[directive]), f"{directive}= is not blamed for {word}: {found}")
    unit.stop()


def measured_peaks():
    unit, path = Unit("sandfit-peaks.service"), WORK / "peaks.json"
    program = ("import os, time; [os.dup(0) for turn in range(300)]; all(os.fork() for turn in range(40)); "
               "time.sleep(600)")
    define(unit.name, f"User=nobody\nTasksMax=50\nLimitCORE=0\nExecStart=/usr/bin/python3 -c '{program}'\n")
    profile = observe(unit, path, workload="sleep 3")
    peaks = {name: peak["value"] for name, peak in profile.json["peaks"].items()}
    expect(41 <= peaks["tasks"] <= 45, f"tasks: {peaks}")  # systemd's own child is one of the cgroup's, too
    expect(peaks["tasks_of_user"] == 41, f"tasks of nobody: {peaks}")
    expect(303 <= peaks["open_files"] <= 310, f"open files: {peaks}")
    expect(peaks["locked_bytes"] == 0 and peaks["resident_bytes"] > 1 << 20, f"memory: {peaks}")
    told = json.loads(sandfit("suggest", path, "-f", "json", "--accept-incomplete").ok().out)["suggestions"]
    advice = {one["directive"]: one for one in told if one["directive"].startswith(("Limit", "TasksMax"))}
    expect(all(one["verdict"] != "suggest" for one in advice.values()), f"suggested from samples: {advice}")
    expect("near the limit of 50" in advice["TasksMax"]["reason"], f"TasksMax=: {advice['TasksMax']}")
    expect("LimitNOFILE=1024" in advice["LimitNOFILE"]["reason"], f"LimitNOFILE=: {advice['LimitNOFILE']}")
    expect(advice["LimitCORE"]["verdict"] == "keep", f"LimitCORE=: {advice['LimitCORE']}")
    shown = sandfit("audit", unit.name, "--profile", path).out
    expect("TasksMax=50: at most" in shown, f"audit does not tell of it: {shown}")
    unit.stop()


def tests():
    yield "kill -9 in mid-observation leaves the service, no program, and a profile that loads", kill_in_mid_observation
    yield "Ctrl-C saves the profile", interrupted
    yield "a running unit is observed without its start", running_unit
    yield "hostile file names stay file names, and the unit runs under its strict drop-in", hostile_names
    yield "an instance of a template is followed", template_instance
    yield "two units at once get a profile each", several_units
    yield "a unit with PAMName= is followed out of its cgroup", pam_unit
    yield "a restart that is not allowed is refused with its reason", refused_restart
    yield "audit scores units as systemd does", audited_scores
    yield "audit promises the score that the drop-in gives", audited_unit
    yield "audit tells what a unit's own settings refuse", audited_contradictions
    yield "what limits bound is measured, and advised upon", measured_peaks
