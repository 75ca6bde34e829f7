"""How soon each step is due by the practice's own service levels: hours, business days and days from the sla pack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple

from projections import calendar
from projections.deadlines.base import say_day, say_instant
from projections.rules.rulebook import Ruling
from projections.terms.terms_in_force import Reference

_UNKNOWN = "No date: no service level covers this day"


class ServiceLevel(NamedTuple):
    """`due` is an instant for hours, a date for days.

    `steps` calculate it, with what the other way of counting gives.
    """

    due: date | datetime | None
    rule: str
    steps: tuple[str, ...]


def due_after(reference: Reference, step: str, start: datetime, words: str) -> ServiceLevel:
    """When a step is due that the pack names, counted from an instant; `words` say what begins there."""
    # All claims of one file share the instant, and a claim is folded again on each of its events.
    return reference.terms.remember(("sla", step, start, words), lambda: _due_after(reference, step, start, words))


def leaving_due(reference: Reference, dos: date, ended_at: datetime | None) -> tuple[datetime, ServiceLevel]:
    """The start of the clock from a visit to its claim, and when the claim is to have left.

    A visit without an end counts from the local midnight after its date.
    """
    start = ended_at or calendar.start_of_day(calendar.add_days(dos, 1), reference.zone)
    words = "the end of the visit" if ended_at else "the end of the day of service"
    return start, due_after(reference, "submission", start, words)


def _due_after(reference: Reference, step: str, start: datetime, words: str) -> ServiceLevel:
    day = calendar.local_day(start, reference.zone)
    ruling = reference.terms.pack("sla", day)
    if ruling is None:
        return ServiceLevel(None, "", (_UNKNOWN,))
    level = ruling.values.get(step)
    if not isinstance(level, Mapping) or not isinstance(level.get("length"), int):
        return ServiceLevel(None, ruling.name, (f"No date: {ruling.name} states no time limit for this step",))
    length, unit = level["length"], level.get("unit", "hours")
    if unit == "hours":
        return _hours(ruling, step, start, words, reference)
    due = (
        calendar.add_business_days(day, length, reference.terms.days_off)
        if unit == "business_days"
        else calendar.add_days(day, length)
    )
    span = f"{length} {unit.replace('_', ' ')}"
    return ServiceLevel(
        due, ruling.name, (f"{ruling.name}: {span} from {words}", f"{say_day(day)} + {span} = {say_day(due)}")
    )


def _hours(ruling: Ruling, step: str, start: datetime, words: str, reference: Reference) -> ServiceLevel:
    """Elapsed hours; where people have to act, business hours next to them, and either may be the one that counts."""
    zone, off = reference.zone, reference.terms.days_off
    values, rule, length = ruling.values, ruling.name, ruling.values[step]["length"]
    elapsed = calendar.add_hours(start, length)
    opening = f"{rule}: {length} hours from {words} ({say_instant(start, zone)})"
    if step.startswith("ack"):
        return ServiceLevel(elapsed, rule, (opening, f"Elapsed: {say_instant(elapsed, zone)}"))
    hours, opens, closes = business_clock(values, length)
    working = calendar.add_business_hours(start, hours, zone, opens, closes, off=off)
    by_business = values.get("mode") == "business"
    count = "business hours count" if by_business else "elapsed hours count"
    both = f"Elapsed: {say_instant(elapsed, zone)}; {hours} business hours: {say_instant(working, zone)}; {count}"
    return ServiceLevel(working if by_business else elapsed, rule, (opening, both))


def business_clock(values: Mapping[str, Any], length: int) -> tuple[int, time, time]:
    """How many working hours stand for `length` elapsed ones, and between which times of the day they are counted."""
    stated = values.get("business")
    business = stated if isinstance(stated, Mapping) else {}  # null says as little as nothing
    opens, closes = _clock(business.get("opens"), time(8)), _clock(business.get("closes"), time(17))
    hours = business.get("hours")
    return (length if hours is None else hours), opens, closes


def _clock(stated: object, default: time) -> time:
    try:
        return time.fromisoformat(str(stated))
    except ValueError:
        return default
