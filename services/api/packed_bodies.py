"""Request bodies that come compressed: gzip is unpacked before anything else sees it, other encodings are refused.

What is unpacked is counted against the same limits as any body, piece by piece: a small body that unpacks to a huge one
is refused when it passes the limit, and is never held whole.
"""

from __future__ import annotations

import zlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.problems import problem
from services.core.errors import UsageError

PIECE = 1 << 18  # bytes unpacked at once
GZIP = 16 + zlib.MAX_WBITS
PLAIN = ("", "identity")


class BrokenBodyError(UsageError):
    """The body is not the gzip that Content-Encoding says, or ends early."""

    http_status = 400


class PackedBodies:
    """ASGI middleware; everything inside it sees plain bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        encoding = Headers(scope=scope).get("content-encoding", "").strip().lower() if scope["type"] == "http" else ""
        if encoding in PLAIN:
            await self._app(scope, receive, send)
        elif encoding in ("gzip", "x-gzip"):
            headers = MutableHeaders(scope=scope)
            del headers["content-encoding"]
            del headers["content-length"]
            await self._app(scope, _Unpacked(receive), send)
        else:
            detail = "unsupported Content-Encoding; send gzip, or the body as it is"
            await problem(415, detail, headers={"Accept-Encoding": "gzip"})(scope, receive, send)


class _Unpacked:
    """The messages of a request with what they carry unpacked."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._stream = zlib.decompressobj(GZIP)
        self._waiting = b""
        self._more = True

    async def __call__(self) -> Message:
        """One piece. Raises BrokenBodyError."""
        while self._more and not self._waiting:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._waiting, self._more = message.get("body", b""), message.get("more_body", False)
        piece = self._piece()
        going_on = self._more or bool(self._waiting)
        if not going_on and not self._stream.eof:
            raise BrokenBodyError("the body ends before its gzip does")
        return {"type": "http.request", "body": piece, "more_body": going_on}

    def _piece(self) -> bytes:
        try:
            piece = self._stream.decompress(self._waiting, PIECE)
        except zlib.error:
            raise BrokenBodyError("the body is not gzip, as Content-Encoding says") from None
        self._waiting = self._stream.unconsumed_tail
        return piece
