#!/usr/bin/env python3
"""A server that starts in one of the ways in which servers start: daemon.py [OPTION]... DIRECTORY

    --listen PATH     on a Unix socket of its own; without it on the one that systemd hands over
    --notify          tells systemd when it is ready, and of each reload (SIGHUP), which works once
    --fork PIDFILE    goes behind, and leaves its number there
    --user NAME       becomes that user
    --chroot PATH     takes this for its root; DIRECTORY is looked for in there
    --group-below     works in a child, in a cgroup below its own

Answers "work" with "ok" when it made, moved and removed files in DIRECTORY; "write" and "socket", which it never does
while it is observed, with "worked" or "refused".
"""

import argparse
import os
import pathlib
import pwd
import signal
import socket
import sys
import time

OUTSIDE = "/var/lib/kinds-outside/written"


def tell_systemd(text):
    place = os.environ["NOTIFY_SOCKET"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.connect("\0" + place[1:] if place[0] == "@" else place)
        to.send(text.encode())


def work(directory):
    (directory / "new").write_text("new\n")
    (directory / "new").replace(directory / "state")
    os.symlink("nowhere", directory / "link")
    os.unlink(directory / "link")


def own_group():
    line = next(line for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
    return pathlib.Path("/sys/fs/cgroup" + line[3:])


def work_below(directory):
    below = own_group() / "below"
    below.mkdir(exist_ok=True)
    child = os.fork()
    if child == 0:
        try:
            (below / "cgroup.procs").write_text(str(os.getpid()))
            work(directory)
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    below.rmdir()
    if status != 0:
        raise OSError("the child failed")


def offend(word):
    if word == "socket":
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()
    else:
        pathlib.Path(OUTSIDE).write_text("written\n")


def answer(word, do_work):
    try:
        if word == "work":
            do_work()
            return "ok"
        offend(word)
        return "worked"
    except OSError as error:
        return f"failed: {error}" if word == "work" else "refused"


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("listen", "fork", "user", "chroot"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--notify", action="store_true")
    parser.add_argument("--group-below", action="store_true")
    parser.add_argument("directory", type=pathlib.Path)
    return parser.parse_args()


def listening(path):
    if path is None:
        return socket.socket(fileno=3)
    pathlib.Path(path).unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX)
    made.bind(path)
    made.listen()
    return made


def main():
    how = arguments()
    server = listening(how.listen)
    if how.fork:
        child = os.fork()
        if child > 0:
            pathlib.Path(how.fork).write_text(f"{child}\n")
            os._exit(0)
        os.setsid()
    user = pwd.getpwnam(how.user) if how.user else None
    if how.chroot:
        os.chroot(how.chroot)
        os.chdir("/")
    if user:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    def do_work():
        (work_below if how.group_below else work)(how.directory)

    def reload(*_):
        tell_systemd(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        (how.directory / "reloaded").write_text("reloaded\n")
        tell_systemd("READY=1")

    if how.notify:
        signal.signal(signal.SIGHUP, reload)
        tell_systemd("READY=1")
    while True:
        peer, _ = server.accept()
        with peer:
            peer.sendall((answer(peer.recv(64).decode().strip(), do_work) + "\n").encode())


sys.exit(main())
