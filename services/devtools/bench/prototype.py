"""The yardstick for reading 835s: some forty lines that know the format and trust the file.

They find claims, lines and adjustments, and nothing else: no envelopes checked, no sums, no identities, no damage.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

CHUNK = 1 << 18


def segments(stream: BinaryIO) -> Iterator[list[str]]:
    head = stream.read(CHUNK)
    element, end = head[3:4].decode(), head[105:106].decode()
    rest = head.decode()
    while rest:
        *whole, rest = rest.split(end)
        for segment in whole:
            yield segment.strip().split(element)
        more = stream.read(CHUNK).decode()
        if not more:
            return
        rest += more


def claims(stream: BinaryIO) -> Iterator[dict[str, Any]]:
    """Every CLP with its lines and adjustments."""
    claim: dict[str, Any] | None = None
    target: dict[str, Any] = {}
    for segment in segments(stream):
        tag = segment[0]
        if tag == "CLP":
            if claim is not None:
                yield claim
            claim = target = {
                "id": segment[1],
                "status": segment[2],
                "icn": segment[7],
                "charge": Decimal(segment[3]),
                "paid": Decimal(segment[4]),
                "lines": [],
                "adjustments": [],
            }
        elif tag == "SVC" and claim is not None:
            _, code, *modifiers = segment[1].split(":")
            target = {
                "procedure": code,
                "modifiers": modifiers,
                "charge": Decimal(segment[2]),
                "paid": Decimal(segment[3]),
                "adjustments": [],
            }
            claim["lines"].append(target)
        elif tag == "CAS" and claim is not None:
            triples = zip(segment[2::3], segment[3::3], strict=False)
            target["adjustments"] += [(segment[1], reason, Decimal(amount)) for reason, amount in triples]
        elif tag in ("SE", "PLB") and claim is not None:
            yield claim
            claim = None
