"""Caps, unit caps and modifier multipliers of a contract, read from their many spellings."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from projections.pricing.contract import DAY, Cap, ContractError, UnitCap
from projections.pricing.contract_spelling import amount_of, codes_of, mapping_of, number_of, per_of, percent_of, word

_AMOUNT_NAMES = ("amount", "limit", "max", "maximum", "cap", "value")
_UNIT_NAMES = ("units", "max_units", "unit_limit")
_ALL_TOGETHER = frozenset({"total", "all", "together", "sum"})


def read_caps(
    stated: object, otherwise: str, evaluations: frozenset[str]
) -> tuple[tuple[Cap, ...], tuple[UnitCap, ...]]:
    """Caps in dollars and, where an entry says units, caps in units. `otherwise`: what a bare amount is counted for."""
    caps: list[Cap] = []
    unit_caps: list[UnitCap] = []
    for entry in _entries(stated):
        if isinstance(entry, Mapping):
            _read_cap(entry, otherwise, evaluations, caps, unit_caps)
        else:
            caps.append(Cap(amount_of(entry, "cap"), otherwise))
    return tuple(caps), tuple(unit_caps)


def _entries(stated: object) -> list[Any]:
    if stated is None:
        return []
    return list(stated) if isinstance(stated, list | tuple) else [stated]


def _read_cap(
    entry: Mapping[str, Any], otherwise: str, evaluations: frozenset[str], caps: list[Cap], unit_caps: list[UnitCap]
) -> None:
    inside = frozenset(codes_of(entry.get("procedures") or entry.get("procedure"), evaluations))
    outside = frozenset(codes_of(entry.get("except") or entry.get("exclude") or entry.get("excluding"), evaluations))
    per = per_of(entry.get("per") or entry.get("period"), otherwise)
    if (units := _first(entry, _UNIT_NAMES)) is not None:
        limit = _units(units, "cap")
        unit_caps.extend([UnitCap(limit, code, per) for code in sorted(inside)] or [UnitCap(limit, None, per)])
    if (amount := _first(entry, _AMOUNT_NAMES)) is not None:
        caps.append(Cap(amount_of(amount, "cap"), per, inside, outside))
        return
    if units is not None:
        return
    named = {key: value for key, value in entry.items() if word(key) in _period_words()}
    if not named:
        raise ContractError("cap: an amount, or {amount, per}, is needed")
    for key, value in named.items():
        caps.append(Cap(amount_of(value, "cap"), per_of(key, otherwise), inside, outside))


def _period_words() -> frozenset[str]:
    return frozenset({"day", "daily", "per_day", "visit", "per_visit", "claim", "per_claim", "per_diem"})


def _first(entry: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def read_unit_caps(stated: object) -> tuple[UnitCap, ...]:
    """A number caps all units of the day together; a table caps each code named, "*" every code by itself."""
    if stated is None:
        return ()
    if isinstance(stated, Mapping):
        if _first(stated, _UNIT_NAMES) is not None:
            return tuple(_unit_cap(stated))
        return tuple(
            cap
            for code, rule in stated.items()
            for cap in _unit_cap({"procedure": code, **(rule if isinstance(rule, Mapping) else {"units": rule})})
        )
    if isinstance(stated, list | tuple):
        return tuple(cap for item in stated for cap in _unit_cap(mapping_of(item, "unit_caps")))
    return (UnitCap(_units(stated, "unit_caps")),)


def _unit_cap(entry: Mapping[str, Any]) -> list[UnitCap]:
    units = _units(_first(entry, _UNIT_NAMES), "unit_caps")
    per = per_of(entry.get("per"), DAY)
    codes = codes_of(entry.get("procedures") or entry.get("procedure"))
    together = [code for code in codes if word(code) in _ALL_TOGETHER]
    return [UnitCap(units, None if code in together else code, per) for code in codes] or [UnitCap(units, None, per)]


def _units(stated: object, field: str) -> Decimal:
    units = number_of(stated, field)
    if units < 0:
        raise ContractError(f"{field}: {stated!r} units")
    return units


def read_multipliers(stated: object, notes: list[str]) -> dict[str, Decimal]:
    """Each modifier with the fraction of the rate it leaves."""
    if stated is None:
        return {}
    if isinstance(stated, list | tuple):
        entries = [mapping_of(item, "modifier_multipliers") for item in stated]
        stated = {entry.get("modifier"): entry for entry in entries}
    return {
        str(modifier).strip().upper(): percent_of(value, f"modifier_multipliers: {modifier}", notes)
        for modifier, value in mapping_of(stated, "modifier_multipliers").items()
    }
