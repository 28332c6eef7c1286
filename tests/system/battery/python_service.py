"""python_service.py DIRECTORY - a service in Python: a file, a thread, a child and a name, again and again."""

import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time

directory = pathlib.Path(sys.argv[1])


def turn():
    with tempfile.NamedTemporaryFile("w", dir=directory, delete=False) as file:
        json.dump({"now": time.time()}, file)
    pathlib.Path(file.name).replace(directory / "state")
    heard = []
    thread = threading.Thread(target=lambda: heard.append(socket.gethostbyname("localhost")))
    thread.start()
    thread.join()
    assert heard == ["127.0.0.1"], heard
    assert subprocess.run(["true"], check=True).returncode == 0
    assert json.loads((directory / "state").read_text())


while True:
    try:
        turn()
        print("ok", flush=True)
    except Exception as error:
        print(f"error: {error!r}", flush=True)
    time.sleep(0.1)
