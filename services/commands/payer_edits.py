"""Single terms of a payer changed, as a person writes them: filing=120 days, appeal=180 days from notice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from events.terms import PolicyPublished
from projections.rules.payer_library import FIELDS, next_version
from services.core.errors import UsageError

_CHANGE = re.compile(r"(?P<term>[a-z_]+)\s*=\s*(?P<length>\d+)\s+(?P<unit>[a-z ]+?)(\s+from\s+(?P<anchor>[a-z ]+))?")


class BadEditError(UsageError):
    """A change that is not written as TERM=LENGTH UNIT [from ANCHOR]."""


def edited_policy(payer_id: str, standing: PolicyPublished | None, changes: Iterable[str]) -> dict[str, Any]:
    """The data of the policy with the changes; an appeal is that of level 1. Raises BadEditError."""
    stated = standing.model_dump(mode="json", by_alias=True, exclude_defaults=True) if standing else {}
    for change in changes:
        term, window = _read(change)
        if term == "appeal":
            higher = [appeal for appeal in stated.get("appeals", ()) if appeal.get("level") not in (None, 1)]
            stated["appeals"] = [window | {"level": 1}, *higher]
        else:
            stated[term] = window
    return stated | {"payer_id": payer_id, "version": next_version(standing)}


def _read(change: str) -> tuple[str, dict[str, Any]]:
    found = _CHANGE.fullmatch(change.strip().lower())
    if found is None or found["term"] not in FIELDS:
        raise BadEditError(
            f"{change!r}: write TERM=LENGTH UNIT, for example filing=120 days; terms are {', '.join(FIELDS)}"
        )
    window: dict[str, Any] = {"length": int(found["length"]), "unit": found["unit"]}
    return found["term"], window | ({"anchor": found["anchor"]} if found["anchor"] else {})
