"""How soon each step is due by the house's own rules: hours, business days and days from the sla pack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple

from projections import calendar
from projections.deadlines.base import Case, Deadline, say_day
from projections.history import Name
from projections.rulebook import Ruling

_UNKNOWN = "No date: no service level covers this day"


class Due(NamedTuple):
    """`due` is an instant for hours, a date for days; `other` says what the other way of counting hours gives."""

    due: date | datetime | None
    rule: str
    steps: tuple[str, ...]


def due_after(case: Case, step: str, start: datetime, words: str) -> Due:
    """When a step is due that the pack names, counted from an instant."""
    # All claims of one file share the instant, and a claim is folded again on each of its events.
    return case.terms.remember(("sla", step, start, words), lambda: _due_after(case, step, start, words))


def _due_after(case: Case, step: str, start: datetime, words: str) -> Due:
    day = case.day(start)
    ruling = case.terms.pack("sla", day)
    if ruling is None:
        return Due(None, "", (_UNKNOWN,))
    level = ruling.values.get(step)
    if not isinstance(level, Mapping) or not isinstance(level.get("length"), int):
        return Due(None, ruling.name, (f"No date: {ruling.name} names no time for this step",))
    length, unit = level["length"], level.get("unit", "hours")
    if unit == "hours":
        return _hours(case, ruling, step, start, words)
    due = calendar.add_business_days(day, length) if unit == "business_days" else calendar.add_days(day, length)
    span = f"{length} {unit.replace('_', ' ')}"
    return Due(due, ruling.name, (f"{ruling.name}: {span} from {words}", f"{say_day(day)} + {span} = {say_day(due)}"))


def _hours(case: Case, ruling: Ruling, step: str, start: datetime, words: str) -> Due:
    """Elapsed hours; where people have to act, business hours beside them, and either may be the one that counts."""
    values, rule, length = ruling.values, ruling.name, ruling.values[step]["length"]
    elapsed = calendar.add_hours(start, length)
    opening = f"{rule}: {length} hours from {words} ({case.say(start)})"
    if step.startswith("ack"):
        return Due(elapsed, rule, (opening, f"Elapsed: {case.say(elapsed)}"))
    hours, opens, closes = business_clock(values, length)
    working = calendar.add_business_hours(start, hours, case.zone, opens, closes)
    by_business = values.get("mode") == "business"
    count = "business hours count" if by_business else "elapsed hours count"
    return Due(
        working if by_business else elapsed, rule,
        (opening, f"Elapsed: {case.say(elapsed)}; {hours} business hours: {case.say(working)}; {count}"),
    )  # fmt: skip


def business_clock(values: Mapping[str, Any], length: int) -> tuple[int, time, time]:
    """How many working hours stand for `length` elapsed ones, and between which times of the day they are counted."""
    business = values.get("business", {})
    opens, closes = _clock(business.get("opens"), time(8)), _clock(business.get("closes"), time(17))
    return business.get("hours", length), opens, closes


def _clock(stated: object, default: time) -> time:
    try:
        return time.fromisoformat(str(stated))
    except ValueError:
        return default


def submission_deadline(
    case: Case,
    payer_id: str,
    dos: date,
    *,
    ended_at: datetime | None = None,
    visit: Name | None = None,
    sent: tuple[datetime, Name] | None = None,
) -> Deadline:
    """The claim is to leave soon after the visit. `sent`: the first submission's instant and event, None until then.

    A visit without an end counts from the local midnight after its date.
    """
    start = ended_at or calendar.start_of_day(calendar.add_days(dos, 1), case.zone)
    due = due_after(case, "submission", start, "the end of the visit" if ended_at else "the end of the day of service")
    state, ending = "open", "Would stop it: the claim leaves"
    if sent is not None:
        state = "met" if not isinstance(due.due, datetime) or sent[0] <= due.due else "missed"
        ending = f"Stopped: sent {case.say(sent[0])}"
    return Deadline(
        "submission", payer_id, due.due, None, state, visit, start, sent[1] if sent else None,
        sent[0] if sent else None, due.rule, due.steps, ending=(ending,),
    )  # fmt: skip
