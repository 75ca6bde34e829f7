"""Where notifications may go: not into the network around the server, unless a setting names the place.

A person who may add an address could otherwise have the server reach what only the server reaches (OWASP: server-side
request forgery), such as the credentials that cloud providers serve at 169.254.169.254.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

LOOPBACK = ("127.0.0.1", "localhost", "::1")  # this machine, by its own name
SETTING = "CLAIMCLOCK_NOTIFY_INSIDE"
IpAddress = IPv4Address | IPv6Address
_CLOUD_HOST = IPv4Address("168.63.129.16")  # the host below a virtual machine of Azure; looks public
_HOLDS_IPV4 = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))


class RefusedDestinationError(ValueError):
    """Notifications are not sent there; the message says why and what to do."""


def literal_address(host: str) -> IpAddress | None:
    """The address that a host is written as; None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def resolved(host: str, port: int | None) -> list[IpAddress]:
    """All addresses of a host; none where nobody knows it. May take as long as the system's resolver does."""
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))


def check_destination(host: str, address: IpAddress, inside: Sequence[str]) -> None:
    """`inside`: hosts, addresses and networks that are allowed though they are not public.

    Raises RefusedDestinationError.
    """
    plain = _inner(address) if isinstance(address, IPv6Address) else address
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain == _CLOUD_HOST:
        raise RefusedDestinationError(f"{host} has an address that nothing is sent to (link-local or multicast)")
    site_local = isinstance(plain, IPv6Address) and plain.is_site_local
    if (
        (plain.is_global and not site_local)
        or (plain.is_loopback and host in LOOPBACK)
        or _is_named(host, plain, inside)
    ):
        return
    raise RefusedDestinationError(f"{host} is inside your network: an administrator must add it to {SETTING}")


def _inner(address: IPv6Address) -> IpAddress:
    """The IPv4 address that is reached by way of this one (RFC 4291, 6052, 3056, 2765), else the address."""
    if address.is_loopback or address.is_unspecified:
        return address
    for network in _HOLDS_IPV4:
        if address in network:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour or address


def _is_named(host: str, address: IpAddress, inside: Sequence[str]) -> bool:
    return any(host.casefold() == one.casefold() or _contains(one, address) for one in inside)


def _contains(network: str, address: IpAddress) -> bool:
    try:
        return address in ip_network(network, strict=False)
    except ValueError:
        return False  # a name
