"""The terms claims are judged by: contracts, payer policies, rule packs."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, JsonValue

from events.event_data import EventData, EventType
from events.values import Code, Days, EndDay, Fact, Id, Integer, Money, Name, StatedDay, StatedInstant, Text, Units
from events.visit import Discipline


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, dict) else value


class TermLimit(Fact):
    """A window: `length` in `unit`s from `anchor`; length 0 says that the payer grants none.

    `counts` says what must happen inside it, `roll` where a last day moves that is no business day; the words are
    those of events/term_words.py. `or` names further windows, `whichever` (earlier, later) says which of all counts.
    `presumed_receipt_days`: how long after its date a notice counts as received. How to enter any term, with examples:
    docs/payers.md.
    """

    anchor: Name | None = None
    length: Days
    unit: Name = "days"
    counts: Name | None = None
    roll: Name | None = None
    weekend_roll: Name | None = None  # the older name of `roll`
    include_day_zero: bool = False
    presumed_receipt_days: Days | None = None
    decision_days: Days | None = None
    others: Annotated[tuple[TermLimit, ...], BeforeValidator(_several)] = Field((), alias="or")
    whichever: Name | None = None
    name: Name | None = None
    citation: Text | None = None
    source: Text | None = None  # where the figure was read, of which date it is and when it was read
    source_date: StatedDay = None
    read_on: StatedDay = None
    confidence: Name | None = None
    note: Text | None = None


class AppealLimit(TermLimit):
    """The window of one level; `levels` instead of `level`: one window that several levels share."""

    level: Integer | None = None
    levels: tuple[Integer, ...] = ()
    minimum_amount: Money | None = None


class Tolerances(Fact):
    per_unit: Money | None = None
    per_claim: Money | None = None
    percent: Units | None = None


class VisitLimit(Fact):
    """This many visits a calendar year under a plan; `disciplines` that share them, all three where none is named."""

    visits: Days
    disciplines: tuple[Discipline, ...] = ()
    source: Text | None = None


class PolicyPublished(EventData):
    """A payer's terms. `plan`, `state` and `line_of_business` narrow whom they bind; the narrowest that fits decides.

    `effective_by` (dos, notice) says which date has to lie in the period; without it filing goes by the date of
    service and everything that a notice opens by the notice. `filing_secondary` is the limit where another payer
    decides first. `appeal_levels` is the number of levels where no window is known.
    """

    event: ClassVar = EventType(
        "policy.published.v1",
        "payer id",
        "A payer's terms: filing, corrected claims, appeals, tolerances.",
        "Policy",
        is_term=True,
    )

    payer_id: Id
    version: Integer | Name | None = None
    program: Name | None = None
    identifiers: tuple[Name, ...] = ()
    names: tuple[Name, ...] = ()
    claim_filing_indicators: tuple[Code, ...] = ()
    plan: Name | None = None
    state: Code | None = None
    line_of_business: Name | None = None
    filing: TermLimit | None = None
    filing_secondary: TermLimit | None = None
    corrected: TermLimit | None = None
    reopening: TermLimit | None = None
    appeals: tuple[AppealLimit, ...] = ()
    appeal_levels: Integer | None = None
    peer_to_peer: TermLimit | None = None
    records: TermLimit | None = None
    dispute: TermLimit | None = None
    rebuttal: TermLimit | None = None
    recoupment: TermLimit | None = None
    refund: TermLimit | None = None
    tolerances: Tolerances | None = None
    authorization_required: bool | None = None
    visit_limits: tuple[VisitLimit, ...] = ()
    note: Text | None = None
    effective_by: Name | None = None
    effective_from: StatedDay = None
    effective_to: EndDay = None
    published_at: StatedInstant = Field(None)


class RulesAdopted(EventData):
    """A rule pack's content, verbatim, and the SHA-256 of it."""

    event: ClassVar = EventType(
        "rules.adopted.v1", "pack id", "A rule pack is in force; its content travels with it.", "Rules", is_term=True
    )

    pack_id: Id
    kind: Name
    version: Name
    content: dict[str, JsonValue]
    checksum: Name
