"""Single terms of a payer changed, as a person writes them: filing=120 days, appeal 2=60 days from decision."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from events.term_refusals import levels_of
from events.terms import AppealLimit, PolicyPublished
from projections.rules.payer_library import CALLED
from services.core.errors import UsageError

APPEAL, LEVELS = "appeal", 5
WINDOWS = ("filing", "filing_secondary", "corrected", "reopening", "peer_to_peer", "records", "dispute", "refund")
TERMS = (*WINDOWS, *(f"{APPEAL} {level}" for level in range(1, LEVELS + 1)))
NONE, UNKNOWN = "none", "unknown"
NAMED, LONGEST_NAME = "called", 100
HOW = (
    "write TERM=LENGTH UNIT [from ANCHOR] [by receipt or mailing], for example filing=120 days, or TERM=none "
    "(the payer grants none), or TERM=unknown (not entered); called=NAME names the payer"
)
_WINDOW = re.compile(
    r"(?P<length>\d+)\s+(?P<unit>[a-z_ ]+?)(\s+from\s+(?P<anchor>[a-z_ ]+?))?(\s+by\s+(?P<counts>receipt|mailing))?"
)


class BadEditError(UsageError):
    """A change that is not written as TERM=LENGTH UNIT [from ANCHOR] [by receipt or mailing]."""


def edited_policy(payer_id: str, standing: PolicyPublished | None, changes: Iterable[str]) -> dict[str, Any]:
    """The data of the policy with the changes; `appeal` alone is that of level 1. Raises BadEditError."""
    stated = standing.model_dump(mode="json", by_alias=True, exclude_defaults=True) if standing else {}
    for change in changes:
        if name := _name(change):
            stated = {key: value for key, value in stated.items() if key != CALLED} | name
            continue
        term, window = _read(change)
        if term.startswith(APPEAL):
            stated["appeals"] = _with_level(stated.get("appeals", ()), int(term.removeprefix(APPEAL)), window)
        else:
            stated = {name: value for name, value in stated.items() if name != term} | (
                {term: window} if window else {}
            )
    return {name: value for name, value in stated.items() if name != "version"} | {"payer_id": payer_id}


def _name(change: str) -> dict[str, str]:
    """`called=Cedar Bluff Health`, in the letters in which it is written; nothing for a change of a term."""
    what, _, name = change.partition("=")
    if what.strip().lower() != NAMED:
        return {}
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME:
        raise BadEditError(f"{NAMED}: write the payer's name, at most {LONGEST_NAME} characters")
    return {CALLED: plain}


def _with_level(appeals: Iterable[dict[str, Any]], level: int, window: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The windows with that of one level replaced; levels that shared a window with it keep it."""
    kept = []
    for place, appeal in enumerate(appeals):
        levels = [each for each in levels_of(AppealLimit.model_validate(appeal), place) if each != level]
        if levels:
            bare = {name: value for name, value in appeal.items() if name not in ("level", "levels")}
            kept.append(bare | ({"levels": levels} if len(levels) > 1 else {"level": levels[0]}))
    changed = [window | {"level": level}] if window else []
    return sorted([*kept, *changed], key=lambda appeal: appeal.get("level") or min(appeal["levels"]))


def _read(change: str) -> tuple[str, dict[str, Any] | None]:
    """The term and its window; None for a window that is not known any more."""
    named, _, said = change.lower().partition("=")
    plain = " ".join(named.split())
    term = f"{APPEAL} 1" if plain == APPEAL else plain.replace(" ", "_") if plain not in TERMS else plain
    window = " ".join(said.split())
    found = _WINDOW.fullmatch(window)
    if term not in TERMS:
        raise BadEditError(f"{change!r}: {named.strip()!r} is not a term; terms are {', '.join(TERMS)}")
    if window == UNKNOWN:
        return term, None
    if window == NONE:
        return term, {"length": 0}
    if found is None:
        raise BadEditError(f"{change!r}: {HOW}")
    given = {name: text for name, text in found.groupdict().items() if name != "length" and text}
    return term, {"length": int(found["length"])} | given
