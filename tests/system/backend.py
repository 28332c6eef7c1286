"""A small HTTP backend behind the proxy of nginx's workload: backend.py PORT SOCKET.

/big?n=BYTES answers with that many bytes, /count with how often it was asked, everything else with the
method, the path and the length of the body.
"""

import http.server
import os
import socketserver
import sys
import threading
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requests = 0

    def answer(self):
        Handler.requests += 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlparse(self.path)
        if url.path == "/big":
            answer = b"b" * int(urllib.parse.parse_qs(url.query)["n"][0])
        elif url.path == "/count":
            answer = b"%d\n" % Handler.requests
        else:
            answer = f"{self.command} {self.path} body={len(body)}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = answer

    def address_string(self):
        return "unix"  # a peer on a Unix socket has no address to print

    def log_message(self, *_):
        pass


class TcpServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


port, socket_path = int(sys.argv[1]), sys.argv[2]
if os.path.exists(socket_path):
    os.unlink(socket_path)
unix_server = UnixServer(socket_path, Handler)
os.chmod(socket_path, 0o666)
threading.Thread(target=unix_server.serve_forever, daemon=True).start()
TcpServer(("127.0.0.1", port), Handler).serve_forever()
