"""A window of time as policies and packs spell it, read into one form; and the day it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from projections import calendar

LONGEST = 36_500  # a hundred years of days: a longer window is a slip of the pen

_UNITS = {
    "day": "days", "days": "days", "calendar_day": "days", "calendar_days": "days", "d": "days",
    "week": "weeks", "weeks": "weeks",
    "month": "months", "months": "months", "calendar_month": "months", "calendar_months": "months",
    "year": "years", "years": "years", "calendar_year": "years", "calendar_years": "years",
    "business_day": "business days", "business_days": "business days", "working_days": "business days",
    "workdays": "business days",
}  # fmt: skip
_ANCHORS = {
    "dos": ("dos", "dos_from", "date_of_service", "service_date", "service", "from_date", "dos_start"),
    "dos_through": ("dos_through", "through_date", "dos_to", "last_dos", "dos_end"),
    "primary notice": ("primary_eob_date", "primary_eob", "primary_remit", "primary_remittance_date", "primary_notice",
                       "primary_payment_date", "primary_eob_received"),
    "notice": ("notice", "notice_date", "remit", "remit_date", "remittance", "remittance_date", "denial_date", "denial",
               "eob", "eob_date", "payment_date", "determination", "determination_date", "initial_determination",
               "adjudication", "adjudication_date", "835"),
    "receipt": ("receipt", "receipt_of_notice", "notice_receipt", "receipt_date", "received", "remit_received"),
    "decision": ("decision", "decision_date", "previous_decision", "prior_decision", "appeal_decision"),
    "discharge": ("discharge", "discharge_date"),
    "eligibility notice": ("eligibility_notice", "eligibility_notice_date"),
}  # fmt: skip
_ANCHOR_OF = {spelling: anchor for anchor, spellings in _ANCHORS.items() for spelling in spellings}
_COUNTS = {
    "receipt": "receipt", "received": "receipt", "receipt_date": "receipt", "receipt_by_payer": "receipt",
    "submission": "submission", "submitted": "submission", "sent": "submission", "submission_date": "submission",
    "postmark": "submission", "postmarked": "submission", "mailed": "submission",
}  # fmt: skip
_ROLLS = {
    "none": "none", "no": "none", "false": "none", "": "none",
    "next_business": "next_business", "next_business_day": "next_business", "next_workday": "next_business",
    "next_working_day": "next_business", "business": "next_business", "business_day": "next_business",
    "federal": "next_business", "weekend_and_holiday": "next_business", "weekends_and_holidays": "next_business",
    "weekend_holiday": "next_business", "yes": "next_business", "true": "next_business", "forward": "next_business",
    "following": "next_business", "next": "next_business",
    "weekend": "weekend", "weekends": "weekend", "weekend_only": "weekend",
    "previous_business": "previous_business", "previous_business_day": "previous_business",
    "preceding": "previous_business",
}  # fmt: skip


class WindowError(ValueError):
    """A window whose terms we do not understand; the message says which term."""


@dataclass(frozen=True, slots=True)
class Window:
    """`length` `unit`s from `anchor`; `counts` (receipt or submission) says what must happen inside it.

    `rule` says who set it. `minimum` is an amount of money, or the name of one in the pack.
    """

    rule: str
    anchor: str
    length: int
    unit: str
    counts: str
    roll: str
    level: int = 0
    name: str = ""
    citation: str = ""
    presumed_receipt_days: int = 0
    decision_days: int | None = None
    minimum: Decimal | str | None = None
    from_day_zero: bool = False

    def end(self, anchor: date) -> date:
        """The last day of the window, before any move for a weekend or holiday."""
        length = self.length - self.from_day_zero
        match self.unit:
            case "days":
                return calendar.add_days(anchor, length)
            case "weeks":
                return calendar.add_days(anchor, 7 * self.length - self.from_day_zero)
            case "business days":
                return calendar.add_business_days(anchor, length)
            case "months":
                last = calendar.add_months(anchor, self.length)
            case _:
                last = calendar.add_years(anchor, self.length)
        return calendar.add_days(last, -1) if self.from_day_zero else last

    def rolled(self, last: date) -> date:
        return calendar.roll(last, self.roll)

    @property
    def span(self) -> str:
        """For people: 1 year, 120 days."""
        return f"{self.length} {self.unit[:-1] if self.length == 1 else self.unit}"


def read_window(terms: Any, rule: str, default_anchor: str, level: int = 0) -> Window:
    """A window from a policy's term or a pack's values. Raises WindowError on a term nobody here understands."""
    given = terms if isinstance(terms, dict) else {**terms.model_dump(), **(terms.model_extra or {})}
    length = given.get("length")
    if not isinstance(length, int) or isinstance(length, bool) or not 0 < length <= LONGEST:
        raise WindowError(f"its length {length!r} is not a number of days, months or years")
    return Window(
        rule=rule,
        anchor=_term(_ANCHOR_OF, given.get("anchor") or default_anchor, "anchor"),
        length=length,
        unit=_term(_UNITS, given.get("unit") or "days", "unit"),
        counts=_term(_COUNTS, given.get("counts") or "receipt", "counts"),
        roll=_term(_ROLLS, given.get("roll") or given.get("weekend_roll") or "none", "roll"),
        level=given.get("level") or level,
        name=given.get("name") or "",
        citation=given.get("citation") or "",
        presumed_receipt_days=_days(given.get("presumed_receipt_days")) or 0,
        decision_days=_days(given.get("decision_days")),
        minimum=_minimum(given),
        from_day_zero=given.get("include_day_zero") is True,
    )


def _term(known: dict[str, str], spelled: Any, what: str) -> str:
    plain = "_".join(str(spelled).lower().replace("-", " ").replace("_", " ").split())
    if plain not in known:
        raise WindowError(f"its {what} {str(spelled)[:40]!r} is not understood")
    return known[plain]


def _days(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= LONGEST else None


def _minimum(given: dict[str, Any]) -> Decimal | str | None:
    stated = given.get("minimum_amount", given.get("minimum"))
    try:
        return None if stated is None else Decimal(stated)
    except (InvalidOperation, TypeError, ValueError):
        return str(stated)
