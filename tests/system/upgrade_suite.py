#!/usr/bin/env python3
"""Runs services of a newer Debian under the drop-ins that were derived on an older one: upgrade_suite.py DIRECTORY

DIRECTORY holds SERVICE.conf for each, as tests/system/run leaves them. Runs inside a lab of the newer release. The
last line counts the services; the status is 1 if any failed.
"""

import pathlib
import sys
import time

from harness import WORK, Failure, Service, run

# A cluster of postgresql has its version in its paths and in its unit's name, and stays on that version until its
# owner moves it: here there is only the new one.
VERSIONED = {"postgresql": "/etc/postgresql"}


def for_this_release(name, text):
    if name not in VERSIONED:
        return text
    new = sorted(path.name for path in pathlib.Path(VERSIONED[name]).iterdir())[-1]
    return text.replace("/15/main", f"/{new}/main").replace("/15-main", f"/{new}-main")


def passes(name, drop_in):
    service = Service(name)
    service.step("prepare").ok()
    service.drop_in(None)
    service.expect_passes()  # or the failure would not be the drop-in's
    try:
        service.drop_in(for_this_release(name, drop_in))
        service.expect_passes()
    finally:
        service.drop_in(None)
        service.stop()


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    drop_ins = sorted(pathlib.Path(sys.argv[1]).glob("*.conf"))
    failed = 0
    print(run("systemctl", "--version").ok().out.splitlines()[0])
    for path in drop_ins:
        started = time.monotonic()
        verdict, text = "passed", ""
        try:
            passes(path.stem, path.read_text(errors="surrogateescape"))
        except Failure as failure:
            verdict, text = "FAILED", str(failure)
            failed += 1
        print(f"{verdict}: {path.stem}: the older release's drop-in fits ({time.monotonic() - started:.1f} s)", flush=True)
        for line in text.splitlines():
            print(f"    {line}".encode("utf-8", "backslashreplace").decode(), flush=True)
    print(f"upgrade tests: {len(drop_ins) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not drop_ins else 0


sys.exit(main())
