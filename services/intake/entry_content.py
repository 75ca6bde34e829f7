"""What a claim of an 835 says, however it arrived: only what decides money, deadlines and work, in one spelling.

Clearinghouses and portals drop references, repeat names and write 50 for 50.00 on the way. None of that makes another
entry; a different amount, adjustment, service, date or remark does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

from events.normal_forms import amount_form, number_form
from services.intake.elements import Segment, composite, element, number

_DATES = frozenset({"472", "150", "151", "232", "233"})
_TELLING = frozenset({"SVC", "CAS", "DTM", "LQ", "MOA", "MIA"})
_MONEY_ENDS = {"MOA": (3, 4, 5, 6, 7), "MIA": (5, 20, 21, 22, 23)}  # where remark codes are


def entry_content(segments: Iterable[Segment], component: str) -> str:
    """SHA-256 over what the segments of a CLP loop say, in hexadecimal; their order within a level says nothing."""
    said: list[str] = []
    level: list[str] = []  # of the claim, then of each line
    for segment in segments:
        tag = segment[0]
        if tag == "CLP":
            level.append(_claim(segment))
        elif tag in _TELLING:
            if tag == "SVC":
                said += sorted(level)
                level = []
            level += _said(tuple(segment), component)
    said += sorted(level)
    return hashlib.sha256("~".join(said).encode("utf-8", "surrogatepass")).hexdigest()


def provider_adjustment_content(plb: Segment, component: str) -> str:
    """SHA-256 over what one PLB takes and gives, in hexadecimal."""
    pairs = (f"{_codes(plb, at, component)}*{_amount(plb, at + 1)}" for at in range(3, len(plb), 2))
    said = "*".join(("PLB", number_form(element(plb, 1)), element(plb, 2), *pairs))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _claim(clp: Segment) -> str:
    stated = (_amount(clp, at) for at in (3, 4, 5))
    return "*".join(("CLP", element(clp, 2), *stated, number_form(element(clp, 7))))


@lru_cache(maxsize=16_384)  # payers write the same services and adjustments over and over
def _said(segment: tuple[str, ...], component: str) -> tuple[str, ...]:
    """One segment in its one spelling, each triple of an adjustment by itself; none for one that decides nothing."""
    parts: tuple[str, ...]
    match segment[0]:
        case "SVC":
            parts = (
                _codes(segment, 1, component),
                _amount(segment, 2),
                _amount(segment, 3),
                _amount(segment, 5) or "1.00",
                _codes(segment, 6, component),
            )
        case "CAS":
            return _adjustments(segment)
        case "DTM" if element(segment, 1) in _DATES:
            parts = (element(segment, 1), element(segment, 2))
        case "LQ" if element(segment, 1) == "HE":
            parts = (element(segment, 2).upper(),)
        case "MOA" | "MIA":
            parts = tuple(code.upper() for at in _MONEY_ENDS[segment[0]] if (code := element(segment, at)))
            return tuple("*".join(("MOA", *parts)).split("~")) if parts else ()
        case _:
            return ()
    return tuple("*".join((segment[0], *parts)).split("~"))


def _adjustments(segment: tuple[str, ...]) -> tuple[str, ...]:
    """Each triple by itself: whether a group's triples are in one CAS or in several says nothing."""
    group = element(segment, 1).upper()
    return tuple(
        said
        for at in range(2, len(segment), 3)
        if element(segment, at) or element(segment, at + 1)
        for said in f"CAS*{group}*{number_form(element(segment, at))}*{_amount(segment, at + 1)}".split("~")
    )


def _codes(segment: Sequence[str], index: int, component: str) -> str:
    return ":".join(part.strip().upper() for part in composite(element(segment, index), component)).rstrip(":")


def _amount(segment: Sequence[str], index: int) -> str:
    """An amount in its one spelling; empty for zero and for none, which channels drop and add; else the text."""
    return _plain_amount(element(segment, index))


@lru_cache(maxsize=65_536)
def _plain_amount(text: str) -> str:
    value = number(text)
    if value is None:
        return text
    return amount_form(value) if value else ""
