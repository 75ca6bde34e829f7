"""HTTP to somebody else's server, bounded as a whole: all requests of an exchange in time, each answer in size.

A limit on each read alone would let a server that sends a byte now and then hold a thread for good.
"""

from __future__ import annotations

import asyncio

import httpx

from services.core.clock import Stopwatch

LARGEST = 1 << 20  # bytes of one answer


class BoundedTransport(httpx.BaseTransport):
    """For one exchange of a few requests, which takes `seconds` at most, the reading of every answer included.

    Raises httpx.ReadTimeout when the time is over, httpx.ReadError for an answer that is too large. Use it where no
    event loop runs. `transport`: what sends; none is httpx's own, with the proxies of the environment.
    """

    def __init__(self, seconds: float, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._seconds, self._watch = seconds, Stopwatch()
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        left = max(self._seconds - self._watch.seconds, 0.001)
        try:
            return asyncio.run(self._send(request, left))
        except TimeoutError:
            raise httpx.ReadTimeout("no whole answer in time", request=request) from None

    async def _send(self, request: httpx.Request, seconds: float) -> httpx.Response:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(timeout=seconds, transport=self._transport) as client,
            client.stream(request.method, request.url, content=request.read(), headers=request.headers) as answer,
        ):
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise httpx.ReadError("the answer is too large", request=request)
        headers = [(name, value) for name, value in answer.headers.raw if name.lower() not in _OF_THE_WIRE]
        return httpx.Response(answer.status_code, headers=headers, content=body)


_OF_THE_WIRE = (b"content-encoding", b"content-length", b"transfer-encoding")  # no longer true of the whole body
