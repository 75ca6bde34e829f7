"""Files that CMS, X12 and the makers of ICD-10-CM publish, seen before they become rules: what they are and change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from projections.rules.rulebook import Pack
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from services.projector.refold import RefoldProgress
from services.projector.rule_pack_files import check_candidate
from services.reads.read_context import ReadContext
from services.reads.rule_changes import value_changes, with_packs
from services.reads.rules import folded_anew
from services.rule_files.packs import FileKind, Reading, Standing, codes_of
from services.rule_files.published import PublishedFile, RuleFileError
from services.rule_files.reading import read_published
from services.rule_files.recognize import RefusedFile

SHOWN = 200  # changed values of one pack that are shown; the counts are of all
LONGEST = 80  # characters of one value
ImportSummary = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """Files and what is said of them by hand: their kind, their year, whether open claims are looked at."""

    files: Sequence[PublishedFile]
    taken_as: FileKind | None = None
    year: int | None = None
    look_at_claims: bool = True


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """What an import would do. `contents` are the packs that differ from those in force, in their order."""

    readings: tuple[Reading, ...]
    refused: tuple[RefusedFile, ...]
    contents: tuple[Mapping[str, Any], ...]
    told: ImportSummary


def plan_import(
    request: ImportRequest,
    reference: Reference,
    today: date,
    context: ReadContext | None = None,
    progress: RefoldProgress | None = None,
) -> ImportPlan:
    """Reads the files and compares them with what is in force. Without a context no claim is looked at.

    Raises RuleFileError where nothing can be used, BadPackError where a pack ties with another.
    """
    packs = reference.rules.packs
    standing = Standing(packs=packs, codes=wanted_codes(reference, context), today=today, year=request.year)
    readings, refused = read_published(request.files, standing, request.taken_as)
    unexpected = [refusal for refusal in refused if not refusal.expected]
    if not readings:
        raise RuleFileError("; ".join(f"{r.name}: {r.reason}" for r in unexpected or refused) or "no file was given")
    last = {str(reading.content["pack_id"]): reading.content for reading in readings}  # of two the later holds both
    changed: dict[str, Pack] = {}
    for pack_id, content in last.items():
        pack = check_candidate(content, {**packs, **changed})
        if pack_id not in packs or packs[pack_id].checksum != pack.checksum:
            changed[pack_id] = pack
    told: ImportSummary = {
        "files": [_reading(reading) for reading in readings],
        "refused": [{"name": r.name, "reason": r.reason} for r in refused],
        "notes": standing.problems,
        "packs": [_pack(pack, packs.get(pack_id)) for pack_id, pack in changed.items()],
        **_effects(list(changed.values()), context if request.look_at_claims else None, reference, progress),
    }
    return ImportPlan(
        readings=tuple(readings),
        refused=tuple(refused),
        contents=tuple(last[pack_id] for pack_id in changed),
        told=told,
    )


def wanted_codes(reference: Reference, context: ReadContext | None) -> frozenset[str]:
    """All therapy codes that any pack knows, and whatever the practice billed."""
    known = codes_of(reference.rules.packs.values())
    if context is None:
        return known
    with context.rows() as rows:
        return known | _billed(rows, context.practice)


def _billed(rows: Connection, practice: str) -> set[str]:
    line = READ_TABLES["claim_line"]
    return set(rows.scalars(select(line.c.procedure).where(line.c.practice == practice).distinct()))


def _reading(reading: Reading) -> ImportSummary:
    return {
        "kind": str(reading.kind),
        "files": list(reading.files),
        "title": reading.title,
        "covers": reading.covers,
        "pack": f"{reading.content['pack_id']}@{reading.content['version']}",
        "rows": reading.rows,
        "kept": reading.kept,
        "why": reading.why,
        "notes": list(reading.notes),
    }


def _pack(pack: Pack, standing: Pack | None) -> ImportSummary:
    """`added`, `removed`, `changed` count values; the first of them are shown."""
    changes = value_changes(standing, pack)
    return {
        "pack": pack.name,
        "in_force": standing.name if standing else None,
        "checksum": pack.checksum,
        "added": sum(c["old"] is None for c in changes),
        "removed": sum(c["new"] is None for c in changes),
        "changed": sum(c["old"] is not None and c["new"] is not None for c in changes),
        "values": [_shortened(change) for change in changes[:SHOWN]],
    }


def _shortened(change: ImportSummary) -> ImportSummary:
    return {
        name: value[:LONGEST] + " ..." if isinstance(value, str) and len(value) > LONGEST else value
        for name, value in change.items()
    }


def _effects(
    packs: Sequence[Pack], context: ReadContext | None, reference: Reference, progress: RefoldProgress | None
) -> ImportSummary:
    """Open claims and bands that would change; None where they were not looked at."""
    if context is None:
        return {"claims": None, "bands": None}
    if not packs:
        return {"claims": [], "bands": []}
    after = with_packs(reference, packs)
    with context.context() as (fold_context, _):
        claims, bands = folded_anew(fold_context, context.practice, after, progress)
    return {"claims": claims, "bands": bands}
