"""When a patient goes over the therapy threshold, if visits go on at the present rhythm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from events.values import ZERO
from projections.session_rules.threshold_limits import Limits

RHYTHM = 10  # visits from which the present rhythm is taken


def forecast(projected: Decimal, by_day: Mapping[date, Decimal], year: int, limits: Limits) -> dict[str, Any] | None:
    """The visit of the crossing: by the mean dollars of the last visits and the mean days between them.

    `projected`: what is used up so far; `by_day`: what each of our days of service used.

    None where the patient is over already, has too few visits to tell, or does not cross within the year.
    """
    if limits.exceeds(projected, limits.threshold):
        return None
    days = sorted(day for day, amount in by_day.items() if amount > ZERO)[-RHYTHM:]
    if len(days) < 2:
        return None
    each = sum((by_day[day] for day in days), ZERO) / len(days)
    gap = Decimal((days[-1] - days[0]).days) / (len(days) - 1)
    visits = int((limits.threshold - projected) // each)
    while not limits.exceeds(projected + visits * each, limits.threshold):
        visits += 1
    on = days[-1] + timedelta(days=min(int((gap * visits).to_integral_value()), 366))
    if on.year != year:
        return None
    return {
        "visits": visits, "on": on.isoformat(), "per_visit": f"{each:.2f}", "days_between": f"{gap:.1f}",
        "explanation": f"{len(days)} visits from {days[0]} to {days[-1]} used {each:.2f} each, {gap:.1f} days apart; "
        f"{projected:.2f} + {visits} x {each:.2f} passes {limits.threshold}",
    }  # fmt: skip
