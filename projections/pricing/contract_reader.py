"""A published contract as pricing uses it. What one may say, and how it is spelled, is in events/contract.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from events.contract import ContractPublished
from events.contract_terms import (
    EVALUATION_PLUS_CAP,
    EVALUATIONS,
    PER_VISIT,
    CaseRateTerms,
    ContractCap,
    ContractRate,
    ContractUnitCap,
    FeeScheduleBasis,
    PercentOfChargeTerms,
    PercentOfMedicareTerms,
    PerVisitTerms,
)
from events.unread_terms import UnreadContract
from projections.pricing.contract import (
    ANY,
    CHARGE,
    DAY,
    FLAT,
    PER_UNIT,
    PERCENT_OF_MEDICARE,
    SCOPE,
    VISIT,
    Cap,
    CarveOut,
    Contract,
    ContractMethod,
    Rate,
    RateBasis,
    UnitCap,
)
from projections.pricing.lines import HUNDRED


def read_contract(fact: ContractPublished, evaluations: Collection[str] = ()) -> Contract:
    """The contract a fact publishes. One that cannot be used comes back with `error`, never with a guess.

    `evaluations` are the codes meant by the word "evaluations".
    """
    bare = Contract(
        contract_id=fact.contract_id,
        version=str(fact.version),
        payer_id=fact.scope.payer_id.strip(),
        scope=_scope(fact),
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
        method=None,
        dispute_days=fact.dispute_days,
        supersedes=fact.supersedes,
    )
    if isinstance(fact, UnreadContract):
        return replace(
            bare,
            error=f"contract {bare.name} cannot be used: it {fact.why_unread}",
            may_bind_anyone=fact.may_bind_anyone,
            has_no_version="version" in fact.lost,
        )
    try:
        return _understand(bare, fact, frozenset(evaluations))
    except Exception as error:  # noqa: BLE001  one contract never takes the others with it
        return replace(bare, error=f"contract {bare.name} cannot be used: {type(error).__name__}")


def _scope(fact: ContractPublished) -> tuple[tuple[str, str], ...]:
    stated = {name: str(value).strip() for name in SCOPE if (value := getattr(fact.scope, name)) not in (None, "")}
    return tuple((name, value.casefold() if name == "plan" else value) for name, value in stated.items())


def _understand(bare: Contract, fact: ContractPublished, evaluations: frozenset[str]) -> Contract:
    caps = tuple(_cap(cap, fact, evaluations) for cap in fact.cap)
    method, caps = _visit_limits(_method(fact, evaluations), caps)
    return replace(
        bare,
        method=method,
        carve_outs=tuple(
            CarveOut(_codes(one.procedures, evaluations), _method(one, evaluations), one.capped)
            for one in fact.carve_outs
        ),
        default=None if fact.default is None else _method(fact.default, evaluations),
        caps=caps,
        lesser_of=fact.lesser_of or "",
        multipliers={modifier: percent / HUNDRED for modifier, percent in fact.modifier_multipliers.items()},
        unit_caps=tuple(
            UnitCap(limit.units, code, limit.per) for limit in fact.unit_caps for code in _limited(limit, evaluations)
        ),
    )


def _method(terms: Any, evaluations: frozenset[str]) -> ContractMethod:
    """Of a contract, a carve-out or its default: whichever of the seven methods it names."""
    rates = _rates(terms.rates, evaluations)
    if isinstance(terms, PercentOfMedicareTerms):
        return ContractMethod(
            kind=PERCENT_OF_MEDICARE, rates=rates, factor=terms.percent / HUNDRED, basis=_basis(terms.basis)
        )
    if isinstance(terms, PercentOfChargeTerms):
        return ContractMethod(kind=CHARGE, rates=rates, factor=terms.percent / HUNDRED)
    if isinstance(terms, PerVisitTerms | CaseRateTerms):
        return ContractMethod(kind=FLAT, rates=rates, amount=terms.amount, per=terms.per)
    if terms.amount is not None:
        rates.setdefault(ANY, (Rate(frozenset(), terms.amount),))
    return ContractMethod(kind=PER_UNIT, rates=rates)


def _basis(stated: FeeScheduleBasis | None) -> RateBasis:
    if stated is None:
        return RateBasis()
    return RateBasis(stated.year, stated.on, stated.locality, stated.edition, mppr=stated.mppr)


def _rates(stated: Iterable[ContractRate], evaluations: frozenset[str]) -> dict[str, tuple[Rate, ...]]:
    rates: dict[str, tuple[Rate, ...]] = {}
    for entry in stated:
        for code in sorted(_codes((entry.procedure,), evaluations)):
            rates[code] = (*rates.get(code, ()), Rate(frozenset(entry.modifiers), entry.amount))
    return rates


def _codes(stated: Iterable[str], evaluations: frozenset[str]) -> frozenset[str]:
    named = frozenset(stated)
    return named - {EVALUATIONS} | evaluations if EVALUATIONS in named else named


def _limited(limit: ContractUnitCap, evaluations: frozenset[str]) -> list[str | None]:
    """The procedures a unit cap is for; None where it is for all together."""
    return [*sorted(_codes(limit.procedures, evaluations))] or [None]


def _cap(stated: ContractCap, fact: ContractPublished, evaluations: frozenset[str]) -> Cap:
    """`per` is the visit where the contract pays visits, else the day."""
    inside, outside = _codes(stated.procedures, evaluations), _codes(stated.outside, evaluations)
    if fact.method == EVALUATION_PLUS_CAP and not inside:
        outside |= evaluations
    return Cap(stated.amount, stated.per or (VISIT if fact.method == PER_VISIT else DAY), inside, outside)


def _visit_limits(method: ContractMethod, caps: tuple[Cap, ...]) -> tuple[ContractMethod, tuple[Cap, ...]]:
    """A visit rate given as a cap alone is the visit's amount; rates for codes under a cap are paid by the unit."""
    if method.kind != FLAT or not caps:
        return method, caps
    if method.amount is None and not method.rates:
        return replace(method, amount=caps[0].amount, per=caps[0].per), caps[1:]
    if method.rates and ANY not in method.rates:
        return replace(method, kind=PER_UNIT), caps
    return method, caps


def amounts(rates: Mapping[str, tuple[Rate, ...]]) -> dict[tuple[str, frozenset[str]], Decimal]:
    """Rates as (code, modifiers) to amount, for comparing two versions."""
    return {(code, rate.modifiers): rate.amount for code, held in rates.items() for rate in held}
