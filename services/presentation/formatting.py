"""How figures, days and waits are written for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from events.values import from_cents

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON_DAYS = 3
MINUS, DASH = "\u2212", "\u2013"


def amount(value: Any) -> str:
    """1234.5 -> 1,234.50, with a true minus sign; an unknown amount is a dash."""
    if value is None or value == "":
        return DASH
    number = Decimal(str(value))
    return f"{MINUS if number < 0 else ''}{abs(number):,.2f}"


def cents_text(cents: int | None) -> str | None:
    """123456 -> 1234.56, as JSON and spreadsheets are given money; None stays None."""
    return None if cents is None else f"{from_cents(cents):.2f}"


def dollars(value: Any) -> str:
    told = amount(value)
    return told if told == DASH else f"{MINUS}${told[1:]}" if told[0] == MINUS else f"${told}"


def whole_dollars(value: Any) -> str:
    """For sums at a glance: no cents."""
    number = Decimal(str(value))
    return f"{MINUS if number < 0 else ''}${abs(number):,.0f}"


def count(value: Any) -> str:
    return f"{int(value):,}"


def percent(rate: Any) -> str:
    """0.0833 -> 8.3%."""
    return DASH if rate is None else f"{100 * Decimal(str(rate)):.1f}%"


def plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def lower_first(words: str) -> str:
    """Paid at an earlier rate -> paid at an earlier rate; MPPR stays."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def name_case(name: str) -> str:
    """HOLLISTER, BRAM -> Hollister, Bram; a name that is not all capitals stays as it was written."""
    return name.title() if name.isupper() else name


def day(value: Any) -> str:
    """Nov 7, 2026."""
    if not value:
        return DASH
    found = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{found:%b} {found.day}, {found.year}"


def short_day(value: Any, at: datetime) -> str:
    """Nov 7; with its year where that is not the present one."""
    found = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{found:%b} {found.day}" if found.year == at.year else day(found)


def month(value: Any) -> str:
    """Nov 2026; of a day, or of a month such as 2026-11."""
    found = value if isinstance(value, date) else date.fromisoformat(f"{str(value)[:7]}-01")
    return f"{found:%b %Y}"


def weekday(value: Any) -> str:
    """Sat, Nov 7."""
    found = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{found:%a}, {found:%b} {found.day}"


def instant(value: Any, zone: ZoneInfo) -> str:
    """Nov 7, 2026, 3:30 PM, in the practice's zone; a bare date stays one."""
    if not value:
        return DASH
    if isinstance(value, str) and len(value) == 10:
        return day(value)
    local = as_instant(value, zone).astimezone(zone)
    return f"{day(local.date())}, {local:%I}".replace(" 0", " ") + f":{local:%M} {local:%p}"


def local_day(value: str, zone: ZoneInfo) -> date:
    """The practice's day of a date or an instant."""
    return date.fromisoformat(value) if len(value) == 10 else as_instant(value, zone).astimezone(zone).date()


def moment(value: Any, at: datetime, zone: ZoneInfo) -> str:
    """As short as can be: Nov 7, or Nov 7, 3:30 PM."""
    if not value:
        return DASH
    if isinstance(value, str) and len(value) == 10:
        return short_day(value, at)
    local = as_instant(value, zone).astimezone(zone)
    return f"{short_day(local.date(), at)}, {local:%I}".replace(" 0", " ") + f":{local:%M} {local:%p}"


def as_instant(value: Any, zone: ZoneInfo) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.replace(tzinfo=zone) if found.tzinfo is None else found


@dataclass(frozen=True)
class Wait:
    """What is left until a milestone, or gone since, and how urgent that is: over, soon, later or none."""

    text: str
    level: str


def wait(due: str | None, at: datetime, zone: ZoneInfo) -> Wait:
    """What is left until a date or an instant, as a list gives it."""
    if due is None:
        return Wait("no date", "none")
    if len(due) == 10:
        return _days((date.fromisoformat(due) - at.astimezone(zone).date()).days)
    return _hours(as_instant(due, zone) - at)


def _days(left: int) -> Wait:
    """As the calendar counts, whatever the hour: a clock of days runs until its last day is over."""
    if left < 0:
        return Wait(f"{plural(-left, 'day')} past due", "over")
    if left == 0:
        return Wait("due today", "soon")
    return Wait(f"{plural(left, 'day')} left", "soon" if left <= SOON_DAYS else "later")


def _hours(left: timedelta) -> Wait:
    gone = left < timedelta(0)
    size, word, level = abs(left), "past due" if gone else "left", "over" if gone else "soon" if left < DAY else "later"
    if size < HOUR:
        return Wait(f"{max(size // timedelta(minutes=1), 1)} min {word}", level)
    if size < 2 * DAY:
        return Wait(f"{size // HOUR} h {word}", level)
    return Wait(f"{plural(size // DAY, 'day')} {word}", level)
