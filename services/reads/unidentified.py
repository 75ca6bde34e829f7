"""Responses that belong to nothing known, and what they could belong to: claim numbers, second copies, whole files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, select

from events.followup import EventWithdrawn
from events.remittance import RemittanceReviewed
from events.review import MATCHING, ClaimMatched, SubmissionMatched
from projections.history import LoggedEvent, effective_events
from projections.keys import Key
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from projections.work.leftovers import UNPAIRED_REVERSAL
from projections.work.unidentified import NUMBER_SHARED, SECOND_COPY
from services.core.errors import NotFoundError
from services.presentation.formatting import cents_text
from services.reads.file_candidates import file_json, files_for, verdict_of
from services.reads.holders import routing_of
from services.reads.match_candidates import UNMATCHED, Unmatched, candidate_json, candidates_of
from services.reads.read_context import ReadContext
from services.reads.remittances import remittance_ref
from services.store.log import histories

ITEM, CLAIM = READ_TABLES["work_item"], READ_TABLES["claim"]
DECISIONS = (ClaimMatched, RemittanceReviewed, SubmissionMatched)


class ResponseKind(StrEnum):
    """What waits to be identified."""

    CLAIM = "claim"  # responses under a claim number that nobody submitted here
    COPY = "copy"  # an answer of a remittance that repeats another one
    FILE = "file"  # an acknowledgment of a whole file
    SHARED = "shared"  # one claim number for several visits or patients: nothing to join


KINDS_OF_ITEMS = {SECOND_COPY: ResponseKind.COPY, NUMBER_SHARED: ResponseKind.SHARED}


@dataclass(frozen=True, kw_only=True)
class OpenResponse:
    """One that waits: its opaque name for addresses, what it is, and its row in the worklist."""

    name: str
    kind: ResponseKind
    row: Any


def open_responses(context: ReadContext, kind: ResponseKind | None = None) -> list[OpenResponse]:
    """All that wait, those with the most money first. One for each number, whatever payers answered under it."""
    query = _items(context).order_by(ITEM.c.amount_order, ITEM.c.claim_id, ITEM.c.item)
    with context.rows() as connection:
        rows = connection.execute(query).all()
    found: dict[str, OpenResponse] = {}
    for one in (_open(context, row) for row in rows):
        found.setdefault(one.name, one)
    return [one for one in found.values() if kind in (None, one.kind)]


def response_place(one: OpenResponse) -> tuple[int, str, str]:
    """What the list is ordered by."""
    return one.row.amount_order, one.row.claim_id, one.row.item


def _items(context: ReadContext) -> Select[Any]:
    wanted = ITEM.c.kind.in_([ListKind.UNMATCHED, ListKind.UNIDENTIFIED])
    known = ITEM.c.category.is_distinct_from(UNPAIRED_REVERSAL)  # it is known whose it is; its payment is missing
    routing = routing_of(context)
    query = routing.items().where(ITEM.c.practice == context.practice, wanted, known, ITEM.c.done.is_(None))
    return routing.bind(query)


def _open(context: ReadContext, row: Any) -> OpenResponse:
    kind = (
        ResponseKind.CLAIM
        if row.kind == ListKind.UNMATCHED
        else KINDS_OF_ITEMS.get(row.category or "", ResponseKind.FILE)
    )
    return OpenResponse(name=_name(context, kind, row), kind=kind, row=row)


def _name(context: ReadContext, kind: ResponseKind, row: Any) -> str:
    if kind == ResponseKind.CLAIM:
        return str(row.ref)
    return context.references.ref(context.practice, f"{kind}\0{row.claim_id}\0{row.item}")


def open_response(context: ReadContext, name: str) -> OpenResponse:
    """The one of this name. Raises NotFoundError."""
    with context.rows() as connection:
        row = connection.execute(_by_ref(context, name)).first()
    if row is not None:
        return _open(context, row)
    found = next((one for one in open_responses(context) if one.name == name), None)
    if found is None:
        raise NotFoundError("no such unidentified response: it was matched, or nothing of this name came in")
    return found


def _by_ref(context: ReadContext, ref: str) -> Select[Any]:
    """Through the claim's own index."""
    keys = select(CLAIM.c.key).where(
        CLAIM.c.ref == ref, CLAIM.c.practice == context.practice, CLAIM.c.status == UNMATCHED
    )
    return _items(context).where(ITEM.c.key.in_(keys), ITEM.c.kind == ListKind.UNMATCHED)


def response_json(one: OpenResponse) -> dict[str, Any]:
    """A response as lists have it."""
    row = one.row
    return {
        "name": one.name,
        "kind": one.kind.value,
        "claim_id": row.claim_id or None,
        "ref": row.ref or None,
        "patient_id": row.patient_id,
        "payer_id": row.payer_id,
        "amount": cents_text(row.amount_at_risk),
        "category": row.category,
        "reason": row.reason,
        "next_action": row.next_action,
        "assignee": row.assignee,
        "explanation": row.explanation,
    }


def listed_responses(context: ReadContext, found: Sequence[OpenResponse]) -> list[dict[str, Any]]:
    """Responses as lists have them, those under a claim number with the claims they could belong to."""
    rows = [response_json(one) for one in found]
    told = [row | {"kind": UNMATCHED if row["kind"] == ResponseKind.CLAIM else row["kind"]} for row in rows]
    best_of(context, told)
    return [row | {"candidates": each.get("candidates", [])} for row, each in zip(rows, told, strict=True)]


def response_page(context: ReadContext, name: str) -> dict[str, Any]:
    """One response with what it states and its candidates, the best first. Raises NotFoundError."""
    one = open_response(context, name)
    told = response_json(one)
    if one.kind == ResponseKind.CLAIM:
        unmatched = candidates_of(context, [one.row.claim_id])[one.row.claim_id]
        return told | {"stated": _stated(unmatched), "candidates": claim_candidates(context, unmatched)}
    if one.kind == ResponseKind.COPY:
        return told | {"stated": {}, "candidates": _first_copy(context, one)}
    if one.kind == ResponseKind.FILE:
        answer = verdict_of(context, one.row.key, one.row.item)
        files = files_for(context, answer) if answer else []
        return told | {"stated": {}, "candidates": [file_json(context, file) for file in files]}
    return told | {"stated": {}, "candidates": []}


def _stated(unmatched: Unmatched) -> dict[str, list[str]]:
    return {"number": [unmatched.facts.number]} | {k: list(v) for k, v in unmatched.facts.stated.items()}


def claim_candidates(context: ReadContext, unmatched: Unmatched) -> list[dict[str, Any]]:
    """Each with what the claim states and how it stands."""
    keys = [str(Key("claim", context.practice, one.claim_id)) for one in unmatched.candidates]
    with context.rows() as connection:
        rows = {row.claim_id: row for row in connection.execute(select(CLAIM).where(CLAIM.c.key.in_(keys)))}
    found = []
    for one in unmatched.candidates:
        row, facts = rows.get(one.claim_id), unmatched.claims[one.claim_id]
        told = candidate_json(context, one) | {"stated": {k: list(v) for k, v in facts.stated.items()}}
        told |= {"status": row.status if row else None, "paid": cents_text(row.paid) if row else None}
        found.append(told)
    return found


def _first_copy(context: ReadContext, one: OpenResponse) -> list[dict[str, Any]]:
    """The remittance whose answer it repeats."""
    from services.projector.claims import load_claims, view_claim  # noqa: PLC0415  only this needs the fold

    with context.near(one.row.claim_id).context() as (fold_context, reference):
        key = str(Key("claim", context.practice, one.row.claim_id))
        state = view_claim(key, load_claims(fold_context, [key], reference)[key], reference).state
    copies = [repeat for repeat in (state.copies if state else ()) if repeat.again == one.row.item]
    return [
        {
            "remittance": repeat.first,
            "ref": remittance_ref(context, str(Key("remittance", context.practice, repeat.first))),
            "trace_number": repeat.first_trace,
            "payment_date": repeat.first_date.isoformat() if repeat.first_date else None,
            "copy": {
                "remittance": repeat.again,
                "ref": remittance_ref(context, str(Key("remittance", context.practice, repeat.again))),
                "trace_number": repeat.again_trace,
                "payment_date": repeat.again_date.isoformat() if repeat.again_date else None,
            },
            "paid": f"{repeat.paid:.2f}",
        }
        for repeat in copies
    ]


def decisions(context: ReadContext, limit: int | None = 100) -> list[dict[str, Any]]:
    """What people decided, the newest first; `undone` where it was taken back since. No limit: all."""
    key = str(Key(MATCHING[0], context.practice, MATCHING[1]))
    with context.engine.connect() as connection:
        history = histories(connection, [key], context.cut)[key]
    standing = {event.name for event in effective_events(history, context.references.zone)}
    acts = [event for event in history if isinstance(event.data, DECISIONS)]
    acts.sort(key=lambda event: (event.time, event.source, event.id), reverse=True)
    taken = _taken_back(history)
    return [_decision(context, act, undone=act.name not in standing, by=taken.get(act.name)) for act in acts[:limit]]


def _taken_back(history: Iterable[LoggedEvent]) -> dict[tuple[str, str], str]:
    withdrawals = (event.data for event in history if isinstance(event.data, EventWithdrawn))
    return {(data.source, data.id): data.by or "" for data in withdrawals}


def _decision(context: ReadContext, act: LoggedEvent, *, undone: bool, by: str | None) -> dict[str, Any]:
    data = act.data
    told: dict[str, Any] = {
        "event_id": act.id,
        "source": act.source,
        "time": act.time.isoformat(),
        "by": data.by,
        "undone": undone,
        "undone_by": by if undone else None,
    }
    if isinstance(data, ClaimMatched):
        return told | {
            "kind": ResponseKind.CLAIM.value,
            "claim_id": data.claim_id,
            "ref": context.references.ref(context.practice, data.claim_id),
            "answered_as": data.answered_as,
            "evidence": [one.model_dump(exclude_none=True) for one in data.evidence],
        }
    if isinstance(data, SubmissionMatched):
        words = "A response to a whole file answers " + (
            "a file of this practice" if data.submission else "no file of this practice"
        )
        return told | {"kind": ResponseKind.FILE.value, "words": words}
    return told | {"kind": ResponseKind.COPY.value, "same": data.same_as is not None}


def decided(connection: Connection, practice: str, event_id: str, source: str) -> LoggedEvent | None:
    """The decision of this identity, if it is in effect or was once."""
    key = str(Key(MATCHING[0], practice, MATCHING[1]))
    history = histories(connection, [key])[key]
    return next((e for e in history if e.name == (source, event_id) and isinstance(e.data, DECISIONS)), None)


def best_of(context: ReadContext, items: Sequence[dict[str, Any]], most: int = 500) -> None:
    """Gives items of the list of unmatched claims their candidates, best first, as `candidates`."""
    numbers = list(dict.fromkeys(item["claim_id"] for item in items if item["kind"] == UNMATCHED))[:most]
    found = candidates_of(context, numbers)
    for item in items:
        if (mine := found.get(item["claim_id"])) is not None:
            item["candidates"] = [candidate_json(context, one) for one in mine.candidates]
