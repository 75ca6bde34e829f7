"""Whether a rule pack can be used: its tables are built once, before any fold meets them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import InvalidOperation
from types import MappingProxyType
from typing import Any

from events.terms import RulesAdopted
from projections.pricing.fees import NON_QP, QP, edition_of
from projections.rules.adjustment_codes import DenialTable
from projections.rules.rulebook import Pack, RulePackError, read_pack
from projections.session_rules.assistants import read_assistant_rule
from projections.session_rules.diagnoses import read_code_set, read_diagnoses
from projections.session_rules.findings import read_catalogue
from projections.session_rules.learned import read_learned
from projections.session_rules.ncci import read_pairs
from projections.session_rules.procedures import read_modifier_rules
from projections.session_rules.threshold_limits import read_limits
from projections.session_rules.units import METHODS, read_time_rule
from projections.session_rules.whole_day import read_maximums
from projections.terms.pack_values import check_values


def _known_methods(values: Mapping[str, Any]) -> None:
    read_time_rule(values, None)
    unknown = {values.get("method", "cms"), *values.get("by_program", {}).values()} - set(METHODS)
    if unknown:
        raise ValueError(f"unknown method {sorted(unknown)}; use one of {METHODS}")


def _codes(values: Mapping[str, Any]) -> None:
    DenialTable("checked", values.get("rows", ()))


def _practice(values: Mapping[str, Any]) -> None:
    if edition_of(str(values["edition"])) is None:
        raise ValueError(f"unknown edition {values['edition']!r}; use {NON_QP} or {QP}")
    if not str(values["locality"]).strip():
        raise ValueError("locality is empty; write national for none")


_READERS: Mapping[str, Callable[[Mapping[str, Any]], object]] = MappingProxyType(
    {
        "assistant": read_assistant_rule,
        "carc_action": _codes,
        "diagnosis": read_diagnoses,
        "findings": read_catalogue,
        "icd10cm": read_code_set,
        "kx": read_limits,
        "learned": read_learned,
        "modifiers": read_modifier_rules,
        "mue": read_maximums,
        "ncci": read_pairs,
        "practice_medicare": _practice,
        "units": _known_methods,
    }
)


def check_adoption(adopted: RulesAdopted) -> Pack:
    """The pack that an event brings into force. Raises RulePackError where it cannot be used or is not what it says."""
    pack = read_pack(adopted.content)
    stated = (adopted.pack_id, adopted.kind, adopted.version, adopted.checksum)
    for name, said, found in zip(
        ("pack_id", "kind", "version", "checksum"),
        stated,
        (pack.pack_id, pack.kind, pack.version, pack.checksum),
        strict=True,
    ):
        if said != found:
            raise RulePackError(f"pack {pack.name}: the event states another {name} than its content has")
    check_pack(pack)
    return pack


def check_pack(pack: Pack) -> None:
    """Raise RulePackError where a fold would fail on a pack's values."""
    read = _READERS.get(pack.kind)
    for period in pack.periods:
        try:
            check_values(pack.kind, period.values)
            if read is not None:
                read(period.values)
        except (KeyError, ValueError, TypeError, AttributeError, InvalidOperation, re.error) as error:
            where = f"pack {pack.name}, period from {period.effective_from}"
            raise RulePackError(f"{where}: {type(error).__name__} {error}") from error
