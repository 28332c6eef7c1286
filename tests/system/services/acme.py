"""The certificate authority behind certbot's workload: acme.py PORT CERTIFICATE, on 127.0.0.1.

As much of ACME (RFC 8555) as certbot needs: it asks for the answer to an http-01 challenge on port 80 and signs for
five days. It believes whoever asks: nobody's signature is checked. Its own certificate is written to CERTIFICATE.
"""

import base64
import datetime
import http.server
import itertools
import json
import sys
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = datetime.timedelta(days=1)
numbers = itertools.count(1)
orders = {}  # number -> {"names": [...], "state": ..., "chain": bytes}
key = ec.generate_private_key(ec.SECP256R1())
issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sandfit tests")])


def certificate(subject, public_key, extensions, life):
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
               .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + life))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def token_of(number):
    return base64.urlsafe_b64encode(f"the token of order {number}".encode()).decode().rstrip("=")


class Authority(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, content, place=None, kind="application/json"):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Replay-Nonce", f"nonce{next(numbers)}")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if place:
            self.send_header("Location", f"{base}/{place}")
        # A challenge must name what it belongs to.
        above = self.path.strip("/").replace("challenge", "authorization")
        self.send_header("Link", f'<{base}/{above}>;rel="up"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.reply(200, b"")

    def do_GET(self):
        names = ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange")
        self.reply(200, {name: f"{base}/{name}" for name in names})

    def do_POST(self):
        signed = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        payload = json.loads(unbase64(signed["payload"]) or b"{}")
        what, _, number = self.path.strip("/").partition("/")
        if what == "newAccount":
            self.reply(201, {"status": "valid", "contact": []}, "account/1")
        elif what == "newOrder":
            number = str(next(numbers))
            names = [identifier["value"] for identifier in payload["identifiers"]]
            orders[number] = {"names": names, "state": "pending"}
            self.reply(201, self.order(number), f"order/{number}")
        elif number in orders:
            getattr(self, "on_" + what)(number, payload)
        else:
            self.reply(404, {"type": "urn:ietf:params:acme:error:malformed", "detail": self.path})

    def order(self, number):
        order = orders[number]
        return {"status": order["state"], "identifiers": [{"type": "dns", "value": name} for name in order["names"]],
                "authorizations": [f"{base}/authorization/{number}"], "finalize": f"{base}/finalize/{number}",
                "certificate": f"{base}/certificate/{number}"}

    def challenge(self, number):
        state = orders[number]["state"]
        return {"type": "http-01", "url": f"{base}/challenge/{number}", "token": token_of(number),
                "status": "valid" if state in ("ready", "valid") else state}

    def on_order(self, number, _):
        self.reply(200, self.order(number))

    def on_authorization(self, number, _):
        self.reply(200, {"status": self.challenge(number)["status"], "challenges": [self.challenge(number)],
                         "identifier": {"type": "dns", "value": orders[number]["names"][0]}})

    def on_challenge(self, number, _):
        token = token_of(number)
        request = urllib.request.Request(f"http://127.0.0.1/.well-known/acme-challenge/{token}",
                                         headers={"Host": orders[number]["names"][0]})
        try:
            good = urllib.request.urlopen(request, timeout=5).read().startswith(token.encode() + b".")
        except OSError:
            good = False
        orders[number]["state"] = "ready" if good else "invalid"
        self.reply(200, self.challenge(number))

    def on_finalize(self, number, payload):
        request = x509.load_der_x509_csr(unbase64(payload["csr"]))
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in orders[number]["names"]])
        leaf = certificate(request.subject, request.public_key(), [names], 5 * DAY)
        orders[number].update(state="valid", chain=leaf + own)
        self.reply(200, self.order(number))

    def on_certificate(self, number, _):
        self.reply(200, orders[number]["chain"], kind="application/pem-certificate-chain")

    def log_message(self, *_):
        pass


port = int(sys.argv[1])
base = f"http://127.0.0.1:{port}"
own = certificate(issuer, key.public_key(), [x509.BasicConstraints(ca=True, path_length=0)], 99 * DAY)
with open(sys.argv[2], "wb") as file:
    file.write(own)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Authority).serve_forever()
