"""What kind of service a procedure code is, and which modifiers it and its discipline ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from projections.session_rules.findings import Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A row of the therapy code list. `unit_minutes` 0: untimed, one unit whatever the minutes.

    `unit_minutes` None: the list does not say, the note does. `therapy` always or sometimes; `only` the one discipline
    that may bill it; `role` evaluation, group or first (the first period of time, once a day), `then` the code for
    further time; `one_of` names codes of which one is billed a day; `medicare` payable, bundled or invalid.
    """

    code: str
    therapy: str
    unit_minutes: int | None
    only: str
    role: str
    medicare: str
    instead: str
    effective: date | None
    deleted: date | None
    then: str = ""
    one_of: str = ""

    def valid_on(self, day: date) -> bool:
        return (self.effective is None or self.effective <= day) and (self.deleted is None or day < self.deleted)


@dataclass(frozen=True, kw_only=True)
class ModifierRules:
    """The modifiers pack as tables."""

    disciplines: Mapping[str, str]  # PT -> GP
    by_modifier: Mapping[str, str]  # GP -> PT
    buckets: Mapping[str, str]  # GP -> PT_SLP
    kinds: Mapping[str, str]  # modifier -> discipline, assistant, distinct, ...
    procedures: Mapping[str, Procedure]
    _named: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def first_of(self) -> Mapping[str, str]:
        """By the code for further time, the code for the first period that it adds to."""
        return {known.then: known.code for known in self.procedures.values() if known.then}

    def named_by(self, modifiers: tuple[str, ...]) -> tuple[str, ...]:
        """The disciplines that a line's modifiers name, each once. The same few combinations come on every line."""
        found = self._named.get(modifiers)
        if found is None:
            named = (self.by_modifier[modifier] for modifier in modifiers if modifier in self.by_modifier)
            found = tuple(dict.fromkeys(named))
            if len(self._named) < _COMBINATIONS:
                self._named[modifiers] = found
        return found


_COMBINATIONS = 4096  # of modifiers that are remembered: far more than are billed


def read_modifier_rules(values: Mapping[str, Any]) -> ModifierRules:
    """The modifiers pack; empty tables where no pack covers the date."""
    disciplines = dict(values.get("disciplines", {}))
    return ModifierRules(
        disciplines=disciplines,
        by_modifier={modifier: discipline for discipline, modifier in disciplines.items()},
        buckets=dict(values.get("buckets", {})),
        kinds={code: entry["kind"] for code, entry in values.get("dictionary", {}).items()},
        procedures={row["code"]: _procedure(row) for row in values.get("rows", ())},
    )


def _procedure(row: Mapping[str, str]) -> Procedure:
    return Procedure(
        code=row["code"],
        therapy=row["therapy"],
        unit_minutes=_unit_minutes(row.get("unit_minutes")),
        only=row.get("only", ""),
        role=row.get("role", ""),
        medicare=row.get("medicare") or "payable",
        instead=row.get("instead", ""),
        effective=_day(row.get("effective")),
        deleted=_day(row.get("deleted")),
        then=row.get("then", ""),
        one_of=row.get("one_of", ""),
    )


def _unit_minutes(text: str | None) -> int | None:
    return None if text == "note" else int(text or 0)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def modifier_rules(rules: Ruleset) -> ModifierRules:
    return rules.table("modifiers", read_modifier_rules)


def procedure(rules: Ruleset, code: str) -> Procedure | None:
    """The row of a code on the date of service; None where the list does not hold it then."""
    known = modifier_rules(rules).procedures.get(code)
    return known if known is not None and known.valid_on(rules.on) else None


def discipline_modifier(rules: Ruleset, discipline: str) -> str | None:
    """GP, GO or GN for PT, OT or SLP (CMS Pub 100-04 ch. 5 §20.1)."""
    return modifier_rules(rules).disciplines.get(discipline)


def bucket_of(rules: Ruleset, modifiers: tuple[str, ...]) -> str | None:
    """The threshold purse a line counts in, by its modifier, never by its code."""
    buckets = modifier_rules(rules).buckets
    return next((buckets[modifier] for modifier in modifiers if modifier in buckets), None)
