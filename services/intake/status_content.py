"""What a 277 or 277CA says of a claim or a whole file, however it arrived: only what decides, in one spelling.

Names, addresses and the clearinghouse's own numbers are dropped or rewritten on the way, and dates of service change
between a day and a range of one day. None of that makes another answer; another code, date, amount or claim does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from events.normal_forms import amount_form, number_form
from services.intake.elements import Segment, composite, element, number

_PAYERS_NUMBER = "1K"
_CODES = (1, 10, 11)  # of an STC
_SERVICE_DATE = "472"


def status_content(segments: Iterable[Segment], component: str) -> str:
    """SHA-256 over what the segments of one loop say, in hexadecimal."""
    said = [line for s in segments if (line := _said(s, component))]
    return hashlib.sha256("~".join(said).encode("utf-8", "surrogatepass")).hexdigest()


def _said(segment: Segment, component: str) -> str:
    """One segment in its one spelling; empty for one that decides nothing."""
    parts: tuple[str, ...]
    match segment[0]:
        case "TRN":
            parts = (element(segment, 2),)
        case "STC":
            codes = (_codes(segment, at, component) for at in _CODES)
            amounts = (_amount(segment, at) for at in (4, 5))
            parts = (*codes, element(segment, 2), element(segment, 3).upper(), *amounts, element(segment, 12))
        case "REF" if element(segment, 1) == _PAYERS_NUMBER:
            parts = (number_form(element(segment, 2)),)
        case "DTP" if element(segment, 1) == _SERVICE_DATE:
            start, _, end = element(segment, 3).partition("-")
            parts = (start, end or start)
        case "SVC":
            parts = (_codes(segment, 1, component), _amount(segment, 2))
        case "QTY" | "AMT":
            parts = (element(segment, 1), _amount(segment, 2))
        case _:
            return ""
    return "*".join((segment[0], *parts))


def _codes(segment: Segment, index: int, component: str) -> str:
    return ":".join(part.strip().upper() for part in composite(element(segment, index), component)).rstrip(":")


def _amount(segment: Segment, index: int) -> str:
    text = element(segment, index)
    value = number(text)
    return text if value is None else amount_form(value) if value else ""
