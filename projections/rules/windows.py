"""A window of time as policies and packs spell it, read into one form; and the day it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from events.term_refusals import LONGEST, unknown_fields
from events.term_words import Anchor, Counts, Roll, TermUnit, Whichever, Word, read_word
from events.values import Fact
from projections import calendar
from projections.calendar import WEEKENDS_ALONE, DaysOff

_NETWORKS = {"in": "in network", "out": "out of network"}
_MOVES = {
    Roll.NEXT_BUSINESS: "moved to the next business day",
    Roll.PREVIOUS_BUSINESS: "moved to the business day before",
    Roll.WEEKEND: "moved past a weekend",
}
_CONFIDENCE = {"H": "high", "M": "medium", "L": "low"}


class WindowError(ValueError):
    """A window whose terms we do not understand; the message says which term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`length` `unit`s from `anchor`; `counts` says what must happen inside it.

    `rule` says who set it. `minimum` is an amount of money, or the name of one in the pack. `others` are further
    windows, of which together with this one the earlier or the later counts (`whichever`). `provenance`: where the
    figure was read, for people. `off`: the days off known.
    """

    rule: str
    anchor: Anchor
    length: int
    unit: TermUnit = TermUnit.DAYS
    counts: Counts = Counts.RECEIPT
    roll: Roll = Roll.NONE
    level: int = 0
    name: str = ""
    citation: str = ""
    presumed_receipt_days: int = 0
    decision_days: int | None = None
    minimum: Decimal | str | None = None
    from_day_zero: bool = False
    others: tuple[Window, ...] = ()
    whichever: Whichever = Whichever.EARLIER
    provenance: str = ""
    off: DaysOff = field(default=WEEKENDS_ALONE, compare=False, repr=False)

    def end(self, anchor: date) -> date:
        """The last day of this window alone, before any move for a weekend or holiday."""
        length = self.length - self.from_day_zero
        match self.unit:
            case TermUnit.DAYS:
                return calendar.add_days(anchor, length)
            case TermUnit.WEEKS:
                return calendar.add_days(anchor, 7 * self.length - self.from_day_zero)
            case TermUnit.BUSINESS_DAYS:
                return calendar.add_business_days(anchor, length, self.off)
            case TermUnit.MONTH_ENDS:
                return calendar.month_end(calendar.add_months(anchor.replace(day=1), self.length))
            case TermUnit.YEAR_ENDS:
                return calendar.year_end(calendar.add_years(anchor, self.length))
            case TermUnit.MONTHS:
                last = calendar.add_months(anchor, self.length)
            case TermUnit.YEARS:
                last = calendar.add_years(anchor, self.length)
        return calendar.add_days(last, -1) if self.from_day_zero else last

    def with_days_off(self, off: DaysOff) -> Window:
        """The same window, its business days counted by these days off."""
        return replace(self, off=off, others=tuple(other.with_days_off(off) for other in self.others))

    def rolled(self, last: date) -> date:
        return calendar.roll(last, self.roll, self.off)

    @property
    def span(self) -> str:
        """For people: 1 year, 120 days, 6 months to the end of the month."""
        return f"{self.length} {self.unit.replace('s', '', 1) if self.length == 1 else self.unit}"

    @property
    def words(self) -> str:
        """For people: 90 days from the date of service; further windows with the word that chooses between them."""
        alone = f"{self.span} from the {self.anchor}"
        if self.counts == Counts.SUBMISSION:
            alone += ", by the day it is sent"
        if self.roll != Roll.NONE:
            alone += f", {_MOVES[self.roll]}"
        others = "".join(f" or {other.words}" for other in self.others)
        return f"{alone}{others}, whichever is {self.whichever}" if others else alone


def read_window(terms: Any, rule: str, default_anchor: Anchor, level: int = 0) -> Window:
    """A window from a policy's term or a pack's values. Raises WindowError on a term that is not understood."""
    if isinstance(terms, Fact):
        if unknown := unknown_fields(terms):
            raise WindowError(f"its term {unknown[0][:40]!r} is not understood")
        given = terms.model_dump()
    else:
        given = {**terms, "others": terms.get("or", ())}
    return _window(given, rule, default_anchor, level)


def _window(given: Mapping[str, Any], rule: str, default_anchor: Anchor, level: int) -> Window:
    others = tuple(_window(other, rule, default_anchor, level) for other in given.get("others", ()))
    whichever = given.get("whichever")
    if others and not whichever:
        raise WindowError("it names several windows and not whether the earlier or the later counts")
    return Window(
        rule=rule,
        anchor=_word(Anchor, given.get("anchor") or default_anchor, "anchor"),
        length=_length(given.get("length")),
        unit=_word(TermUnit, given.get("unit") or TermUnit.DAYS, "unit"),
        counts=_word(Counts, given.get("counts") or Counts.RECEIPT, "counts"),
        roll=_word(Roll, given.get("roll") or given.get("weekend_roll") or Roll.NONE, "roll"),
        level=level or given.get("level") or 0,
        name=given.get("name") or "",
        citation=given.get("citation") or "",
        presumed_receipt_days=_days(given.get("presumed_receipt_days")) or 0,
        decision_days=_days(given.get("decision_days")),
        minimum=_minimum(given),
        from_day_zero=given.get("include_day_zero") is True,
        others=others,
        whichever=_word(Whichever, whichever or Whichever.EARLIER, "choice"),
        provenance=_provenance(given),
    )


def _provenance(given: Mapping[str, Any]) -> str:
    """Which term, whose, and when it was read; nothing where a policy does not say so."""
    if not given.get("source") or not given.get("read_on"):
        return ""
    dated = given.get("source_date") or given.get("x_source_date")
    confidence = _CONFIDENCE.get(str(given.get("confidence")))
    parts = (
        f"Read {given['read_on']} in {given['source']}" + (f" of {dated}" if dated else ""),
        f"template {given['x_template']}" if given.get("x_template") else "",
        _NETWORKS.get(str(given.get("x_network")), ""),
        f"confidence {confidence}" if confidence else "",
    )
    return "; ".join(part for part in parts if part)


def _length(length: Any) -> int:
    if not isinstance(length, int) or isinstance(length, bool) or not 0 < length <= LONGEST:
        raise WindowError(f"its length {length!r} is not a number of days, months or years")
    return length


def _word(kind: type[Word], spelled: Any, what: str) -> Word:
    found = read_word(kind, spelled)
    if found is None:
        raise WindowError(f"its {what} {str(spelled)[:40]!r} is not understood")
    return found


def _days(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= LONGEST else None


def _minimum(given: Mapping[str, Any]) -> Decimal | str | None:
    stated = given.get("minimum_amount", given.get("minimum"))
    try:
        return None if stated is None else Decimal(stated)
    except (InvalidOperation, TypeError, ValueError):
        return str(stated)
