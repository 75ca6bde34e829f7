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
    """A window: `length` in `unit`s from `anchor`.

    `counts` says what must happen inside it; `roll` moves a due date that falls on a weekend or holiday.
    """

    anchor: Text | None = None
    length: int
    unit: Text = "days"
    counts: Text | None = None
    roll: Text | None = None


class AppealLimit(TermLimit):
    level: int | None = None
    presumed_receipt_days: int = 0
    minimum_amount: Money | None = None


class Tolerances(Fact):
    per_unit: Money | None = None
    per_claim: Money | None = None
    percent: Decimal | None = None


class PolicyPublished(EventData):
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
    filing: TermLimit | None = None
    corrected: TermLimit | None = None
    appeals: tuple[AppealLimit, ...] = ()
    tolerances: Tolerances | None = None
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
