#!/usr/bin/env python3
"""Runs the system tests inside the lab: suite.py [WORD]

With WORD only the tests whose name contains it. The last line counts them; the status is 1 if any failed.
"""

import sys
import time
import traceback

import battery_tests
import behaviour_tests
import enforce_tests
import service_tests
import settings_tests
import unit_kinds
from harness import WORK, Failure, Skip


def attempt(test):
    try:
        test()
    except Failure as failure:
        return "FAILED", str(failure)
    except Skip as skip:
        return "skipped", str(skip)
    except Exception:  # the test itself is wrong, or something gave an answer that it does not know
        return "FAILED", traceback.format_exc()
    return "passed", ""


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    WORK.mkdir(parents=True, exist_ok=True)
    count = {"passed": 0, "FAILED": 0, "skipped": 0}
    for name, test in [*service_tests.tests(), *behaviour_tests.tests(), *enforce_tests.tests(),
                       *unit_kinds.tests(), *settings_tests.tests(), *battery_tests.tests(wanted)]:
        if wanted not in name:
            continue
        started = time.monotonic()
        verdict, text = attempt(test)
        count[verdict] += 1
        print(f"{verdict}: {name} ({time.monotonic() - started:.1f} s)", flush=True)
        for line in text.splitlines():
            print(f"    {line}".encode("utf-8", "backslashreplace").decode(), flush=True)
    print(f"system tests: {count['passed']} passed, {count['FAILED']} failed, {count['skipped']} skipped")
    return 1 if count["FAILED"] or not any(count.values()) else 0


sys.exit(main())
