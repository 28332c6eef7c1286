"""What the rows of the battery meet: peers that say hello, files of others, devices, keys, users."""

import ctypes
import functools
import os
import pathlib
import shutil
import socket
import threading

from battery.row import (ELSEWHERE, GIVEN_TEMPORARY, HELPERS, HOME, KEY_MET, LOGS, OPERATE, PEERS, TCP_PORT, UDP_PORT,
                         UNKNOWN_USER)
from harness import RUNTIME_UNITS, Unit, expect, run

OTHER = "battery-other.service"
IPC_CREAT = 0o1000


def serve(family, address, backlog=16):
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(address)
    listening.listen(backlog)

    def loop():
        while True:
            peer, _ = listening.accept()
            with peer:
                try:
                    peer.sendall(b"hello")
                except OSError:
                    pass
    threading.Thread(target=loop, daemon=True).start()


def serve_udp(port):
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("0.0.0.0", port))

    def loop():
        while True:
            _, sender = bound.recvfrom(16)
            bound.sendto(b"hello", sender)
    threading.Thread(target=loop, daemon=True).start()


def start_peers():
    shutil.rmtree(PEERS, ignore_errors=True)
    PEERS.mkdir(parents=True)
    for path in (str(PEERS / "socket"), "/tmp/battery-peer"):
        pathlib.Path(path).unlink(missing_ok=True)
        serve(socket.AF_UNIX, path)
        os.chmod(path, 0o666)
    serve(socket.AF_UNIX, "\0battery-peer")
    serve(socket.AF_INET, ("0.0.0.0", TCP_PORT))
    serve_udp(UDP_PORT)


def helper(name, owner, mode):
    path = HELPERS / name
    shutil.copyfile(OPERATE, path)
    run("chown", owner, path).ok()
    path.chmod(mode)
    return path


@functools.cache
def lay_out():
    """What is there for all rows, as on a machine that is in use. Once: the peers are threads of this process."""
    expect(OPERATE.exists(), f"there is no {OPERATE}: tests/system/run puts it there")
    LOGS.mkdir(parents=True, exist_ok=True)
    for user in ("battery", "battery-ipc"):
        if run("id", user).status != 0:
            run("useradd", "--system", "--create-home", "--home-dir", f"/home/{user}", user).ok()
    os.chmod(HOME, 0o755)
    for path in (f"{HOME}/given", f"{HOME}/written", "/root/battery", str(GIVEN_TEMPORARY), "/dev/shm/battery-given",
                 "/boot/battery", "/var/spool/battery", "/usr/lib/modules/battery/modules.dep"):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(path).write_text("given")
    for node, numbers in (("kmsg", (1, 11)), ("fuse", (10, 229)), ("loop-control", (10, 237))):
        if not os.path.exists(f"/dev/{node}"):
            run("mknod", "-m", "666" if node == "fuse" else "600", f"/dev/{node}", "c", *numbers)
    os.chown(f"{HOME}/written", UNKNOWN_USER, 0)
    for place in (f"{HOME}/operate", "/tmp/battery-operate", "/dev/shm/battery-operate"):
        shutil.copy(OPERATE, place)
    run("ip", "address", "replace", f"{ELSEWHERE}/32", "dev", "lo").ok()
    helper("set-user-id", "root:root", 0o4755)
    helper("set-group-id", "root:nogroup", 0o2755)
    run("setcap", "cap_net_raw+ep", helper("file-capability", "root:root", 0o755)).ok()
    for gift in ("give-key", "give-queue"):
        run(OPERATE, "--once", gift, "/").ok()
    if run("ipcs", "-m").out.find(f"{KEY_MET:#010x}") < 0:
        expect(make_shared_memory(KEY_MET), "cannot make shared memory")
    (RUNTIME_UNITS / OTHER).write_text("[Service]\nUser=nobody\nExecStart=/usr/bin/sleep infinity\n")
    run("systemctl", "daemon-reload").ok()
    run("systemctl", "restart", OTHER).ok()
    (LOGS / "other.pid").write_text(Unit(OTHER).property("MainPID"))
    start_peers()


def make_shared_memory(key):
    return ctypes.CDLL(None).shmget(key, 4096, IPC_CREAT | 0o666) != -1
