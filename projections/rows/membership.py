"""Rows that say which keys one rank up a key's own rows belong to."""

from __future__ import annotations

from collections.abc import Iterable

from projections.keys import parse_key
from projections.tables.claims import MembershipRow


def belongs_to(key: str, derived: Iterable[str]) -> list[MembershipRow]:
    """A row for each derived key, all of the key's own practice."""
    practice = parse_key(key).practice
    return [{"key": key, "derived": name, "practice": practice} for name in sorted(derived)]
