#!/usr/bin/env python3
"""A service whose directories have names that try to break out of a unit file: hostile_names.py [--make] TOP

With --make it makes the directories and ends. Without, it creates, renames and removes a file in each of
them, and fails with the first operation that fails.
"""

import os
import sys

NAMES = [
    b"plain",
    b"with blank",
    b" blanks around ",
    b"percent %n %% %",
    b"double \" quote",
    b"single ' quote",
    b"back \\ slash \\n \\x41",
    b"dollar $HOME ${HOME}",
    b"semi ; colon # hash",
    b"-minus",
    b"+plus",
    b"tab\there",
    b"no UTF-8 \xff\xfe",
    b"trailing backslash\\",
    b"line\nbreak",
    b"x\n[Service]\nExecStartPost=\nExecStartPost=touch \\x2frun\\x2fsandfit-test\\x2finjected\n",
]


def use(directory):
    first, second = os.path.join(directory, b"a\n#"), os.path.join(directory, b"b %h")
    with open(first, "wb") as file:
        file.write(b"content")
    os.rename(first, second)
    os.unlink(second)


top = os.fsencode(sys.argv[-1])
for name in NAMES:
    if sys.argv[1] == "--make":
        os.makedirs(os.path.join(top, name), exist_ok=True)
    else:
        use(os.path.join(top, name))
