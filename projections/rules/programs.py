"""Which program pays: Original Medicare, another federal program, or none of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from projections.rules.rulebook import Rulebook, Unknown

ORIGINAL_MEDICARE = "original_medicare"  # Original Medicare Part B


def program_of(
    rulebook: Rulebook, on: date, payer_id: str, stated: str | None = None, indicator: str | None = None
) -> str | None:
    """The program by what a policy states, else by the payer's id, else by the claim filing indicator (SBR09).

    None where nothing says. A stated program that no alias knows is kept as stated, in small letters.
    """
    ruling = rulebook.pick("program", on)
    if isinstance(ruling, Unknown):
        return _plain(stated) if stated else None
    aliases: Mapping[str, Any] = ruling.values.get("aliases", {})
    if stated:
        return str(aliases.get(_plain(stated), _plain(stated).replace(" ", "_")))
    named = aliases.get(_plain(payer_id))
    if named is None and indicator:
        named = ruling.values.get("indicators", {}).get(indicator.upper())
    return None if named is None else str(named)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").replace("-", " ").split())
