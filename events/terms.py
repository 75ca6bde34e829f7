"""The terms claims are judged by: contracts, payer policies, rule packs."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, JsonValue

from events.event_data import EventData, EventType
from events.values import Code, Day, Days, EndDay, Fact, Id, Integer, Money, Name, StatedDay, StatedInstant, Text, Units


def _bare_number(value: Any) -> Any:
    return value.replace("%", "").strip() if isinstance(value, str) else value


def _bare_amount(value: Any) -> Any:
    return value.replace("$", "").replace(",", "").strip() if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _rate_list(value: Any) -> Any:
    """Rates may be written as a table of code to amount."""
    if isinstance(value, dict):
        return [{"procedure": procedure, "amount": amount} for procedure, amount in value.items()]
    return value


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, dict) else value


Percent = Annotated[Units, BeforeValidator(_bare_number)]
TermAmount = Annotated[Money, BeforeValidator(_bare_amount)]


class ContractScope(Fact):
    """Every dimension given must match; the contract that names more dimensions wins."""

    payer_id: Name
    plan: Name | None = None
    billing_npi: Name | None = None
    discipline: Code | None = None
    place_of_service: Code | None = None
    provider_kind: Name | None = None


class ContractRate(Fact):
    """`procedure` "*" stands for every code that has no rate of its own."""

    procedure: Code
    modifiers: Annotated[tuple[Code, ...], BeforeValidator(_listed)] = ()
    amount: TermAmount


class ContractPublished(EventData):
    """`effective_to` is exclusive. `method` and its parameters: see docs/contracts.md.

    A version supersedes the earlier ones of its contract for dates of service from its own `effective_from` on.
    """

    event: ClassVar = EventType(
        "contract.published.v1",
        "contract id",
        "What a payer agreed to pay, for whom and when.",
        "Contract",
        is_term=True,
    )

    contract_id: Id
    version: Integer | Name
    supersedes: object = None
    scope: ContractScope
    effective_from: Day
    effective_to: EndDay = None
    method: Name
    rates: Annotated[tuple[ContractRate, ...], BeforeValidator(_rate_list)] = ()
    amount: TermAmount | None = None
    per: Name | None = None
    percent: Percent | None = None
    basis: object = None
    cap: object = None
    lesser_of: object = None
    modifier_multipliers: object = None
    unit_caps: object = None
    carve_outs: object = None
    default: object = None
    dispute_days: Days | None = None


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
    percent: Decimal | None = None


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
