"""The three therapies: the modifier that names each, and whose dollars share a threshold.

Source: CMS Claims Processing Manual (Pub 100-04) ch. 5 sec. 20.1 (modifiers) and 10.3 (thresholds).
"""

from __future__ import annotations

from collections.abc import Iterable

DISCIPLINES = ("PT", "OT", "SLP")
BY_MODIFIER = {"GP": "PT", "GO": "OT", "GN": "SLP"}
BUCKETS = {"PT": "PT_SLP", "SLP": "PT_SLP", "OT": "OT"}  # by discipline


def disciplines_named(modifiers: Iterable[str]) -> list[str]:
    """The disciplines that modifiers name, in their order; other modifiers name none."""
    return [BY_MODIFIER[modifier] for modifier in modifiers if modifier in BY_MODIFIER]
