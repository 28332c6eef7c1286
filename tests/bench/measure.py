"""measure.py - the measurements behind tools/bench, which builds what they need and tells the options.

One service runs all the time, and what watches it comes and goes: so two measurements that are compared are of the
same process, a few seconds apart. They are made in rounds, in each round in another order. A ratio is always of two
measurements of one round; what is told is the median over the rounds.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import figures
import machine
import probes
import services

CPU_RATIO_LIMIT = 1.10   # service's CPU per operation, to that under the empty program
OWN_CORE_LIMIT = 1.0     # sandfit's own CPU in steady state, percent of a core
CALL_LIMIT_NS = 10.0     # more for a call than under the empty program


@dataclasses.dataclass
class Plan:
    service_seconds: float   # for the rounds of one service
    chunk_seconds: float
    tries: int               # chunks in a row, of which the cheapest counts: what disturbs only ever adds
    steady_seconds: int      # two checkpoints at least: every five seconds
    call_rounds: int
    strace_every: int        # rounds: it needs no precision
    total_seconds: int       # nothing takes longer, whatever hangs

    @staticmethod
    def of(quick):
        if quick:
            return Plan(30, 0.3, 3, 10, 6, 3, 480)
        return Plan(150, 0.4, 3, 30, 30, 6, 1800)


class Bench:
    def __init__(self, options, directory, file_directory):
        self.plan = Plan.of(options.quick)
        self.programs = pathlib.Path(options.programs).resolve()
        self.directory = directory
        self.file_directory = file_directory
        self.file_system = machine.output_of(["stat", "-f", "-c", "%T", options.files]).strip()
        self.order = random.Random(1)
        kinds = [probes.Nothing, probes.Again, probes.Empty, probes.Sandfit, probes.Strace]
        self.probes = {kind.name: kind(directory, self.programs) for kind in kinds}
        self.running = []
        self.disturbed = 0
        self.stolen_before = machine.stolen_ticks()

    def tell(self, text):
        print(text, file=sys.stderr, flush=True)

    def start(self, kind, directory):
        service = kind(directory, self.programs)
        self.running.append(service)
        service.start()
        return service

    def close(self):
        """Whatever state it is in: a probe and a service end with their group."""
        for each in list(self.probes.values()):
            each.close()
        for service in self.running:
            service.stop()
        self.running.clear()

    def others_are_here(self):
        """Whether others trace, too. Ours of the last round are freed a little after their end, hence the second look."""
        if not machine.foreign_programs():
            return False
        time.sleep(0.5)
        return machine.foreign_programs() > 0

    def undisturbed(self, rounds, disturbed):
        """The rounds without programs of others; all of them where that leaves too few."""
        clean = [one for number, one in enumerate(rounds) if number not in disturbed]
        if len(clean) >= 3:
            return clean
        self.disturbed += len(disturbed)
        return rounds

    def stolen_percent(self):
        stolen, total = (now - before for now, before in zip(machine.stolen_ticks(), self.stolen_before))
        return 100 * stolen / max(1, total)

    # -- CPU per operation --

    def measure(self, service, probe, seconds):
        """CPU microseconds per operation, of the service and of what watches it."""
        service_before, probe_before, begin = service.cgroup.cpu_us(), probe.cpu_us(), time.monotonic()
        operations = service.load(seconds)
        seconds = time.monotonic() - begin
        if operations <= 0:
            raise machine.Failure(f"{service.name}: not one operation under {probe.name}")
        own = probe.cpu_us() - probe_before
        return {"service_us": (service.cgroup.cpu_us() - service_before) / operations, "own_us": own / operations,
                "own_core_percent": own / 1e4 / seconds, "operations_per_second": operations / seconds,
                "seconds": seconds}

    def measure_under(self, service, probe):
        probe.attach(service)
        try:
            service.touch()
            tries = [self.measure(service, probe, self.plan.chunk_seconds) for _ in range(self.plan.tries)]
            return min(tries, key=lambda one: one["service_us"])
        finally:
            probe.detach()

    def steady(self, service):
        """sandfit alone for longer, its first two seconds left out: then all that is left are polls and checkpoints."""
        probe = self.probes["sandfit"]
        probe.attach(service)
        try:
            service.load(2)
            attached = probe.cpu_us()
            windows = []
            end = time.monotonic() + self.plan.steady_seconds
            while time.monotonic() < end:
                windows.append(self.measure(service, probe, 5))
            return {"attach_ms": attached / 1e3, "windows": windows}
        finally:
            probe.detach()

    def rounds(self, service):
        names = ["nothing", "again", "empty", "sandfit"]
        rounds, disturbed = [], set()
        end = time.monotonic() + self.plan.service_seconds
        while time.monotonic() < end or len(rounds) < 3:
            others = self.others_are_here()
            order = list(names)
            self.order.shuffle(order)
            if len(rounds) % self.plan.strace_every == 0:
                order.append("strace")
            rounds.append({name: self.measure_under(service, self.probes[name]) for name in order})
            if others or self.others_are_here():
                disturbed.add(len(rounds) - 1)
        return self.undisturbed(rounds, disturbed)

    def load(self, kind):
        self.tell(f"{kind.name} ...")
        service = self.start(kind, self.file_directory if kind is services.Files else self.directory)
        try:
            service.touch()
            service.load(1)
            return {"operation": service.operation, "rounds": self.rounds(service), "steady": self.steady(service)}
        finally:
            self.running.remove(service)
            service.stop()

    # -- nanoseconds per call --

    def chunks(self, worker, other, count, size):
        """The smallest of short chunks of both processes in turn: what is left is the cost without interruptions."""
        times = {"traced": [], "untraced": [], "open": []}
        for _ in range(count):
            times["traced"].append(worker.ask("calls", size) / size)
            times["untraced"].append(other.ask("calls", size) / size)
            times["open"].append(worker.ask("opens", size // 10) / (size // 10))
        return {what: min(values) for what, values in times.items()}

    def calls(self):
        self.tell("calls ...")
        worker = self.start(services.TracedCalls, self.directory)
        other = self.start(services.UntracedCalls, self.directory)
        rounds, disturbed = [], set()
        names = ["nothing", "again", "empty", "sandfit"]
        for number in range(self.plan.call_rounds):
            others = self.others_are_here()
            self.order.shuffle(names)
            one = {}
            for name in names:
                self.probes[name].attach(worker)
                try:
                    one[name] = self.chunks(worker, other, 40, 10000)
                finally:
                    self.probes[name].detach()
            if number % self.plan.strace_every == 0:
                strace = self.probes["strace"]
                strace.attach(worker)
                try:
                    # a call takes a thousand times longer
                    one["strace"] = self.chunks(worker, other, 5, 200)
                finally:
                    strace.detach()
            rounds.append(one)
            if others or self.others_are_here():
                disturbed.add(number)
        return self.undisturbed(rounds, disturbed)


def ratios(rounds, name, base, what="service_us"):
    return figures.spread([one[name][what] / one[base][what] for one in rounds if name in one])


def own_core(load):
    """sandfit's share of a core over all of the steady time: a checkpoint falls into one window or the next."""
    windows = load["steady"]["windows"]
    shares = figures.spread([window["own_core_percent"] for window in windows])
    shares.median = sum(window["own_core_percent"] * window["seconds"] for window in windows) / sum(
        window["seconds"] for window in windows)
    return shares


def differences(rounds, name, base, what):
    return figures.spread([one[name][what] - one[base][what] for one in rounds if name in one])


def load_table(loads):
    head = ["load", "us/op", "nothing again", "empty", "sandfit", "strace", "sandfit/empty", "rounds",
            "sandfit's own us/op, core", "strace's own"]
    rows = []
    for name, load in loads.items():
        rounds = load["rounds"]
        windows = load["steady"]["windows"]
        own_us = figures.spread([window["own_us"] for window in windows])
        strace_us = figures.spread([one["strace"]["own_us"] for one in rounds if "strace" in one])
        rows.append([f"{name} {load['operation']}",
                     figures.spread([one["nothing"]["service_us"] for one in rounds]).text(1),
                     ratios(rounds, "again", "nothing").text(), ratios(rounds, "empty", "nothing").text(),
                     ratios(rounds, "sandfit", "nothing").text(), ratios(rounds, "strace", "nothing").text(1),
                     ratios(rounds, "sandfit", "empty").text(), str(len(rounds)),
                     f"{own_us.median:.3f}, {own_core(load).median:.2f} %", f"{strace_us.median:.0f}"])
    return figures.table(head, rows)


CALL_KINDS = {"traced": "getppid, watched process", "untraced": "getppid, any other process",
              "open": "open and close, watched"}


def call_table(rounds):
    head = ["ns", "bare", "again", "empty adds", "sandfit adds to empty", "strace adds"]
    rows = []
    for what, text in CALL_KINDS.items():
        rows.append([text, figures.spread([one["nothing"][what] for one in rounds]).text(0),
                     differences(rounds, "again", "nothing", what).text(0),
                     differences(rounds, "empty", "nothing", what).text(0),
                     differences(rounds, "sandfit", "empty", what).text(0),
                     differences(rounds, "strace", "nothing", what).text(0)])
    return figures.table(head, rows)


def targets(loads, calls):
    found = []
    for name in ("redis", "nginx"):
        if name in loads:
            found.append(figures.Target(f"{name}, CPU per operation to that under the empty program", CPU_RATIO_LIMIT,
                                        ratios(loads[name]["rounds"], "sandfit", "empty")))
    for name, load in loads.items():
        found.append(figures.Target(f"{name}, sandfit's own CPU in steady state, % of a core", OWN_CORE_LIMIT,
                                    own_core(load)))
    for what in ("traced", "untraced") if calls else ():
        found.append(figures.Target(f"{CALL_KINDS[what]}, ns a call more than empty", CALL_LIMIT_NS,
                                    differences(calls, "sandfit", "empty", what)))
    return found


def describe(bench, loads, calls, seconds):
    system = os.uname()
    lines = [f"Linux {system.release} {system.machine}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, "
             f"{bench.stolen_percent():.0f} % of the CPU time taken by the hypervisor; files on {bench.file_system}; "
             f"{seconds:.0f} s"]
    if loads:
        lines += ["", "CPU time of the service per operation, as ratio to no probe: median [smallest largest] over the",
                  "rounds. 'nothing again' is no probe, too: its scatter is the noise. strace's own time is without the",
                  "peer's parser.", "", load_table(loads)]
    if calls:
        lines += ["", f"Nanoseconds a call: the best of many chunks, median [smallest largest] over {len(calls)} rounds.", "",
                  call_table(calls)]
    lines += [""] + [target.text() for target in targets(loads, calls)]
    if loads:
        attach = figures.spread([load["steady"]["attach_ms"] for load in loads.values()])
        lines.append(f"sandfit loads and attaches in {attach.text(0)} ms of CPU time.")
    if bench.probes["sandfit"].lost:
        lines.append(f"sandfit lost {bench.probes['sandfit'].lost} records.")
    if bench.disturbed:
        lines.append(f"Warning: in {bench.disturbed} rounds tracing programs of others were loaded, too: "
                     "all figures of those rounds hold their cost.")
    return "\n".join(lines)


def parse(words):
    known = [kind.name for kind in services.LOADS] + ["calls"]
    parser = argparse.ArgumentParser(prog="tools/bench")
    parser.add_argument("--programs", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--files", default="/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir())
    parser.add_argument("--only", type=lambda text: text.split(","), default=known)
    options = parser.parse_args(words)
    for name in options.only:
        if name not in known:
            parser.error(f"no load '{name}' ({', '.join(known)})")
    return options


def stop(number, _frame):
    raise machine.Failure("it took too long" if number == signal.SIGALRM else "interrupted")


def main(words):
    options = parse(words)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    directory, files = (pathlib.Path(tempfile.mkdtemp(prefix="sandfit-bench.", dir=where))
                        for where in (None, options.files))
    for made in (directory, files):
        made.chmod(0o711)
    bench = Bench(options, directory, files)
    signal.alarm(bench.plan.total_seconds)
    begin = time.monotonic()
    try:
        loads = {kind.name: bench.load(kind) for kind in services.LOADS if kind.name in options.only}
        calls = bench.calls() if "calls" in options.only else []
    finally:
        for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        bench.close()
        for made in (directory, files):
            shutil.rmtree(made, ignore_errors=True)
    if options.json:
        judged = [{"what": each.what, "limit": each.limit, "median": each.value.median, "verdict": each.verdict()}
                  for each in targets(loads, calls)]
        print(json.dumps({"loads": loads, "calls": calls, "targets": judged, "disturbed_rounds": bench.disturbed,
                          "stolen_percent": bench.stolen_percent()}, indent=1))
    else:
        print(describe(bench, loads, calls, time.monotonic() - begin))
    missed = any(target.verdict() == "missed" for target in targets(loads, calls))
    return 3 if options.check and missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except machine.Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(1)
