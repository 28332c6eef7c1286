#!/usr/bin/env python3
"""Adds up test cases: tally.py FILE... and prints "N passed, N failed, N skipped".

A FILE ending in .xml is what `ctest --output-junit` wrote: a test that is a Catch2 program counts as many
times as it says it has test cases, any other once. Another FILE is the output of a suite whose last line
ends in those same words; a suite without such a line has failed. The status is 1 if anything failed or
nothing passed.
"""

import re
import sys
import xml.etree.ElementTree as xml

PASSED, FAILED, SKIPPED = range(3)


def of_catch(output):
    """Catch2's own summary, in the forms of versions 2 and 3; None when there is none."""
    if match := re.search(r"All tests passed \(.* in (\d+) test cases?\)", output):
        return [int(match[1]), 0, 0]
    if match := re.search(r"^test cases:.*$", output, re.M):
        # "failed as expected" is a test that did what it should.
        counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed as expected|failed|skipped)", match[0])}
        return [counts.get("passed", 0) + counts.get("failed as expected", 0), counts.get("failed", 0), counts.get("skipped", 0)]
    return None


def of_ctest(path):
    count = [0, 0, 0]
    for case in xml.parse(path).getroot().iter("testcase"):
        state = case.get("status")
        cases = of_catch(case.findtext("system-out") or "")
        if state in ("notrun", "disabled") or case.find("skipped") is not None:
            verdict = FAILED if state == "notrun" and case.find("skipped") is None else SKIPPED
            cases = [int(verdict == place) for place in range(3)]
        elif cases is None:
            cases = [int(state == "run"), int(state != "run"), 0]
        elif state != "run" and not cases[FAILED]:
            cases[FAILED] = 1  # it fell over after its summary, or around it
        count = [a + b for a, b in zip(count, cases)]
    return count


def of_suite(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    for line in reversed(lines):
        if match := re.search(r"(\d+) passed, (\d+) failed, (\d+) skipped$", line):
            return [int(number) for number in match.groups()]
    return [0, 1, 0]


def main():
    total = [0, 0, 0]
    for path in sys.argv[1:]:
        try:
            count = of_ctest(path) if path.endswith(".xml") else of_suite(path)
        except (OSError, xml.ParseError):
            count = [0, 1, 0]  # the suite did not live to tell
        total = [a + b for a, b in zip(total, count)]
    print(f"{total[PASSED]} passed, {total[FAILED]} failed, {total[SKIPPED]} skipped")
    return 1 if total[FAILED] or not total[PASSED] else 0


sys.exit(main())
