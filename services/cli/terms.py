"""The terms a verb judges by."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from projections.terms.terms_in_force import Reference
from services.cli.options import NothingIngestedError, When, reading
from services.store.shipped_rule_packs import shipped_rulebook


def known_terms(data: Path | None, practice: str | None, when: When = When()) -> Reference:
    """The practice's own terms where there is a database, else what ships with the program."""
    try:
        with reading(data, practice, when) as context, context.context() as (_, reference):
            return reference
    except NothingIngestedError:
        return Reference(rules=shipped_rulebook(), zone=ZoneInfo("UTC"))
