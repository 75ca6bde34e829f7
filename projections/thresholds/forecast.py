"""When a patient goes over the therapy threshold, if visits go on at the rhythm of the last weeks.

The fold keeps what a forecast rests on; the forecast itself is made on the day it is read, and counts from that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from events.values import ZERO
from projections.session_rules.threshold_limits import Limits

KEPT = 30  # days of service that are kept
WEEKS = 6  # from whose visits the present rhythm is taken
AWAY = 21  # days without a visit after which the patient is taken to come no longer


def basis(projected: Decimal, by_day: Mapping[date, Decimal], limits: Limits) -> dict[str, Any] | None:
    """What a forecast rests on: what is used up, and what each of the last days of service used.

    None where the patient is over already or has no such days.
    """
    days = sorted(day for day, amount in by_day.items() if amount > ZERO)[-KEPT:]
    if not days or limits.exceeds(projected, limits.threshold):
        return None
    return {
        "projected": f"{projected:.2f}",
        "threshold": f"{limits.threshold:.2f}",
        "comparator": limits.comparator,
        "days": [[day.isoformat(), f"{by_day[day]:.2f}"] for day in days],
    }


def forecast(kept: Mapping[str, Any] | None, year: int, today: date) -> dict[str, Any] | None:
    """The visit of the crossing, counted from today: by the mean dollars of the last weeks' visits and their rhythm.

    `kept`: what `basis` gave. None where the rhythm says nothing: no two visits in the last weeks, none of late, or
    no crossing within the year.
    """
    if not kept or "days" not in kept:
        return None
    since = today - timedelta(weeks=WEEKS)
    known = [(date.fromisoformat(text), Decimal(amount)) for text, amount in kept["days"]]
    recent = [(day, amount) for day, amount in known if since <= day <= today]
    if len(recent) < 2 or (today - recent[-1][0]).days > AWAY:
        return None
    return _crossing(kept, recent, year, today)


def _crossing(
    kept: Mapping[str, Any], recent: Sequence[tuple[date, Decimal]], year: int, today: date
) -> dict[str, Any] | None:
    projected, threshold = Decimal(kept["projected"]), Decimal(kept["threshold"])
    each = sum((amount for _, amount in recent), ZERO) / len(recent)
    gap = Decimal((recent[-1][0] - recent[0][0]).days) / (len(recent) - 1)
    limits = Limits(
        threshold=threshold, review=threshold, alert=threshold, comparator=kept["comparator"], programs=frozenset()
    )
    visits = int((threshold - projected) // each)
    while not limits.exceeds(projected + visits * each, threshold):
        visits += 1
    on = today + timedelta(days=min(int((gap * visits).to_integral_value()), 366))
    if on.year != year:
        return None
    first, last = recent[0][0], recent[-1][0]
    return {
        "visits": visits,
        "on": on.isoformat(),
        "per_visit": f"{each:.2f}",
        "days_between": f"{gap:.1f}",
        "explanation": f"{len(recent)} visits from {first} to {last} used {each:.2f} each, {gap:.1f} days apart; "
        f"{projected:.2f} + {visits} x {each:.2f} passes {threshold:.2f}, counted from {today}",
    }
