"""The rule packs that judge a practice's claims, and what another version of one would change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from projections.rules.rulebook import Pack
from projections.terms.terms_in_force import Reference
from services.core.errors import NotFoundError
from services.projector.folds import FoldContext
from services.projector.refold import RefoldProgress
from services.projector.replay import scratch
from services.projector.rule_pack_files import check_candidate
from services.reads.read_context import ReadContext
from services.reads.rule_changes import band_changes, claim_changes, value_changes, with_packs


def packs_of(reference: Reference, kind: str | None = None) -> list[dict[str, Any]]:
    """The packs in force, by kind and id."""
    packs = sorted(reference.rules.packs.values(), key=lambda pack: (pack.kind, pack.pack_id))
    return [pack_json(pack, reference) for pack in packs if kind in (None, pack.kind)]


def pack_json(pack: Pack, reference: Reference) -> dict[str, Any]:
    """`effective_to` is exclusive, and None where the pack goes on."""
    return {
        "pack_id": pack.pack_id,
        "kind": pack.kind,
        "version": pack.version,
        "scope": dict(pack.scope),
        "basis": pack.basis,
        "effective_from": _day(pack.periods[0].effective_from),
        "effective_to": _day(pack.periods[-1].effective_to),
        "periods": len(pack.periods),
        "source": pack.source,
        "verified_on": pack.verified_on,
        "confidence": pack.confidence,
        "checksum": pack.checksum,
        "origin": "own" if pack.pack_id in reference.own_packs else "shipped",
    }


def pack_page(reference: Reference, pack_id: str, on: date | None = None) -> dict[str, Any]:
    """One pack with the values of every period, or of the period that covers a date. Raises NotFoundError."""
    pack = reference.rules.packs.get(pack_id)
    if pack is None:
        raise NotFoundError(f"no pack {pack_id!r} is in force; `claimclock rules list` shows those that are")
    values = [
        {"effective_from": _day(p.effective_from), "effective_to": _day(p.effective_to), "values": p.values}
        for p in pack.periods
        if on is None or p.covers(on)
    ]
    return pack_json(pack, reference) | {"values": values}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def rule_changes(
    context: ReadContext, content: Mapping[str, Any], progress: RefoldProgress | None = None
) -> dict[str, Any]:
    """What a pack would change: values, open claims, bands. Folds the practice again in memory.

    Raises BadPackError where the pack cannot be used.
    """
    with context.context() as (fold_context, reference):
        pack = check_candidate(content, reference.rules.packs)
        standing = reference.rules.packs.get(pack.pack_id)
        claims, bands = folded_anew(fold_context, context.practice, with_packs(reference, [pack]), progress)
    return {
        "pack": pack.name,
        "checksum": pack.checksum,
        "in_force": standing.name if standing else None,
        "values": value_changes(standing, pack),
        "claims": claims,
        "bands": bands,
    }


def folded_anew(
    fold_context: FoldContext, practice: str, reference: Reference, progress: RefoldProgress | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Open claims and threshold bands that would differ under other terms."""
    beside = scratch(fold_context.log, practice, reference, fold_context.cut, progress=progress)
    with beside.connect() as anew:
        found = claim_changes(fold_context.rows, anew, practice), band_changes(fold_context.rows, anew, practice)
    beside.dispose()
    return found
