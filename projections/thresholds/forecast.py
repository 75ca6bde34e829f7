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
from projections.tables.threshold_facts import DayUse, ForecastBasis

KEPT = 30  # days of service that are kept
WEEKS = 6  # from whose visits the present rhythm is taken
AWAY = 21  # days without a visit after which the patient is taken to come no longer


def basis(projected: Decimal, by_day: Mapping[date, Decimal], limits: Limits) -> ForecastBasis | None:
    """What a forecast rests on: what is used up, and what each of the last days of service used.

    None where the patient is over already or has no such days.
    """
    days = sorted(day for day, amount in by_day.items() if amount > ZERO)[-KEPT:]
    if not days or limits.exceeds(projected, limits.threshold):
        return None
    used = tuple(DayUse(day, by_day[day]) for day in days)
    return ForecastBasis(projected=projected, threshold=limits.threshold, comparator=limits.comparator, days=used)


def forecast(kept: ForecastBasis | None, year: int, today: date) -> dict[str, Any] | None:
    """The visit of the crossing, counted from today: by the mean dollars of the last weeks' visits and their rhythm.

    `kept`: what `basis` gave. None where the rhythm says nothing: no two visits in the last weeks, none of late, or
    no crossing within the year.
    """
    if kept is None:
        return None
    since = today - timedelta(weeks=WEEKS)
    recent = [use for use in kept.days if since <= use.on <= today]
    if len(recent) < 2 or (today - recent[-1].on).days > AWAY:
        return None
    return _crossing(kept, recent, year, today)


def _crossing(kept: ForecastBasis, recent: Sequence[DayUse], year: int, today: date) -> dict[str, Any] | None:
    projected, threshold = kept.projected, kept.threshold
    each = sum((amount for _, amount in recent), ZERO) / len(recent)
    gap = Decimal((recent[-1].on - recent[0].on).days) / (len(recent) - 1)
    limits = Limits(
        threshold=threshold, review=threshold, alert=threshold, comparator=kept.comparator, programs=frozenset()
    )
    visits = int((threshold - projected) // each)
    while not limits.exceeds(projected + visits * each, threshold):
        visits += 1
    on = today + timedelta(days=min(int((gap * visits).to_integral_value()), 366))
    if on.year != year:
        return None
    first, last = recent[0].on, recent[-1].on
    return {
        "visits": visits,
        "on": on.isoformat(),
        "per_visit": f"{each:.2f}",
        "days_between": f"{gap:.1f}",
        "explanation": f"{len(recent)} visits from {first} to {last} used {each:.2f} each, {gap:.1f} days apart; "
        f"{projected:.2f} + {visits} × {each:.2f} exceeds {threshold:.2f}, counted from {today}",
    }
