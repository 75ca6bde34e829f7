"""One POST to somebody else's server, which may be slow, endless or silent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx


def post_status(address: str, body: bytes | str, headers: Mapping[str, str], seconds: float) -> int:
    """The status of the answer, whose body is not read. Raises httpx.HTTPError and httpx.InvalidURL.

    `seconds` is for all of it: a limit on each read alone would let a server that sends a byte now and then hold us
    for good. Call it where no event loop runs.
    """
    return asyncio.run(_post(address, body, headers, seconds))


async def _post(address: str, body: bytes | str, headers: Mapping[str, str], seconds: float) -> int:
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(timeout=seconds) as client,
            client.stream("POST", address, content=body, headers=dict(headers)) as answer,
        ):
            return answer.status_code
    except TimeoutError:
        raise httpx.ReadTimeout("no answer in time") from None
