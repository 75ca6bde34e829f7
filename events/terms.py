"""The terms claims are judged by: contracts, payer policies, rule packs."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, JsonValue

from events.event_data import EventData, EventType
from events.values import Code, Day, Fact, Id, Instant, Money, Text, Units


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

    payer_id: Text
    plan: Text | None = None
    billing_npi: Text | None = None
    discipline: Code | None = None
    place_of_service: Code | None = None
    provider_kind: Text | None = None


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
    version: int | Text
    supersedes: object = None
    scope: ContractScope
    effective_from: Day
    effective_to: Day | None = None
    method: Text
    rates: Annotated[tuple[ContractRate, ...], BeforeValidator(_rate_list)] = ()
    amount: TermAmount | None = None
    per: Text | None = None
    percent: Percent | None = None
    basis: object = None
    cap: object = None
    lesser_of: object = None
    modifier_multipliers: object = None
    unit_caps: object = None
    carve_outs: object = None
    default: object = None
    dispute_days: int | None = None


class TermLimit(Fact):
    """A window: `length` in `unit`s from `anchor`; length 0 says that the payer grants none.

    `counts` says what must happen inside it, `roll` where a last day moves that is no business day; the words are
    those of events/term_words.py. `or` names further windows, `whichever` (earlier, later) says which of all counts.
    `presumed_receipt_days`: how long after its date a notice counts as received. How to enter any term, with examples:
    docs/payers.md.
    """

    anchor: Text | None = None
    length: int
    unit: Text = "days"
    counts: Text | None = None
    roll: Text | None = None
    weekend_roll: Text | None = None  # the older name of `roll`
    include_day_zero: bool = False
    presumed_receipt_days: int | None = None
    decision_days: int | None = None
    others: Annotated[tuple[TermLimit, ...], BeforeValidator(_several)] = Field((), alias="or")
    whichever: Text | None = None
    name: Text | None = None
    citation: Text | None = None
    source: Text | None = None  # where the figure was read, of which date it is and when it was read
    source_date: Day | None = None
    read_on: Day | None = None
    confidence: Text | None = None
    note: Text | None = None


class AppealLimit(TermLimit):
    """The window of one level; `levels` instead of `level`: one window that several levels share."""

    level: int | None = None
    levels: tuple[int, ...] = ()
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
    version: int | Text | None = None
    program: Text | None = None
    identifiers: tuple[Text, ...] = ()
    names: tuple[Text, ...] = ()
    claim_filing_indicators: tuple[Code, ...] = ()
    plan: Text | None = None
    state: Code | None = None
    line_of_business: Text | None = None
    filing: TermLimit | None = None
    filing_secondary: TermLimit | None = None
    corrected: TermLimit | None = None
    reopening: TermLimit | None = None
    appeals: tuple[AppealLimit, ...] = ()
    appeal_levels: int | None = None
    peer_to_peer: TermLimit | None = None
    records: TermLimit | None = None
    dispute: TermLimit | None = None
    rebuttal: TermLimit | None = None
    recoupment: TermLimit | None = None
    tolerances: Tolerances | None = None
    note: Text | None = None
    effective_by: Text | None = None
    effective_from: Day | None = None
    effective_to: Day | None = None
    published_at: Instant | None = Field(None)


class RulesAdopted(EventData):
    """A rule pack's content, verbatim, and the SHA-256 of it."""

    event: ClassVar = EventType(
        "rules.adopted.v1", "pack id", "A rule pack is in force; its content travels with it.", "Rules", is_term=True
    )

    pack_id: Id
    kind: Text
    version: Text
    content: dict[str, JsonValue]
    checksum: Text
