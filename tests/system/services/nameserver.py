"""The name server behind unbound's workload: nameserver.py PORT, over UDP and TCP on 127.0.0.1.

NAME.test has the address 192.0.2.7, gone.test does not exist, large.test has more text than UDP carries.
"""

import socketserver
import struct
import sys
import threading

A, TXT = 1, 16


def answer(query, over_udp):
    name_end = query.index(b"\0", 12)
    labels, rest = [], query[12:name_end]
    while rest:
        labels.append(rest[1:1 + rest[0]].lower())
        rest = rest[1 + rest[0]:]
    question = query[12:name_end + 5]
    (kind,) = struct.unpack(">H", question[-4:-2])
    flags, records = 0x8580, []
    if labels[:1] == [b"gone"]:
        flags |= 3
    elif kind == A:
        records = [bytes([192, 0, 2, 7])]
    elif kind == TXT and labels[:1] == [b"large"]:
        records = [bytes([200]) + b"t" * 199 + bytes([ord("a") + number]) for number in range(20)]
        if over_udp:
            flags, records = flags | 0x0200, []
    resources = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data for data in records)
    return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question + resources


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        data, sock = self.request
        sock.sendto(answer(data, over_udp=True), self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        while length := self.rfile.read(2):
            reply = answer(self.rfile.read(int.from_bytes(length, "big")), over_udp=False)
            self.wfile.write(len(reply).to_bytes(2, "big") + reply)


class UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True


class TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


address = ("127.0.0.1", int(sys.argv[1]))
threading.Thread(target=UdpServer(address, Udp).serve_forever, daemon=True).start()
TcpServer(address, Tcp).serve_forever()
