"""The services that are measured, each with its load.

A service runs in a cgroup of its own, on one CPU, from start() to stop(); what watches it comes and goes meanwhile.
load() works for about that many seconds and gives the number of operations. Where the client knows only counts,
the rate that it saw last, under the same probe, makes it last about as long as asked for.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import textwrap
import time

from machine import Cgroup, Failure, client_cpus, free_port, output_of, read_line, service_cpus, start, wait_for


class Service:
    name = ""
    operation = ""

    def __init__(self, directory, programs):
        self.directory = directory / self.name
        self.directory.mkdir()
        self.directory.chmod(0o755)
        self.programs = programs
        self.cgroup = Cgroup(self.name)
        self.process = None

    def client(self, *command, **options):
        return output_of(list(command), cpus=client_cpus(), **options)

    def serve(self, *command, **options):
        self.process = start(list(command), cgroup=self.cgroup, cpus=service_cpus(), **options)

    def stop(self):
        self.cgroup.remove()
        if self.process:
            self.process.wait()

    def touch(self):
        """A little of everything that load() does, so that nothing happens for the first time in it."""


class Redis(Service):
    name = "redis"
    operation = "GET"

    def start(self):
        self.port = str(free_port())
        shutil.chown(self.directory, "redis")
        self.serve("redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--dir",
                   str(self.directory), user="redis")
        wait_for(self.answers, "the start of redis-server")

    def answers(self):
        try:
            return "OK" in self.client("redis-cli", "-p", self.port, "set", "key:__rand_int__", "abc")
        except Failure:
            return False

    def get(self, count):
        out = self.client("redis-benchmark", "-p", self.port, "-t", "get", "-c", "50", "-n", str(count), "--csv")
        match = re.search(r'^"GET","([0-9.]+)"', out, re.MULTILINE)
        if not match:
            raise Failure(f"redis-benchmark said: {out[-300:]}")
        self.rate = float(match[1])
        return count

    def touch(self):
        self.get(4000)

    def load(self, seconds):
        return self.get(max(2000, int(self.rate * seconds)))


class Nginx(Service):
    name = "nginx"
    operation = "request"

    def start(self):
        self.port = free_port()
        self.log = self.directory / "access.log"
        root = self.directory / "html"
        root.mkdir()
        (root / "index.html").write_text("x" * 612)
        config = self.directory / "nginx.conf"
        # Debian's settings, with one worker
        config.write_text(textwrap.dedent(f"""\
            daemon off;
            user www-data;
            worker_processes 1;
            pid {self.directory}/pid;
            error_log {self.directory}/error.log;
            events {{ worker_connections 768; }}
            http {{
                sendfile on;
                tcp_nopush on;
                access_log {self.log};
                client_body_temp_path {self.directory}/body;
                proxy_temp_path {self.directory}/proxy;
                fastcgi_temp_path {self.directory}/fastcgi;
                uwsgi_temp_path {self.directory}/uwsgi;
                scgi_temp_path {self.directory}/scgi;
                server {{ listen 127.0.0.1:{self.port}; root {root}; }}
            }}
            """))
        self.serve("nginx", "-c", str(config), "-e", str(self.directory / "error.log"))
        wait_for(self.answers, "the start of nginx")

    def request(self, seconds):
        # wrk knows whole seconds only, but tells its figures when it is interrupted. On a busy machine it may not
        # have begun by then: the longer the better.
        while seconds < 20:
            try:
                out = self.client("wrk", "-t1", "-c50", "-d60s", f"http://127.0.0.1:{self.port}/index.html",
                                  interrupt_after=seconds)
            except Failure:
                out = ""
            match = re.search(r"(\d+) requests in", out)
            if match and int(match[1]) > 0 and "Non-2xx" not in out:
                return int(match[1])
            seconds *= 4
        raise Failure(f"wrk said: {out[-300:]}")

    def answers(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def touch(self):
        os.truncate(self.log, 0)  # a line a request: some gigabytes in a long run
        self.request(0.2)

    def load(self, seconds):
        return self.request(seconds)


class Pgbench(Service):
    name = "pgbench"
    operation = "SELECT"

    def start(self):
        newest = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.port = str(free_port())
        data = self.directory / "data"
        shutil.chown(self.directory, "postgres")
        output_of([str(newest / "initdb"), "-D", str(data), "-A", "trust", "-N"], user="postgres", cwd="/")
        self.serve(str(newest / "postgres"), "-D", str(data), "-p", self.port, "-k", str(self.directory), "-c",
                   "listen_addresses=127.0.0.1", "-c", "fsync=off", user="postgres", cwd="/")
        wait_for(self.answers, "the start of postgres")
        self.bench("-i", "-s", "2", "-q")

    def answers(self):
        return (self.directory / f".s.PGSQL.{self.port}").exists() and subprocess.run(
            ["pg_isready", "-q", "-h", "127.0.0.1", "-p", self.port], check=False).returncode == 0

    def bench(self, *options):
        return self.client("pgbench", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", *options, "postgres")

    def select(self, count):
        begin = time.monotonic()
        out = self.bench("-n", "-S", "-c", "4", "-j", "1", "-t", str(count // 4))
        self.rate = count / (time.monotonic() - begin)
        if not re.search(rf"transactions actually processed: {count // 4 * 4}/", out):
            raise Failure(f"pgbench said: {out[-300:]}")
        return count // 4 * 4

    def touch(self):
        self.select(400)

    def load(self, seconds):
        return self.select(max(100, int(self.rate * seconds)))


class Worker(Service):
    """bench_worker: does what a line asks for, and answers with a line."""

    def start(self):
        shutil.chown(self.directory, "nobody")
        self.serve(str(self.programs / "bench_worker"), str(self.directory), user="nobody", stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE)

    def ask(self, what, amount):
        self.process.stdin.write(f"{what} {amount}\n".encode())
        self.process.stdin.flush()
        return int(read_line(self.process))


class Files(Worker):
    name = "files"
    operation = "file"

    def touch(self):
        self.ask("files", 100)

    def load(self, seconds):
        return self.ask("files", int(seconds * 1000))


class TracedCalls(Worker):
    name = "calls"


class UntracedCalls(Worker):
    name = "untraced-calls"


LOADS = [Redis, Nginx, Pgbench, Files]
