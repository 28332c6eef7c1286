#!/usr/bin/env python3
"""blind_spots.py SOURCE - each NOT SEEN: of the kernel programs has a row in docs/SECURITY_MODEL.md, and no other does."""

import collections
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
named = collections.Counter()
for path in (source / "bpf").iterdir():
    named[path.name] += path.read_text().count("NOT SEEN:")
told = collections.Counter(re.findall(r"^\| `([a-z_]+\.bpf\.[ch])` \|", (source / "docs/SECURITY_MODEL.md").read_text(), re.M))
wrong = sorted(name for name in named | told if named[name] != told[name])
for name in wrong:
    print(f"bpf/{name} says NOT SEEN: {named[name]} times, docs/SECURITY_MODEL.md has {told[name]} rows of it")
if not named:
    print("nothing is said to be not seen: is this the right place?")
sys.exit(bool(wrong) or not named)
