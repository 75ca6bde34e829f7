"""Values inside X12 segments: amounts, quantities, dates, instants and composites.

A missing or nonsensical date or quantity is None; only an amount that is no number stops a claim.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from events.values import MAX_AMOUNT, MAX_UNITS, SMALLEST, round_cents

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
LONGEST_ID = 200  # characters of a claim, patient or event id that the vocabulary takes
_COMPONENT_MARKS = ":>|<^"
_FIRST_YEAR, _LAST_YEAR, _CENTURY_PIVOT = 1900, 2199, 70

Json = dict[str, Any]
Segment = list[str]


class UnreadableError(ValueError):
    """A claim or entry that cannot be read. The message names the element and the fault, never the value."""


def element(segment: Sequence[str], index: int) -> str:
    """An element without padding; empty where the segment is shorter."""
    try:
        return segment[index].strip(" ")
    except IndexError:
        return ""


@lru_cache(maxsize=65_536)
def number(text: str) -> Decimal | None:
    """A plain decimal number of sane size, or None."""
    text = text.strip()
    return Decimal(text) if len(text) <= 30 and _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=65_536)
def quantity(text: str) -> Decimal | None:
    """A quantity as events take it (at most eight digits before the point), or None."""
    value = number(text)
    return value if value is not None and abs(value) <= MAX_UNITS and value.adjusted() >= SMALLEST else None


@lru_cache(maxsize=65_536)
def cents(text: str) -> Decimal | None:
    """An amount with exactly two places, or None where the text is no amount in whole cents."""
    value = number(text)
    if value is None or abs(value) > MAX_AMOUNT:
        return None
    amount = round_cents(value) + 0  # "+ 0" turns -0.00 into 0.00
    return amount if amount == value else None


def money(segment: Sequence[str], index: int) -> Decimal:
    """A required amount. Raises UnreadableError naming the element."""
    try:
        amount = cents(segment[index])
    except IndexError:
        amount = None
    if amount is None:
        fault = "is not an amount in whole cents" if element(segment, index) else "is missing"
        raise UnreadableError(f"{segment[0]}{index:02d} {fault}")
    return amount


def optional_money(segment: Sequence[str], index: int) -> Decimal | None:
    """An amount that may be absent. Raises UnreadableError where the text is no amount."""
    return money(segment, index) if len(segment) > index and segment[index].strip() else None


@lru_cache(maxsize=65_536)
def whole(text: str, limit: int) -> int | None:
    """A whole number below a limit, or None."""
    plain = len(text) <= 20 and text.isascii() and text.isdecimal()
    return int(text) if plain and int(text) < limit else None


@lru_cache(maxsize=65_536)
def day(text: str) -> str | None:
    """An ISO date from CCYYMMDD (or the From of a range, or with a time behind it); None where it is no date."""
    digits = text.strip()[:8]
    if len(digits) != 8 or not _DIGITS.fullmatch(digits):
        return None
    try:
        found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return found.isoformat() if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def name_of(segment: Sequence[str], index: int, faults: list[str]) -> str:
    """An element by which something is identified. One longer than events take is cut, and named in `faults`."""
    text = element(segment, index)
    if len(text) > LONGEST_ID:
        faults.append(f"{segment[0]}{index:02d} is longer than {LONGEST_ID} characters: it was truncated")
    return text[:LONGEST_ID]


def stated_day(segment: Sequence[str], index: int, faults: list[str], of: str = "") -> str | None:
    """The ISO date in an element. One that is stated and is no date of 1900 to 2199 is named in `faults`."""
    text = element(segment, index)
    found = day(text)
    if found is None and text:
        faults.append(f"{segment[0]}{index:02d}{of} is not a date")
    return found


@lru_cache(maxsize=65_536)
def through(text: str) -> str | None:
    """The Through date of a range CCYYMMDD-CCYYMMDD."""
    _, dash, end = text.partition("-")
    return day(end) if dash else None


def instant(day_text: str, time_text: str, zone: ZoneInfo) -> datetime | None:
    """A UTC instant from X12 date (CCYYMMDD or YYMMDD) and time (HHMM, HHMMSS, HHMMSSDD) in a zone.

    A time that makes no sense counts as midnight; a date that makes none gives None.
    """
    text = day_text.strip()
    if len(text) == 6 and _DIGITS.fullmatch(text):
        text = ("19" if int(text[:2]) >= _CENTURY_PIVOT else "20") + text
    on = day(text)
    if on is None or len(text) != 8:
        return None
    try:
        found = datetime.combine(date.fromisoformat(on), _clock(time_text.strip()), zone).astimezone(UTC)
    except OverflowError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _clock(text: str) -> time:
    return _time(text) or time()


def _time(text: str) -> time | None:
    if len(text) >= 4 and _DIGITS.fullmatch(text[:6]):
        hour, minute, second = int(text[:2]), int(text[2:4]), int(text[4:6] or 0)
        if hour < 24 and minute < 60:
            return time(hour, minute, second if second < 60 else 0)
    return None


def undated(segment: Sequence[str], index: int) -> list[str]:
    """What is no date in an element, or no time in the next one: faults of a message's own instant."""
    faults: list[str] = []
    if len(element(segment, index)) != len("YYMMDD"):
        stated_day(segment, index, faults)
    if (text := element(segment, index + 1)) and _time(text) is None:
        faults.append(f"{segment[0]}{index + 1:02d} is not a time; midnight is taken")
    return faults


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def composite(text: str, separator: str) -> list[str]:
    """The components of a composite element.

    Some senders declare one component separator in ISA16 and write another. Where the declared one does not occur,
    the first of the usual marks that does is taken.
    """
    if separator in text:
        return text.split(separator)
    for mark in _COMPONENT_MARKS:
        if mark in text:
            return text.split(mark)
    return [text]


def is_blank_id(text: str) -> bool:
    """Whether an identifier names nothing: empty, or only zeros."""
    return not text.strip(" 0")
