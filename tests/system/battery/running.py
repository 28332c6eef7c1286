"""Runs rows of the battery side by side, and says of each whether it worked."""

import dataclasses
import pathlib
import shutil
import subprocess
import time

from battery.row import LOGS, TOP
from harness import DROP_IN_NAME, RUNTIME_UNITS, SANDFIT, WORK, Failure, Skip, Unit, expect, run

PATIENCE = 150  # seconds in which a unit must have done enough; all start at once, and a machine under load took 45


@dataclasses.dataclass
class Seen:
    """What a row's unit said in a phase."""

    ok: int
    errors: list
    lacking: str

    @staticmethod
    def of(row):
        lines = row.log.read_text(errors="replace").splitlines() if row.log.exists() else []
        return Seen(lines.count("ok"), [line for line in lines if line.startswith("error:")],
                    next((line for line in lines if line.startswith("lacking:")), ""))


class Running:
    """Rows that were started together, until each did enough or cannot."""

    def __init__(self, rows):
        self.rows, self.pokes, self.trouble = rows, {row.name: 0 for row in rows}, {}

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        waiting = list(self.rows)
        while waiting and time.monotonic() < deadline:
            states = active_states(waiting)
            waiting = [row for row in waiting if not self.is_done(row, states.get(row.unit))]
            time.sleep(0.1)
        for row in waiting:
            self.trouble[row.name] = f"did it {Seen.of(row).ok} times in {PATIENCE} s"
        for row in self.rows:
            self.look_from_outside(row)

    def is_done(self, row, state):
        seen = Seen.of(row)
        if seen.errors or seen.lacking:
            return True
        if state == "failed":
            self.trouble[row.name] = f"the unit failed: {Unit(row.unit).why()}"
            return True
        if row.poke and (state == "active" or row.started_by):
            row.poke(row, self.pokes[row.name])
            self.pokes[row.name] += 1
        return seen.ok >= row.turns and (row.poke is None or self.pokes[row.name] > 2)

    def look_from_outside(self, row):
        if row.check and row.name not in self.trouble and not Seen.of(row).errors:
            try:
                row.check(row)
            except (Failure, OSError, StopIteration) as failure:
                self.trouble[row.name] = f"seen from outside: {failure!r}"

    def verdicts(self):
        """{name: None, or what went wrong}; a Skip for what this machine does not have."""
        found = {}
        for row in self.rows:
            seen = Seen.of(row)
            found[row.name] = Skip(seen.lacking) if seen.lacking else None
            if seen.errors or row.name in self.trouble:
                found[row.name] = Failure("; ".join([*dict.fromkeys(seen.errors), *filter(None, [
                    self.trouble.get(row.name)])]))
        return found


def active_states(rows):
    out = run("systemctl", "show", "-p", "Id,ActiveState", *(row.unit for row in rows)).out
    pairs = (dict(line.split("=", 1) for line in block.splitlines()) for block in out.split("\n\n") if block.strip())
    return {pair["Id"]: pair["ActiveState"] for pair in pairs}


def reset(rows):
    """Every row finds what it found the first time."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        place = line.split()[4]
        if place.startswith(f"{TOP}/"):
            run("umount", "-l", place)
    for row in rows:
        shutil.rmtree(row.directory, ignore_errors=True)
        row.directory.mkdir(parents=True)
        row.make(row.directory)
        if row.user:
            run("chown", "-R", f"{row.user}:", row.directory).ok()
        if row.clean:
            row.clean(row)
        row.log.write_text("")


def starters(rows):
    return [row.started_by or row.unit for row in rows]


def stop(rows):
    run("systemctl", "stop", *starters(rows), *(row.unit for row in rows), limit=120)
    run("systemctl", "reset-failed")


def restart_again(rows):
    """With what the first run left. An error after it is an error of the row."""
    if rows:
        run("systemctl", "stop", *starters(rows), limit=60)  # all, since they may be of one user
    before = {row.name: len(row.log.read_text()) for row in rows}
    if rows:
        run("systemctl", "start", *starters(rows), limit=60)
    deadline = time.monotonic() + PATIENCE
    while any(len(row.log.read_text()) == before[row.name] for row in rows) and time.monotonic() < deadline:
        time.sleep(0.1)


def run_rows(rows):
    """One phase: from a clean start to the stop."""
    reset(rows)
    run("systemctl", "restart", *starters(rows), limit=200)  # who does not start is seen below
    running = Running(rows)
    running.wait()
    restart_again([row for row in rows if row.again])
    stop(rows)
    return running.verdicts()


def observe_rows(rows, restart):
    """Rows that are started by another unit are observed without --restart: that is how their start is seen."""
    reset(rows)
    go, done = WORK / "battery-watched", WORK / "battery-done"
    for path in (go, done):
        path.unlink(missing_ok=True)
    command = [SANDFIT, "observe", *(row.unit for row in rows), *(["--restart"] if restart else []), "-q", "-o",
               str(LOGS), "--run", f"touch {go}; while [ ! -e {done} ]; do sleep 0.1; done"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="surrogateescape") as observer:
        while not go.exists() and observer.poll() is None:
            time.sleep(0.05)
        try:
            if not restart:
                run("systemctl", "restart", *starters(rows))
            running = Running(rows)
            running.wait()
            stop(rows)
        finally:
            done.touch()  # or the observer, for whose end we wait in any case, has none
        try:
            out, _ = observer.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            observer.kill()
            raise Failure(f"observe did not end within 120 s after its {len(rows)} units were stopped") from None
    expect(observer.returncode in (0, 7), f"observe ended with {observer.returncode}: {out}")
    return running.verdicts()


def define(rows):
    """Their unit files. To be followed by a daemon-reload, as install()."""
    for row in rows:
        row.unit_file.write_text(row.text())
        if row.starter:
            (RUNTIME_UNITS / row.started_by).write_text(row.starter)


def install(row, drop_in):
    """To be followed by a daemon-reload, one for all."""
    path = RUNTIME_UNITS / f"{row.unit}.d" / DROP_IN_NAME
    if drop_in is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(drop_in, errors="surrogateescape")
