"""Packs made from published files: periods set into those in force, versions that never say two things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from projections.rules.rulebook import Pack, checksum

Values = dict[str, Any]


class FileKind(StrEnum):
    """What a published file is."""

    RVU = "rvu"
    GPCI = "gpci"
    LOCALITY = "locality"
    ZIP = "zip"
    PTP = "ptp"
    PTP_CHANGES = "ptp_changes"
    MUE = "mue"
    THERAPY = "therapy"
    CARC = "carc"
    RARC = "rarc"
    CATEGORY = "claim_status_category"
    STATUS = "claim_status"
    FIGURES = "figures"
    ICD10 = "icd10cm"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one published file, or the volumes of one, became. `kept` of `rows` are in the pack, `why` says which."""

    kind: FileKind
    files: tuple[str, ...]
    title: str
    covers: str
    content: Mapping[str, Any]
    rows: int
    kept: int
    why: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a reader builds on: packs in force by id, and the codes a practice wants kept."""

    packs: Mapping[str, Pack]
    codes: frozenset[str]
    today: date
    year: int | None = None  # as given by hand, for files that do not say
    problems: list[str] = field(default_factory=list)

    def periods(self, pack_id: str) -> list[Values]:
        """The periods of a pack in force as plain values; none without one."""
        pack = self.packs.get(pack_id)
        return [period(p.effective_from, p.effective_to, dict(p.values)) for p in pack.periods] if pack else []


def period(starts: date, ends: date | None, values: Values) -> Values:
    """One period of a pack's content; `ends` is exclusive."""
    return {
        "effective_from": starts.isoformat(),
        "effective_to": ends.isoformat() if ends else None,
        "values": values,
    }


def set_into(periods: Iterable[Values], new: Values) -> list[Values]:
    """The periods with a new one in the place of whatever they said for its days."""
    kept = [part for old in periods for part in _outside(old, new)]
    return sorted([*kept, new], key=lambda p: str(p["effective_from"]))


def _outside(old: Values, new: Values) -> list[Values]:
    """What a new period leaves of an old one; an open end says nothing beyond a newer table. ISO dates sort as text."""
    starts, ends = new["effective_from"], new["effective_to"]
    parts = []
    if old["effective_from"] < starts:
        before = old["effective_to"] if old["effective_to"] and old["effective_to"] < starts else starts
        parts.append(old | {"effective_to": before})
    if ends and old["effective_to"] is not None and old["effective_to"] > ends:
        parts.append(old | {"effective_from": max(old["effective_from"], ends)})
    return parts


def pack_content(
    standing: Standing,
    *,
    pack_id: str,
    kind: str,
    label: str,
    basis: str = "dos",
    source: str,
    periods: Sequence[Values],
    scope: Mapping[str, str] | None = None,
    confidence: str = "H",
) -> Values:
    """A pack's content. Its version is the label, and a number where that version exists with other content."""
    pack = standing.packs.get(pack_id)
    content: Values = {
        "pack_id": pack_id,
        "kind": kind,
        "version": label,
        "basis": basis,
        "source": source,
        "verified_on": standing.today.isoformat(),
        "confidence": confidence,
        "scope": dict(scope or {}),
        "periods": list(periods),
    }
    if pack is None or pack.version.partition(".")[0] != label:
        return content
    same = content | {"version": pack.version, "verified_on": pack.verified_on}
    if checksum(same) == pack.checksum:
        return same
    number = int(pack.version.partition(".")[2] or 1)
    return content | {"version": f"{label}.{number + 1}"}


def codes_of(packs: Iterable[Pack]) -> frozenset[str]:
    """Every procedure code that packs of code lists, prices and unit maximums know."""
    return frozenset(
        str(row.get("code") or row.get("procedure"))
        for pack in packs
        if pack.kind in ("modifiers", "pfs", "mue")
        for part in pack.periods
        for row in part.values.get("rows", ())
    )
