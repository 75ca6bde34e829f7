"""Reads a published contract liberally: many spellings in, one understood `Contract` out. See docs/contracts.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from events.terms import ContractPublished, ContractRate
from projections.pricing.contract import (
    ANY,
    CHARGE,
    CLAIM,
    DAY,
    FLAT,
    LINE,
    PER_UNIT,
    PERCENT_OF_MEDICARE,
    SCOPE,
    VISIT,
    Cap,
    CarveOut,
    Contract,
    ContractError,
    ContractMethod,
    Rate,
    UnitCap,
)  # fmt: skip
from projections.pricing.contract_limits import read_caps, read_multipliers, read_unit_caps
from projections.pricing.contract_spelling import (
    amount_of,
    basis_of,
    codes_of,
    discipline_of,
    mapping_of,
    per_of,
    percent_of,
    place_of,
    word,
)  # fmt: skip

EVALUATION_PLUS_CAP = "evaluation_plus_cap"
_ALIASES = {
    "amount": ("rate", "flat_rate", "flat_amount", "visit_rate", "per_visit", "case_rate", "per_diem"),
    "modifier_multipliers": ("multipliers", "modifier_factors", "modifier_adjustments"),
    "unit_caps": ("unit_cap", "max_units", "unit_limits"),
    "carve_outs": ("carveouts", "carve_out", "carveout"),
}
_METHODS: tuple[tuple[str, str], ...] = (
    # The first pattern found in the spelling decides.
    (r"lesser", "lesser_of"),
    (r"eval", EVALUATION_PLUS_CAP),
    (r"medicare|mpfs|pfs|rbrvs", PERCENT_OF_MEDICARE),
    (r"charge|billed", CHARGE),
    (r"(daily|day|visit|session|diem)_?cap|cap", "daily_cap"),
    (r"case|episode|per_claim", "case_rate"),
    (r"visit|session|diem|per_day|encounter", "per_visit"),
    (r"percent|pct", "percent"),
    (r"unit|fee|schedule|per_code|procedure|rate|fixed|flat", PER_UNIT),
)
_KNOWN = "per_unit, percent_of_medicare, percent_of_charge, per_visit, case_rate, daily_cap, evaluation_plus_cap"


def read_contract(fact: ContractPublished, evaluations: Collection[str] = ()) -> Contract:
    """The contract a fact publishes. One that cannot be understood comes back with `error`, never with a guess.

    `evaluations` are the codes meant by the word "evaluations" in caps and carve-outs.
    """
    scope, unknown = _scope(fact)
    bare = Contract(
        fact.contract_id, str(fact.version), fact.scope.payer_id.strip(), scope, fact.effective_from,
        fact.effective_to, None, dispute_days=fact.dispute_days, supersedes=_superseded(fact.supersedes),
    )  # fmt: skip
    try:
        _refuse(fact, unknown)
        return _understand(bare, fact, frozenset(evaluations))
    except ContractError as error:
        return replace(bare, error=f"contract {bare.name} cannot be used: {error}")


def _refuse(fact: ContractPublished, unknown: list[str]) -> None:
    if unknown:
        raise ContractError(f"scope: {', '.join(unknown)} is no dimension contracts are chosen by")
    if fact.effective_to is not None and fact.effective_to <= fact.effective_from:
        raise ContractError("effective_to is not later than effective_from")


def _understand(bare: Contract, fact: ContractPublished, evaluations: frozenset[str]) -> Contract:
    terms = _terms(fact)
    notes: list[str] = []
    spelled = _method_word(terms)
    caps, unit_caps = _caps(spelled, terms, evaluations)
    method, caps = _visit_limits(_method(spelled, terms, notes), caps)
    return replace(
        bare,
        method=_checked(method),
        carve_outs=tuple(_carve_out(item, evaluations, notes) for item in _items(terms.get("carve_outs"))),
        default=_nested(terms["default"], "default", notes) if terms.get("default") else None,
        caps=caps,
        lesser_of=_lesser_of(terms.get("lesser_of")) or (LINE if "lesser" in word(terms.get("method")) else ""),
        multipliers=read_multipliers(terms.get("modifier_multipliers"), notes),
        unit_caps=unit_caps,
        notes=tuple(notes),
    )


def _caps(
    spelled: str, terms: Mapping[str, Any], evaluations: frozenset[str]
) -> tuple[tuple[Cap, ...], tuple[UnitCap, ...]]:
    by_visit = spelled == "per_visit" or re.search(r"visit|session", word(terms.get("method")))
    caps, unit_caps = read_caps(terms.get("cap"), VISIT if by_visit else DAY, evaluations)
    if spelled in ("daily_cap", EVALUATION_PLUS_CAP) and not caps:
        raise ContractError("cap: the amount of the cap is missing")
    if spelled == EVALUATION_PLUS_CAP:
        caps = tuple(cap if cap.procedures else cap._replace(outside=cap.outside | evaluations) for cap in caps)
    return caps, unit_caps + read_unit_caps(terms.get("unit_caps"))


def _visit_limits(method: ContractMethod, caps: tuple[Cap, ...]) -> tuple[ContractMethod, tuple[Cap, ...]]:
    """A visit rate given as a cap alone is the visit's amount; rates for codes under a cap are paid by the unit."""
    if method.kind != FLAT or not caps:
        return method, caps
    if method.amount is None and not method.rates:
        return replace(method, amount=caps[0].amount, per=caps[0].per), caps[1:]
    if method.rates and ANY not in method.rates:
        return replace(method, kind=PER_UNIT), caps
    return method, caps


def _terms(fact: ContractPublished) -> dict[str, Any]:
    """The fact's own fields, completed by other spellings of theirs among the extra ones."""
    extra = fact.model_extra or {}
    terms: dict[str, Any] = {**extra, **{name: getattr(fact, name) for name in type(fact).model_fields}}
    for name, others in _ALIASES.items():
        if terms.get(name) is None:
            terms[name] = next((extra[other] for other in others if other in extra), None)
    if terms.get("basis") is None:
        named = {key: extra[key] for key in ("year", "locality", "mppr", "edition") if key in extra}
        terms["basis"] = named or None
    return terms


def _scope(fact: ContractPublished) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    stated = {name: str(value).strip() for name in SCOPE if (value := getattr(fact.scope, name)) not in (None, "")}
    unknown = sorted(name for name, value in (fact.scope.model_extra or {}).items() if value not in (None, ""))
    clean: dict[str, Callable[[str], str]] = {
        "plan": str.casefold, "billing_npi": str, "discipline": discipline_of, "place_of_service": place_of,
        "provider_kind": str.upper,
    }  # fmt: skip
    return tuple((name, clean[name](value)) for name, value in stated.items()), unknown


def _superseded(stated: object) -> str | None:
    """The id of the contract that is replaced, where the fact names one."""
    if isinstance(stated, Mapping):
        stated = stated.get("contract_id") or stated.get("contract")
    return str(stated).partition("@")[0] if isinstance(stated, str | int) and not isinstance(stated, bool) else None


def _method_word(terms: Mapping[str, Any]) -> str:
    spelled = word(terms.get("method"))
    if not spelled:
        return _inferred(terms)
    for pattern, method in _METHODS:
        if re.search(pattern, spelled):
            if method == "lesser_of":
                return _inferred(terms)
            if method != "percent":
                return method
            return CHARGE if re.search(r"charge|billed", word(terms.get("basis"))) else PERCENT_OF_MEDICARE
    raise ContractError(f"method {terms['method']!r} is not known; known are {_KNOWN}")


def _inferred(terms: Mapping[str, Any]) -> str:
    """The method where none is named."""
    if terms.get("percent") is not None:
        return PERCENT_OF_MEDICARE if terms.get("basis") is not None else CHARGE
    return PER_UNIT


def _method(spelled: str, terms: Mapping[str, Any], notes: list[str]) -> ContractMethod:
    rates = _rates(terms.get("rates") or ())
    amount = amount_of(terms["amount"], "amount") if terms.get("amount") is not None else None
    if spelled in (PERCENT_OF_MEDICARE, CHARGE):
        stated = terms.get("percent")
        if stated is None and spelled == PERCENT_OF_MEDICARE:
            stated = 100
            notes.append("percent not stated: 100 % of Medicare")
        factor = percent_of(stated, "percent", notes)
        basis = basis_of(terms.get("basis")) if spelled == PERCENT_OF_MEDICARE else basis_of(None)
        return ContractMethod(spelled, rates, factor, basis)
    if spelled in ("per_visit", "case_rate"):
        per = per_of(terms.get("per"), CLAIM if spelled == "case_rate" else _visit_or_day(terms))
        return ContractMethod(FLAT, rates, amount=amount, per=per)
    if amount is not None:
        rates.setdefault(ANY, (Rate(frozenset(), amount),))
    if terms.get("percent") is not None:
        notes.append(f"percent {terms['percent']} is not used by method {spelled}")
    return ContractMethod(PER_UNIT, rates)


def _visit_or_day(terms: Mapping[str, Any]) -> str:
    return DAY if re.search(r"diem|day", word(terms.get("method"))) else VISIT


def _checked(method: ContractMethod) -> ContractMethod:
    if method.kind in (PER_UNIT, FLAT) and not method.rates and method.amount is None:
        raise ContractError("rates: at least one rate or an amount is needed")
    return method


def _rates(stated: Iterable[Any]) -> dict[str, tuple[Rate, ...]]:
    rates: dict[str, list[Rate]] = {}
    for entry in stated:
        if isinstance(entry, Mapping):
            entry = ContractRate.model_validate(entry)  # noqa: PLW2901
        procedure = ANY if entry.procedure in {"ANY", "ALL", "DEFAULT", "VISIT", "CASE", "DAY"} else entry.procedure
        rate = Rate(frozenset(entry.modifiers), entry.amount)
        if rate.amount < 0:
            raise ContractError(f"rates: {procedure} has a negative amount")
        held = rates.setdefault(procedure, [])
        if any(other.modifiers == rate.modifiers and other.amount != rate.amount for other in held):
            raise ContractError(f"rates: {procedure} has two amounts for the same modifiers")
        if rate not in held:
            held.append(rate)
    return {procedure: tuple(held) for procedure, held in rates.items()}


def _items(stated: object) -> list[Mapping[str, Any]]:
    """Carve-outs as a list, or as a table of code to amount."""
    if stated is None:
        return []
    if isinstance(stated, Mapping):
        if "procedures" in stated or "procedure" in stated or "rates" in stated:
            return [stated]
        return [
            {"procedures": [code], **(rule if isinstance(rule, Mapping) else {"amount": rule})}
            for code, rule in stated.items()
        ]
    if isinstance(stated, list | tuple):
        return [mapping_of(item, "carve_outs") for item in stated]
    raise ContractError("carve_outs: a list of {procedures, method, ...} is needed")


def _carve_out(item: Mapping[str, Any], evaluations: frozenset[str], notes: list[str]) -> CarveOut:
    method = _nested(item, "carve_outs", notes)
    named = codes_of(item.get("procedures") or item.get("procedure") or tuple(method.rates), evaluations)
    if not named:
        raise ContractError("carve_outs: the codes carved out are missing")
    return CarveOut(frozenset(named), method, capped=bool(item.get("capped", False)))


def _nested(stated: object, where: str, notes: list[str]) -> ContractMethod:
    terms = dict(mapping_of(stated, where))
    if terms.get("amount") is None and "rate" in terms:
        terms["amount"] = terms["rate"]
    try:
        return _checked(_method(_method_word(terms), terms, notes))
    except ContractError as error:
        raise ContractError(f"{where}: {error}") from error
    except ValueError as error:
        raise ContractError(f"{where}: a rate needs procedure and amount") from error


def _lesser_of(stated: object) -> str:
    if isinstance(stated, Mapping):
        stated = stated.get("per") or stated.get("level") or True
    spelled = word(stated)
    if stated is None or stated is False or spelled in ("", "false", "no", "none", "0"):
        return ""
    return CLAIM if "claim" in spelled or spelled == "total" else LINE


def amounts(rates: Mapping[str, tuple[Rate, ...]]) -> dict[tuple[str, frozenset[str]], Decimal]:
    """Rates as (code, modifiers) to amount, for comparing two versions."""
    return {(code, rate.modifiers): rate.amount for code, held in rates.items() for rate in held}
