"""Writes X12 005010 interchanges: segments, envelopes, control numbers and counts.

Segments are built with the usual `*` and `:`; an interchange that wants other delimiters is translated as a whole at
the end, which is safe because nothing the generator writes contains a delimiter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

VERSIONS = {"HC": "005010X222A1", "FA": "005010X231A1", "HN": "005010X214", "HP": "005010X221A1"}
_SET_OF_GROUP = {"HC": "837", "FA": "999", "HN": "277", "HP": "835"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a sender writes: element, component and repetition separators, terminator, and what follows it."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"
    line_end: str = "\n"


PLAIN = Dialect()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoEnvelope:
    """The outer wrapping of one file. `sent` is local time of the sender's zone: ISA09/10 carry no zone."""

    sender: str
    receiver: str
    control: int
    sent: datetime
    group: str
    dialect: Dialect = PLAIN


@lru_cache(maxsize=65536)
def money(cents: int) -> str:
    """Cents as X12 writes a number: no trailing zeros, no decimal point where none is needed."""
    sign, whole = ("-", -cents) if cents < 0 else ("", cents)
    dollars, rest = divmod(whole, 100)
    return f"{sign}{dollars}" + (f".{rest:02d}".rstrip("0") if rest else "")


@lru_cache(maxsize=8192)
def day(value: date) -> str:
    """CCYYMMDD."""
    return f"{value:%Y%m%d}"


def seg(*elements: str) -> str:
    """One segment, without trailing empty elements."""
    return "*".join(elements).rstrip("*")


def interchange(envelope: DemoEnvelope, sets: Sequence[Sequence[str]]) -> str:
    """A whole file: ISA, one GS, a transaction set per entry of `sets` (its segments between ST and SE), GE, IEA."""
    group, version = envelope.group, VERSIONS[envelope.group]
    code = _SET_OF_GROUP[group]
    third = () if code == "835" else (version,)
    segments = [
        seg(
            "GS",
            group,
            envelope.sender,
            envelope.receiver,
            day(envelope.sent.date()),
            f"{envelope.sent:%H%M}",
            str(envelope.control),
            "X",
            version,
        )
    ]
    for number, body in enumerate(sets, 1):
        segments.append(seg("ST", code, f"{number:04d}", *third))
        segments.extend(body)
        segments.append(f"SE*{len(body) + 2}*{number:04d}")
    segments += [f"GE*{len(sets)}*{envelope.control}", f"IEA*1*{envelope.control:09d}"]
    return _spell(_isa(envelope), segments, envelope.dialect)


def _isa(envelope: DemoEnvelope) -> str:
    """The fixed-width ISA of 105 characters; the terminator is the 106th."""
    dialect = envelope.dialect
    isa = seg(
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        "ZZ",
        f"{envelope.sender:<15}",
        "ZZ",
        f"{envelope.receiver:<15}",
        f"{envelope.sent:%y%m%d}",
        f"{envelope.sent:%H%M}",
        dialect.repetition,
        "00501",
        f"{envelope.control:09d}",
        "0",
        "P",
        dialect.component,
    )
    assert len(isa) == 105
    return isa.replace("*", dialect.element)


def _spell(isa: str, segments: list[str], dialect: Dialect) -> str:
    end = dialect.terminator + dialect.line_end
    body = end.join(segments) + end
    if (dialect.element, dialect.component) != ("*", ":"):
        body = body.translate(str.maketrans("*:", dialect.element + dialect.component))
    return isa + end + body
