"""The main job on real services: observe a restart with a workload, suggest, run under the drop-in."""

import functools
import json
import pathlib

from harness import (DROP_IN_NAME, RUNTIME_UNITS, WORK, Profile, Service, Skip, directives, expect, observe,
                     sandfit, suggest)
from peer import GATE_DROP_IN, NEVER_RETURN, Peer, gated
from sides import expect_refusals

# These services go through every test, the others through those that no service may fail.
IN_DEPTH = ["nginx", "redis-server", "postgresql"]

# 2.0 for what runs without root, 2.6 for what drops from root, on Debian 12. Where a service cannot get there, the
# figure that it reaches, and in HELD_BY the cause.
MOST_EXPOSURE = {
    "nginx": 2.6, "redis-server": 2.0, "postgresql": 2.6, "prometheus-node-exporter": 2.0, "haproxy": 2.9,
    "unbound": 2.6, "chrony": 2.6, "mariadb": 2.0, "prometheus": 2.0, "rsyslog": 2.6, "fail2ban": 2.6, "certbot": 2.6,
    "containerd": 6.3,
}
HELD_BY = {
    "haproxy": "IPAddressDeny=: it asks a name server; PrivateDevices=: BindReadOnlyPaths=/dev/log; CAP_NET_ADMIN for setsockopt",
    "containerd": "it mounts for others, makes namespaces and runs what it is given: CAP_SYS_ADMIN and most others were used",
    "cron": "it opens sessions: what users run in them is not known",
    "openssh-server": "it opens sessions: what users run in them is not known",
}

KEPT = pathlib.Path("/var/lib/sandfit-test/drop-ins")

# Hardening that goes too far: the workload must notice, or passing it would mean nothing.
TOO_HARD = {
    "nginx": [
        "CapabilityBoundingSet=~CAP_DAC_OVERRIDE",
        "SystemCallFilter=~rename",
        "RestrictAddressFamilies=AF_INET AF_INET6",
    ],
    "redis-server": ["SystemCallFilter=~rename", "ProtectSystem=strict", "RestrictAddressFamilies=AF_INET AF_INET6"],
    "postgresql": ["CapabilityBoundingSet=~CAP_SETUID", "SystemCallFilter=~shmget", "MemoryDenyWriteExecute=yes"],
    "prometheus-node-exporter": [
        "ProcSubset=pid",
        "ProtectProc=invisible",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    ],
    "haproxy": [
        "CapabilityBoundingSet=~CAP_SYS_CHROOT",
        "ProtectSystem=strict",
        "RestrictAddressFamilies=AF_INET AF_UNIX",
    ],
    "unbound": [
        "CapabilityBoundingSet=~CAP_SETUID",
        "RestrictAddressFamilies=AF_INET AF_INET6",
        "ProtectSystem=strict\nReadWritePaths=/run /var/lib/unbound",
    ],
    "chrony": ["ProtectClock=yes", "CapabilityBoundingSet=~CAP_NET_BIND_SERVICE", "ReadOnlyPaths=/var/lib/chrony"],
    "mariadb": [
        "SystemCallFilter=~rename",
        "RestrictAddressFamilies=AF_UNIX",
        "ProtectSystem=strict\nReadWritePaths=/run /var/lib/mysql /var/log",
    ],
    "prometheus": ["ProtectSystem=strict", "SystemCallFilter=~renameat"],
    "rsyslog": [
        "CapabilityBoundingSet=~CAP_NET_BIND_SERVICE",
        "SystemCallFilter=~mkdir",
        "ProtectSystem=strict\nReadWritePaths=/run /var/log",
    ],
    "cron": ["NoNewPrivileges=yes", "PrivateTmp=yes", "MemoryDenyWriteExecute=yes"],
    "openssh-server": [
        "ProtectSystem=full",
        "CapabilityBoundingSet=~CAP_SETUID",
        "MemoryDenyWriteExecute=yes",
        "PrivateTmp=yes",
    ],
    "fail2ban": ["CapabilityBoundingSet=~CAP_NET_ADMIN", "NoExecPaths=/usr/sbin/nft"],
    "certbot": ["CapabilityBoundingSet=~CAP_NET_BIND_SERVICE", "SystemCallFilter=~symlink", "NoExecPaths=/etc"],
    "containerd": ["RestrictNamespaces=yes", "CapabilityBoundingSet=~CAP_SYS_ADMIN", "SystemCallFilter=~pivot_root"],
}

# Before and after, as far as they were measured.
EXPOSURES = {}

# Seconds for a step of a workload that is meant to fail.
PATIENCE = 8


class ServiceTests:
    """The tests of one service, in their order. They share one profile."""

    def __init__(self, name):
        self.name = name
        self.path = WORK / f"{name}.json"
        self.was_observed = False

    @functools.cached_property
    def service(self):
        service = Service(self.name)
        service.step("prepare").ok()
        return service

    def profile(self):
        """Made here when only a later test was asked for."""
        if not self.path.exists():
            expect(not self.was_observed, "there is no profile: see the test that makes it")
            self.service.step("prepare").ok()
            self.is_observed()
        return Profile(self.path)

    def tests(self):
        yield "the workload passes without hardening", self.passes_without_hardening
        yield "the workload fails under hardening that goes too far", self.fails_under_too_much
        yield "a restart with the workload is observed without loss", self.is_observed
        yield "systemd accepts the balanced drop-in without a complaint", self.balanced_is_accepted
        yield "the workload passes under the balanced drop-in", self.balanced_fits
        yield "every suggested value refuses what it should", self.values_refuse
        if self.name in MOST_EXPOSURE:
            yield f"the balanced drop-in brings exposure to {MOST_EXPOSURE[self.name]} or below", self.balanced_is_tight
        else:
            yield "the balanced drop-in does not raise the exposure", self.balanced_does_not_raise_exposure
        yield "harden gets from half of the workload to a drop-in under which all of it passes", self.is_hardened
        if self.name in IN_DEPTH:
            yield "the same workload passes under the strict drop-in", self.strict_fits
            yield "the workload passes under the cautious drop-in", self.cautious_fits
            yield "each suggested capability was granted in a real check", self.capabilities_are_needs
            yield "the strict syscall list is what strace sees on the same run", self.syscalls_are_straces
        yield "nothing is left of the test", self.clean_up

    def passes_without_hardening(self):
        self.service.drop_in(None)
        self.service.expect_passes()

    def fails_under_too_much(self):
        try:
            for line in TOO_HARD[self.name]:
                self.service.drop_in(f"[Service]\n{line}\n")
                expect(self.service.why_not(PATIENCE), f"it passes under {line}")
        finally:
            self.service.drop_in(None)

    def is_observed(self):
        self.was_observed = True
        self.service.start_clean()
        profile = observe(self.service, self.path, workload=self.service.workload_command())
        self.service.stop_well()
        expect(not profile.losses(), f"lost: {profile.losses()}")
        # The workload restarts the unit, so its stop is seen as well.
        expect({"start", "stop"} <= profile.phases(), f"only seen: {profile.phases()}")
        for kind in ("syscalls", "files", "sockets", "addresses", "executions"):
            expect(profile.facts(kind), f"no facts of the kind {kind}")
        sandfit("show", self.path).ok()

    def balanced_is_accepted(self):
        self.service.expect_accepted(suggest(self.profile().path, "balanced"))

    def fits(self, tightness):
        self.service.drop_in(suggest(self.profile().path, tightness))
        try:
            self.service.expect_passes()
        finally:
            self.service.drop_in(None)

    def balanced_fits(self):
        self.fits("balanced")
        # On the lab's disk, where tests/system/run finds it: the next release's services run under it, too.
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{self.name}.conf").write_text(suggest(self.profile().path, "balanced"), errors="surrogateescape")

    def values_refuse(self):
        drop_in = suggest(self.profile().path, "balanced")
        self.service.stop()
        self.service.step("reset").ok()
        self.service.drop_in(None)
        expect_refusals(self.service, drop_in)

    def is_hardened(self):
        """What the second half needs is found by what was refused, and told; the unit ends under the drop-in."""
        half = WORK / f"{self.name}.half.json"
        self.service.start_clean()
        observe(self.service, half, workload=self.service.workload_command("half"))
        done = sandfit("harden", self.service.name, "--from", half, "--run", self.service.workload_command("round"),
                       "--json", "--quiet", limit=580)
        if self.name not in MOST_EXPOSURE and "nothing can be suggested" in done.err:
            return  # it opens sessions: there is nothing to fit
        expect(done.status == 0, str(done))
        report = json.loads(done.out)
        expect(report["fits"] and report["verdict"] == "hardened", done.out)
        told = [f"{len(one['denials'])} denials" if one["how"] == "denials" else one["how"] for one in report["widened"]]
        print(f"    {report['rounds']} rounds, {report['starts']} starts; widened: {', '.join(told) or 'nothing'}; "
              f"exposure {report['exposure']['before']} -> {report['exposure']['after']}")
        expect(not report["still_denied"], f"still refused: {report['still_denied']}")
        self.service.expect_passes()
        sandfit("rollback", self.service.name).ok()
        expect(not (RUNTIME_UNITS / f"{self.service.name}.d" / DROP_IN_NAME).exists(), "the drop-in is still there")

    def strict_fits(self):
        self.fits("strict")

    def cautious_fits(self):
        self.fits("cautious")

    def balanced_is_tight(self):
        after = self.exposures()[1]
        expect(after <= MOST_EXPOSURE[self.name], f"exposure is {after}")

    def balanced_does_not_raise_exposure(self):
        before, after = self.exposures()
        expect(after <= before, f"exposure was {before}, and is {after}")

    def exposures(self):
        before = self.service.exposure()
        self.service.drop_in(suggest(self.profile().path, "balanced"))
        try:
            after = self.service.exposure()
        finally:
            self.service.drop_in(None)
        print(f"    exposure {before} -> {after}")
        EXPOSURES[self.name] = (before, after)
        return before, after

    def capabilities_are_needs(self):
        profile = self.profile()
        drop_in = suggest(profile.path, "balanced")
        assigned = directives(drop_in).get("CapabilityBoundingSet")
        expect(assigned is not None, "there is no CapabilityBoundingSet=")
        suggested = sorted(set(" ".join(assigned).split()))
        expect(not any(word.startswith("~") for word in suggested), f"a deny-list: {assigned}")
        self.service.start_clean()
        for capability in suggested:
            inside = {fact["syscall"] for fact in profile.facts("capabilities", capability=capability, granted=True)
                      if fact["use"] == "need" and fact.get("syscall") and not fact.get("own_user_namespace")}
            asked = profile.facts("capability_requests", capability=capability)
            expect(inside or asked, f"{capability} has no granted need: {profile.facts('capabilities', capability=capability)}")
            why = self.without(capability, suggested)
            told = "the workload passes without it" if why is None else f"without it: {why.splitlines()[-1].strip()[:90]}"
            print(f"    {capability:22} {', '.join(sorted(inside)) or 'asked for by the program'}; {told}")

    def without(self, capability, suggested):
        rest = [name for name in suggested if name != capability]
        self.service.drop_in(f"[Service]\nCapabilityBoundingSet=\nCapabilityBoundingSet={' '.join(rest)}\n")
        try:
            return self.service.why_not(PATIENCE)
        finally:
            self.service.drop_in(None)

    def syscalls_are_straces(self):
        service, path = self.service, WORK / f"{self.name}.strace.json"
        service.start_clean()
        service.drop_in(gated(service), GATE_DROP_IN)
        try:
            with Peer(WORK / f"{self.name}.strace") as peer:
                # Both see the last start to its end: the unit stops while both watch.
                workload = f"{service.workload_command()} && systemctl stop {service.name}"
                profile = observe(service, path, workload=f"export STEP_LIMIT=120; {workload}", limit=400)
        finally:
            service.drop_in(None, GATE_DROP_IN)
            service.stop()
        theirs = peer.syscalls() - NEVER_RETURN
        ours = {fact["name"] for fact in profile.facts("syscalls")} - NEVER_RETURN
        if "execve" not in theirs:
            ours -= {"execve"}  # the service's own beginning, which strace has seen from the outside
        expect(ours == theirs, f"only sandfit: {sorted(ours - theirs)}; only strace: {sorted(theirs - ours)}")
        allowed = directives(suggest(path, "strict")).get("SystemCallFilter", [])
        names = set(" ".join(allowed).split())
        expect(theirs <= names, f"the strict list lacks {sorted(theirs - names)}")
        extra = names - theirs - NEVER_RETURN - {"execve"}
        expect(not extra, f"the strict list has more than was called: {sorted(extra)}")
        print(f"    {len(theirs)} syscalls")

    def clean_up(self):
        # Harden may just have started it: fail2ban, for one, cannot be told to stop before it is ready.
        if self.service.is_active():
            self.service.step("ready")
        self.service.stop()
        # What starts the unit again is stopped by its reset.
        self.service.step("reset").ok()
        expect(not self.service.is_active(), f"{self.service.name} is still active")
        left = sorted(path.name for path in RUNTIME_UNITS.glob(f"{self.service.name}.d/*"))
        expect(not left, f"drop-ins: {left}")


def table_of_exposures():
    if not EXPOSURES:
        raise Skip("no exposure was measured")
    print(f"    {'service':26} before  after")
    for name, (before, after) in EXPOSURES.items():
        print(f"    {name:26} {before:6}  {after:5}  {HELD_BY.get(name, '')}".rstrip())
    missing = sorted(set(TOO_HARD) - set(EXPOSURES))
    expect(not missing, f"not measured: {', '.join(missing)}")


def tests():
    for name in TOO_HARD:
        for title, test in ServiceTests(name).tests():
            yield f"{name}: {title}", test
    yield "exposure of all services", table_of_exposures
