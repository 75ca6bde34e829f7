"""One POST to somebody else's server, which may be slow, endless or silent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies

import httpx

from services.core.destinations import check_destination, resolved


@dataclass(frozen=True, kw_only=True)
class SignedPost:
    """What is sent. `inside`: the places inside the network that are allowed; None where every place is."""

    address: str
    body: bytes | str
    headers: Mapping[str, str]
    inside: Sequence[str] | None = None


def post_status(what: SignedPost, seconds: float) -> int:
    """The status of the answer, whose body is not read; a redirect is an answer and is not followed.

    `seconds` is for all of it: a limit on each read alone would let a server that sends a byte now and then hold us
    for good. Call it where no event loop runs. Raises httpx.HTTPError, httpx.InvalidURL, RefusedDestinationError.
    """
    return asyncio.run(_post(what, seconds))


async def _post(what: SignedPost, seconds: float) -> int:
    try:
        async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds) as client:
            place, named = await _place(what)
            headers = dict(what.headers) | named.pop("headers", {})
            async with client.stream("POST", place, content=what.body, headers=headers, **named) as answer:
                return answer.status_code
    except TimeoutError:
        raise httpx.ReadTimeout("no answer in time") from None


async def _place(what: SignedPost) -> tuple[httpx.URL, dict[str, Any]]:
    """Where to connect, by the very address that was checked: a name may mean another one a moment later.

    A proxy that the operator set decides itself.
    """
    url = httpx.URL(what.address)
    if what.inside is None or url.scheme in getproxies():
        return url, {}
    addresses = await asyncio.to_thread(resolved, url.host, url.port)
    if not addresses:
        raise httpx.ConnectError("the name is not known")
    for address in addresses:
        check_destination(url.host, address, what.inside)
    named = {"headers": {"Host": url.netloc.decode()}, "extensions": {"sni_hostname": url.host}}
    return url.copy_with(host=str(addresses[0])), named
