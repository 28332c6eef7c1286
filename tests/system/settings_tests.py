"""A unit's settings read from its files are those that the running systemd reports, directive by directive."""

import json
import os
import pathlib
import re
import shutil

from harness import RUNTIME_UNITS, SANDFIT, WORK, Service, Unit, expect, observe, run, sandfit
from settings_units import IN_TREE, LINKS, NOT_LOADED, TEXTS, TREE

READER = os.environ.get("UNIT_SETTINGS", "/opt/sandfit-build/tests/unit_settings")
ADMIN_UNITS = pathlib.Path("/etc/systemd/system")
MADE = pathlib.Path("/srv/sf-made.service")
SERVICES = ["nginx", "redis-server", "postgresql", "prometheus-node-exporter", "haproxy", "unbound", "chrony", "mariadb"]

# What may be missing in what is read from files, and why.
NOT_IN_FILES = {
    r"Limit[A-Z]+(Soft)?|TasksMax|Timeout(Start|Stop|Abort)USec|RestartUSec|StandardOutput|StandardError|OOMPolicy|"
    r"[A-Z][A-Za-z]*Accounting|MemoryPressure[A-Za-z]+": "the manager's own configuration decides it (system.conf)",
    r"Nice|OOMScoreAdjust|CoredumpFilter|TimerSlackNSec": "it is inherited from the manager",
    r"TriggeredBy": "other units say so",
    r"[A-Za-z]+ImagePolicy|ExtraFileDescriptorNames|ImportCredentialEx": "no rule asks for it",
}
# What may be other than systemd says, and why.
OTHER = {"WatchdogUSec": "of a unit that did not run systemd says infinity, whatever its files set"}


def why_missing(name):
    return next((why for pattern, why in NOT_IN_FILES.items() if re.fullmatch(pattern, name)), None)


def read(units):
    return json.loads(run(READER, *units, limit=300).ok().out)


def differences(unit, found):
    bus, files, not_known = found["bus"], found["files"], found["not_known"]
    for name, words in sorted(bus.items()):
        if name in not_known or name in OTHER:
            continue
        if name not in files:
            if not why_missing(name):
                yield f"{unit}: {name}= is not read; systemd says {words}"
        elif name == "FragmentPath":
            # Where /lib is /usr/lib, systemd 252 names it by the former.
            if os.path.realpath(words[0]) != os.path.realpath(files[name][0]):
                yield f"{unit}: {name}: systemd says {words}, its files {files[name]}"
        elif (sorted(words) if name == "Names" else words) != (sorted(files[name]) if name == "Names" else files[name]):
            yield f"{unit}: {name}: systemd says {words}, its files {files[name]}"
    for name in sorted(set(files) - set(bus)):
        yield f"{unit}: {name}= is none of systemd's; its files say {files[name]}"


def expect_agreement(units, at_least):
    wrong, agreed = [], 0
    for unit, found in read(units).items():
        if found.get("load_state") != "loaded":
            continue
        if "files" not in found:
            wrong.append(f"{unit}: systemd loads it; its files: {found['files_error']}")
            continue
        wrong += differences(unit, found)
        agreed += 1
    expect(not wrong, "\n".join(wrong))
    expect(agreed >= at_least, f"only {agreed} units were compared")


class Made:
    """The units of settings_units.py, for the length of a test."""

    def __enter__(self):
        for name, text in TEXTS.items():
            self.write(RUNTIME_UNITS / f"sf-{name}.service", text)
        self.write(MADE, "[Service]\nExecStart=/bin/true\nUMask=0012\n")
        for path, text in TREE.items():
            self.write(self.place(path), text)
        for path, target in LINKS.items():
            self.link(self.place(path), target)
        run("systemctl", "daemon-reload").ok()
        return self

    def __exit__(self, *_):
        MADE.unlink()
        for directory in (RUNTIME_UNITS, ADMIN_UNITS):
            for path in [*directory.glob("sf-*"), *directory.glob("sft@*"), directory / "service.d"]:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        run("systemctl", "daemon-reload").ok()

    @staticmethod
    def place(path):
        return (ADMIN_UNITS if path.startswith("E/") else RUNTIME_UNITS) / path[2:]

    @staticmethod
    def link(path, target):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def write(self, path, text):
        if text is None:
            self.link(path, "/dev/null")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def of_all_services():
    listed = run("systemctl", "list-unit-files", "--type=service", "--no-legend", "--plain").ok().out
    units = [line.split()[0].replace("@.service", "@x.service") for line in listed.splitlines()]
    expect_agreement(units, 60)


def of_syntax():
    with Made():
        expect_agreement([f"sf-{name}.service" for name in TEXTS], len(TEXTS))


def of_trees():
    with Made():
        expect_agreement(IN_TREE, len(IN_TREE))
        for unit, found in read(NOT_LOADED).items():
            expect(found.get("load_state") != "loaded", f"systemd loads {unit}")
            expect("files_error" in found, f"{unit} is read from files; systemd says {found}")


def audit(*arguments):
    """Without its notes, which tell of files when files were read."""
    found = json.loads(sandfit("audit", *arguments, "--json").ok().out)
    del found["notes"]
    return found


def of_audit():
    """The score does not depend on whom was asked for the settings."""
    for name in SERVICES:
        unit = Service(name)
        asked, below = audit(unit.name), audit(unit.name, "--root", "/")
        expect(asked == below, f"{unit.name}: audit says {asked['exposure']}, with --root {below['exposure']}")
        files = [unit.property("FragmentPath"), *unit.property("DropInPaths").split()]
        named = audit(unit.name, *(word for path in files for word in ("--unit-file", path)))
        expect(asked == named, f"{unit.name}: audit says {asked['exposure']}, of its files {named['exposure']}")


def of_image():
    """A unit of another root, without the running systemd: what its image says counts, and no link leads out."""
    image = WORK / "image"
    shutil.rmtree(image, ignore_errors=True)
    units = image / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    (units / "nginx.service").write_text("[Service]\nExecStart=/usr/sbin/nginx\nPrivateNetwork=yes\n")
    (image / "etc/systemd/system").mkdir(parents=True)
    (image / "etc/systemd/system/nginx.service.d").symlink_to("/usr/lib/systemd/system/redis-server.service.d")
    (image / "etc/systemd/system/sshd.service").symlink_to("/lib/systemd/system/ssh.service")
    found = audit("nginx", "--root", image)
    present = {item["directive"]: item["present"] for item in found["items"]}
    expect(present["PrivateNetwork"] == ["yes"], f"PrivateNetwork= is {present['PrivateNetwork']}")
    expect(Unit("nginx.service").property("PrivateNetwork") == "no", "the host's own nginx has it")
    out = sandfit("audit", "sshd", "--root", image)
    expect(out.status == 1 and out.err.startswith("sandfit: "), f"a link out of the image was followed: {out}")
    # Nor does it need a running systemd, or a bus.
    alone = run("unshare", "--mount", "sh", "-c",
                "mount -t tmpfs none /run/systemd && mount -t tmpfs none /run/dbus && "
                f"exec {SANDFIT} audit nginx --root {image} --json")
    expect(json.loads(alone.ok().out)["exposure"] == found["exposure"], alone)


def of_suggest():
    """A profile with its settings from files gives the drop-in that it gives with those that systemd told."""
    service, path = Service("redis-server"), WORK / "settings.json"
    service.step("prepare").ok()
    service.start_clean()
    observe(service, path, workload=service.workload_command())
    asked = sandfit("suggest", path, "--accept-incomplete").ok().out
    below = sandfit("suggest", path, "--accept-incomplete", "--root", "/").ok()
    expect(asked == below.out, f"with --root the drop-in is another:\n{below.out}")
    # And without any settings of a unit, as `sandfit run` leaves them, it is another.
    bare = json.loads(path.read_text())
    bare["settings"] = {}
    (WORK / "bare.json").write_text(json.dumps(bare))
    without = sandfit("suggest", WORK / "bare.json", "--accept-incomplete").ok().out
    expect(without != asked, "the unit's own settings do not matter")
    again = sandfit("suggest", WORK / "bare.json", "--accept-incomplete", "--root", "/").ok().out
    # What only systemd tells (limits, triggers) no rule needs for this service.
    expect(again == asked, f"a profile without settings gives another drop-in with --root:\n{again}")


def tests():
    yield "settings from files: every service of this lab", of_all_services
    yield "settings from files: the syntax", of_syntax
    yield "settings from files: aliases, instances, drop-ins, masks", of_trees
    yield "settings from files: audit scores the same", of_audit
    yield "settings from files: a unit of an image", of_image
    yield "settings from files: suggest writes the same", of_suggest
