#!/usr/bin/env python3
"""A service that does a few things which can be found in its profile: leave_traces.py DIRECTORY

Makes a symbolic link in DIRECTORY, a directory beside it, removes both, and calls sched_yield(2), which
nothing else in it does.
"""

import os
import sys

link = os.path.join(sys.argv[1], "link")
directory = os.path.join(sys.argv[1], "directory")
os.symlink("nowhere", link)
os.unlink(link)
os.mkdir(directory)
os.rmdir(directory)
os.sched_yield()
