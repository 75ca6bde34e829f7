"""Whether a rule pack of the session rules can be used: its tables are built once, before any fold meets them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import InvalidOperation
from types import MappingProxyType
from typing import Any

from projections.assistants import read_assistant_rule
from projections.bands import read_limits
from projections.diagnoses import read_diagnoses
from projections.findings import read_catalogue
from projections.ncci import read_pairs
from projections.procedures import read_modifier_rules
from projections.rulebook import Pack, RulePackError
from projections.units import METHODS, read_time_rule


def _known_methods(values: Mapping[str, Any]) -> None:
    read_time_rule(values, None)
    unknown = {values.get("method", "cms"), *values.get("by_program", {}).values()} - set(METHODS)
    if unknown:
        raise ValueError(f"unknown method {sorted(unknown)}; known are {METHODS}")


_READERS: Mapping[str, Callable[[Mapping[str, Any]], object]] = MappingProxyType(
    {
        "assistant": read_assistant_rule,
        "diagnosis": read_diagnoses,
        "findings": read_catalogue,
        "kx": read_limits,
        "modifiers": read_modifier_rules,
        "ncci": read_pairs,
        "units": _known_methods,
    }
)


def check_pack(pack: Pack) -> None:
    """Raise RulePackError where a pack's values cannot be read; packs of other kinds pass."""
    read = _READERS.get(pack.kind)
    if read is None:
        return
    for period in pack.periods:
        try:
            read(period.values)
        except (KeyError, ValueError, TypeError, AttributeError, InvalidOperation, re.error) as error:
            where = f"pack {pack.name}, period from {period.effective_from}"
            raise RulePackError(f"{where}: {type(error).__name__} {error}") from error
