"""As much of the S3 protocol as keeping files needs, over HTTP: buckets in memory, signatures looked at by name only."""

import re
import threading
from contextlib import contextmanager
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

KEY = "AKIATEST"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refused(self):
        if self.server.broken:
            self._answer(500)
        elif f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            self._answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
        else:
            return False
        return True

    def _name(self):
        return unquote(urlsplit(self.path).path).strip("/")

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._refused():
            if "aws-chunked" in self.headers.get("Content-Encoding", ""):
                body = unchunked(body)
            self.server.objects[self._name()] = body
            self._answer(200, ETag=f'"{md5(body).hexdigest()}"')

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        if self._refused():
            return
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            self._answer(200, listing(self.server.objects, self._name(), query.get("prefix", [""])[0]))
        elif (content := self.server.objects.get(self._name())) is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        else:
            self._object(content)

    def _object(self, content):
        told = {"ETag": f'"{md5(content).hexdigest()}"', "Last_Modified": formatdate(0, usegmt=True)}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked:
            self._answer(200, content, **told)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        told["Content_Range"] = f"bytes {first}-{last}/{len(content)}"
        self._answer(206, content[first : last + 1], **told)

    def log_message(self, *_):
        """Says nothing."""


@contextmanager
def s3_server():
    """A server with its `address`, and `objects`: {"bucket/key": bytes}; while `broken` it answers 500 to all."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.objects, server.broken, server.daemon_threads = {}, False, True
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def unchunked(body):
    """The content of a body in signed chunks."""
    found = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if not length:
            break
        found, body = found + rest[:length], rest[length + 2 :]
    return found


def listing(objects, bucket, prefix):
    entries = "".join(
        f"<Contents><Key>{escape(name.partition('/')[2])}</Key><Size>{len(content)}</Size>"
        '<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents>'
        for name, content in sorted(objects.items())
        if name.startswith(f"{bucket}/{prefix}")
    )
    return (
        f"<ListBucketResult><Name>{bucket}</Name><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
    ).encode()
