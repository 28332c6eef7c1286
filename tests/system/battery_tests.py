"""A battery of small units, each doing one operation again and again, under what was derived while it was observed.

All rows run side by side: once without hardening, once while sandfit observes a restart of every one of them, once
under each tightness. A test is a row at a tightness; the first one that is asked for makes all of this happen.
"""

import concurrent.futures
import dataclasses
import functools
import json
import pathlib
import re
import shutil

from battery.refusals import NO_REFUSAL, REFUSALS, UNSEEN
from battery.row import LOGS, TOP
from battery.rows import PLAIN, ROWS
from battery.running import define, install, observe_rows, reset, run_rows
from battery.surroundings import lay_out
from harness import RUNTIME_UNITS, WORK, Failure, Profile, Skip, directives, expect, has_feature, run, sandfit

TIGHTNESSES = ("balanced", "strict")


def once(method):
    """As functools.cache, but what was raised is remembered, too: no phase is worth trying again for the next row."""
    @functools.wraps(method)
    def remembered(self, *arguments):
        outcomes = self.__dict__.setdefault("outcomes", {})
        key = method.__name__, *arguments
        if key not in outcomes:
            try:
                outcomes[key] = method(self, *arguments), None
            except Exception as failure:
                outcomes[key] = None, failure
                raise
        value, failure = outcomes[key]
        if failure:
            raise failure.with_traceback(None)  # or it would grow with each row
        return value
    return remembered


# ---- the battery --------------------------------------------------------------------------------------------

class Battery:
    """All rows through all phases, once. Each phase leaves out what failed in the one before it."""

    def __init__(self, rows):
        self.rows = rows

    @once
    def unhardened(self):
        lay_out()
        define(self.rows)
        for row in self.rows:
            install(row, None)
        run("systemctl", "daemon-reload").ok()
        lacking = {row.name: Skip(f"capability {row.needs} is not granted here") for row in self.rows
                   if row.needs >= 0 and not has_capability(row.needs)}
        return run_rows([row for row in self.rows if row.name not in lacking]) | lacking

    @once
    def observed(self):
        rows = [row for row in self.rows if self.unhardened()[row.name] is None]
        verdicts = {}
        for restart in (True, False):
            batch = [row for row in rows if (not row.started_by) == restart]
            if batch:
                verdicts |= observe_rows(batch, restart)
        return verdicts

    @once
    def drop_in(self, row, tightness):
        verdict = self.observed().get(row.name, "it did not work even before")
        expect(verdict is None, f"{row.name} was not observed: {verdict}")
        return sandfit("suggest", self.profile(row), "-t", tightness, "--accept-incomplete").ok().out

    def profile(self, row):
        return LOGS / f"{row.unit}.profile.json"

    @once
    def hardened(self, tightness):
        rows = [row for row in self.rows if self.observed().get(row.name, "was not observed") is None]
        verdicts, ready = {}, []
        for row in rows:
            try:
                install(row, self.drop_in(row, tightness))
                ready.append(row)
            except Failure as failure:
                verdicts[row.name] = failure
        run("systemctl", "daemon-reload").ok()
        verdicts |= run_rows(ready)
        for row in rows:
            install(row, None)
        return verdicts

    def expect_fits(self, row, tightness):
        before = self.unhardened()[row.name]
        if isinstance(before, Skip):
            raise before
        expect(before is None, f"without hardening: {before}")
        expect(self.observed()[row.name] is None, f"while it was observed: {self.observed()[row.name]}")
        losses = Profile(self.profile(row)).losses()
        expect(not set(losses) - set(row.losses), f"lost while it was observed: {losses}")
        verdict = self.hardened(tightness)[row.name]
        if verdict is not None and row.told:
            expect(row.told in " ".join(self.drop_in(row, tightness).replace("#", " ").split()),
                   f"{verdict}\nand the drop-in does not say: {row.told}")
            return
        expect(verdict is None, f"{verdict}\n{self.essence(row, tightness)}")
        self.expect_hardened(row, tightness)

    def essence(self, row, tightness):
        lines = (f"{name}={' '.join(values)}" for name, values in directives(self.drop_in(row, tightness)).items())
        return "\n".join(line if len(line) < 200 else f"{line[:190]} ..." for line in lines)

    def expect_hardened(self, row, tightness):
        """Giving up is no way to fit."""
        if "SystemCallFilter" in directives(self.drop_in(row, tightness)):
            expect(not row.no_filter, f"has a SystemCallFilter= although {row.no_filter}")
            return
        told = sandfit("suggest", self.profile(row), "-t", tightness, "-f", "json", "--accept-incomplete").ok().out
        why = next(one["reason"] for one in json.loads(told)["suggestions"] if one["directive"] == "SystemCallFilter")
        expect(row.no_filter and row.no_filter in why, f"no SystemCallFilter=: {why}")


def has_capability(number):
    mask = re.search(r"^CapBnd:\s*(\w+)", pathlib.Path("/proc/self/status").read_text(), re.M)[1]
    return int(mask, 16) >> number & 1


# ---- the other way: what must not work -----------------------------------------------------------------------

class Offenders:
    """Rows under the drop-in of another row, which does next to nothing: they must fail."""

    def __init__(self, battery):
        self.battery = battery
        self.rows = {row.name: row for row in battery.rows}

    def asked_for(self, found):
        """The refusals that a drop-in's directives promise, and that can be tried here."""
        for refusal in REFUSALS:
            words = " ".join(found.get(refusal.opened_by or refusal.directive, [])).split()
            if (refusal.directive in found and re.search(refusal.value, " ".join(found[refusal.directive])) and
                    not set(refusal.outside) & set(words) and has_feature(refusal.feature) and
                    self.battery.unhardened()[refusal.row] is None):
                yield refusal

    def expect_refused(self, tightness):
        expect(self.battery.unhardened()[PLAIN.name] is None, "the plain row itself does not work")
        drop_in = self.battery.drop_in(PLAIN, tightness)
        found = directives(drop_in)
        unknown = set(found) - set(NO_REFUSAL) - {refusal.directive for refusal in REFUSALS}
        expect(not unknown, f"battery/refusals.py does not know what these refuse: {sorted(unknown)}")
        probes = {}
        for refusal in self.asked_for(found):
            lines = [f"{name}={value}" for name in (refusal.directive, *refusal.beside)
                     for value in found.get(name, [])]
            text = "[Service]\n" + "\n".join(lines) + "\n"
            probes[self.probe(refusal, "alone", text)] = refusal, refusal.how
            probes[self.probe(refusal, "whole", drop_in)] = refusal, ""
        run("systemctl", "daemon-reload").ok()
        verdicts = run_rows(list(probes))
        wrong = [complaint for probe, (refusal, how) in probes.items()
                 if (complaint := self.complaint(refusal, how, verdicts[probe.name]))]
        for probe in probes:
            install(probe, None)
            probe.unit_file.unlink()
        tried = {refusal.directive for refusal, _ in probes.values()}
        print(f"    {len(probes) // 2} operations of which {len(tried)} directives must refuse each; "
              f"{len({one.directive for one in REFUSALS} - tried)} directives are known, but not in use here")
        expect(not wrong, "\n".join(wrong))

    def probe(self, refusal, kind, drop_in):
        row = dataclasses.replace(self.rows[refusal.row], name=f"{refusal.row}-{refusal.directive.lower()}-{kind}",
                                  started_by="")
        row.unit_file.write_text(row.text())
        install(row, drop_in)
        return row

    @staticmethod
    def complaint(refusal, how, verdict):
        where = f"{refusal.directive}= alone" if how else "the whole drop-in"
        if verdict is None:
            return f"{refusal.row} still works under {where}"
        if how and not re.search(how, str(verdict)):
            return f"{refusal.row} fails under {where}, but not as it should ({how}): {str(verdict).splitlines()[0]}"
        return None


class Named:
    """What verify says of a unit that is refused something: by which directive."""

    AT_ONCE = 6  # they wait more than they work

    def __init__(self, battery):
        self.battery = battery
        self.offenders = Offenders(battery)

    def expect_named(self):
        found = directives(self.battery.drop_in(PLAIN, "strict"))
        trials = {}
        for refusal in self.offenders.asked_for(found):
            row = self.offenders.rows[refusal.row]
            if not self.is_plain(row):
                continue
            lines = [f"{name}={value}" for name in (refusal.directive, *refusal.beside)
                     for value in found.get(name, [])]
            probe = self.offenders.probe(refusal, "named", None)
            path = WORK / f"{probe.name}.conf"
            path.write_text("[Service]\n" + "\n".join(lines) + "\n")
            trials[probe] = refusal, path
        run("systemctl", "daemon-reload").ok()
        told = self.verify_all({probe: path for probe, (_, path) in trials.items()})
        wrong = [f"{refusal.row} under {refusal.directive}=: named are {sorted(told[probe])}"
                 for probe, (refusal, _) in trials.items()
                 if refusal.directive not in told[probe] and (refusal.directive, refusal.row) not in UNSEEN]
        for probe, (_, path) in trials.items():
            probe.unit_file.unlink()
            path.unlink()
        print(f"    {len(trials)} refusals of {len({refusal.directive for refusal, _ in trials.values()})} directives")
        expect(not wrong, "\n".join(wrong))

    def expect_none_invented(self):
        """Under the drop-in under which it works a row is refused nothing."""
        fits = self.battery.hardened("balanced")
        paths = {}
        for row in self.battery.rows:
            if fits.get(row.name, "not tried") is None and self.is_plain(row):
                paths[row] = WORK / f"{row.name}.conf"
                paths[row].write_text(self.battery.drop_in(row, "balanced"))
        told = self.verify_all(paths)
        wrong = [f"{row.name}: named are {sorted(told[row])}" for row in paths if told[row] != {"()"}]
        for path in paths.values():
            path.unlink()
        print(f"    {len(paths)} rows")
        expect(len(paths) > 100, "hardly a row was tried")
        expect(not wrong, "\n".join(wrong))

    @staticmethod
    def is_plain(row):
        return not (row.poke or row.started_by or row.again or row.needs >= 0)

    def verify_all(self, paths):
        reset(list(paths))
        with concurrent.futures.ThreadPoolExecutor(self.AT_ONCE) as pool:
            return dict(zip(paths, pool.map(lambda pair: self.verify(*pair), paths.items())))

    def verify(self, row, path):
        done = sandfit("verify", row.unit, "--with", path, "--watch", "3s", "--json", "--quiet", limit=120)
        if not done.out.strip():
            return {str(done)}
        report = json.loads(done.out)
        named = {cause["directive"] for denial in report["denials"] for cause in denial["by"]}
        named |= {cause["directive"] for cause in report["start_failed_by"]}
        return named or {f"({report['why_not'] or ''})"}


def clean_up():
    run("systemctl", "stop", "battery-*", limit=120)
    reset([])
    for path in RUNTIME_UNITS.glob("battery-*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    run("systemctl", "daemon-reload").ok()
    run("systemctl", "reset-failed", "battery-*")
    shutil.rmtree(TOP, ignore_errors=True)
    left = run("systemctl", "list-units", "--all", "--plain", "--no-legend", "battery-*").out
    expect(not left.strip(), f"still there: {left}")


def tests(wanted=""):
    """`wanted` as in suite.py: with a row's name, the others need not run."""
    chosen = [row for row in ROWS if any(wanted in name_of(row, tightness) for tightness in TIGHTNESSES)]
    battery = Battery(chosen)
    for tightness in TIGHTNESSES:
        for row in chosen:
            yield name_of(row, tightness), functools.partial(battery.expect_fits, row, tightness)
    offenders = {PLAIN.name, *(refusal.row for refusal in REFUSALS)}
    if len(chosen) < len(ROWS):
        battery = Battery([row for row in ROWS if row.name in offenders])
    for tightness in TIGHTNESSES:
        yield (f"battery: each directive of the plain row's {tightness} drop-in refuses what it should",
               functools.partial(Offenders(battery).expect_refused, tightness))
    yield "battery: verify names the directive behind each refusal", Named(battery).expect_named
    yield "battery: verify names nothing under the drop-in that fits", Named(battery).expect_none_invented
    yield "battery: its units stop and go", clean_up


def name_of(row, tightness):
    return f"battery: {row.name} works under its {tightness} drop-in"
