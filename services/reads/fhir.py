"""Claims for FHIR: one by its ref, or those that events changed in a span of time, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from projections.keys import Key, parse_key
from projections.tables.columns import has_prefix
from services.core.errors import NotFoundError
from services.presentation import fhir
from services.reads.claims import claim_page
from services.reads.keyset import ListCursorError, ListPage
from services.reads.read_context import ReadContext
from services.reads.worklists import items_of
from services.store.horizon import committed_position
from services.store.log import KEYS, LOG

Resources = Callable[[ReadContext, str, str], list[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Span:
    """When the log learned of what changed a claim last: from `since` (included) until before `until`."""

    since: datetime | None = None
    until: datetime | None = None


def _claims(context: ReadContext, claim_id: str, updated: str) -> list[dict[str, Any]]:
    return [fhir.claim(claim_page(context, claim_id), updated)]


def _responses(context: ReadContext, claim_id: str, updated: str) -> list[dict[str, Any]]:
    return fhir.responses(claim_page(context, claim_id), updated)


def _explanations(context: ReadContext, claim_id: str, updated: str) -> list[dict[str, Any]]:
    return [fhir.explanation(claim_page(context, claim_id), updated)]


def _tasks(context: ReadContext, claim_id: str, updated: str) -> list[dict[str, Any]]:
    return fhir.tasks(items_of(context, claim_id), updated)


RESOURCES: Mapping[str, Resources] = dict(zip(fhir.TYPES, (_claims, _responses, _explanations, _tasks), strict=True))


def fhir_resource(context: ReadContext, kind: str, claim_id: str, name: str) -> dict[str, Any]:
    """The resource of this id among those of its claim. Raises NotFoundError."""
    updated = _updated(context, str(Key("claim", context.practice, claim_id)))
    found = (each for each in RESOURCES[kind](context, claim_id, updated) if each["id"] == name)
    resource = next(found, None)
    if resource is None:
        raise NotFoundError(f"no {kind} of this id in this practice")
    return resource


def _updated(context: ReadContext, key: str) -> str:
    last = select(func.max(KEYS.c.position)).where(KEYS.c.key == key).scalar_subquery()
    with context.engine.connect() as connection:
        found = connection.scalar(select(LOG.c.recorded_at).where(LOG.c.position == last))
    return str((found or context.at).isoformat())


def fhir_page(context: ReadContext, kind: str, span: Span, limit: int, cursor: str | None) -> ListPage:
    """Resources of the claims that changed in a span, the longest unchanged first; `limit` counts claims.

    Raises ListCursorError.
    """
    rows = _changed(context, span, limit + 1, cursor)
    found = [each for key, _, at in rows[:limit] for each in _of_key(context, kind, key, at)]
    more = len(rows) > limit
    return ListPage(found, json.dumps([rows[limit - 1][1], rows[limit - 1][0]]) if more else None)


def _of_key(context: ReadContext, kind: str, key: str, at: datetime) -> Iterator[dict[str, Any]]:
    try:
        yield from RESOURCES[kind](context, parse_key(key).name, at.isoformat())
    except NotFoundError:
        return  # every event of it was undone


def _changed(context: ReadContext, span: Span, limit: int, cursor: str | None) -> list[tuple[str, int, datetime]]:
    """Key, last position and its instant of claims, in the order of these positions."""
    last = func.max(KEYS.c.position)
    changed = select(KEYS.c.key, last.label("position")).where(
        has_prefix(KEYS.c.key, f"claim|{context.practice}|"), KEYS.c.position <= _end(context)
    )
    if span.since is not None:
        first = select(func.min(LOG.c.position)).where(LOG.c.recorded_at >= span.since).scalar_subquery()
        changed = changed.where(KEYS.c.position >= first)
    by_claim = changed.group_by(KEYS.c.key).subquery()
    query = select(by_claim.c.key, by_claim.c.position, LOG.c.recorded_at).join(
        LOG, LOG.c.position == by_claim.c.position
    )
    if span.until is not None:
        query = query.where(LOG.c.recorded_at < span.until)
    if span.since is not None:
        query = query.where(LOG.c.recorded_at >= span.since)
    if cursor is not None:
        position, key = _opened(cursor)
        behind = (by_claim.c.position > position) | ((by_claim.c.position == position) & (by_claim.c.key > key))
        query = query.where(behind)
    with context.engine.connect() as connection:
        rows = connection.execute(query.order_by(by_claim.c.position, by_claim.c.key).limit(limit))
        return [(str(row.key), int(row.position), row.recorded_at) for row in rows]


def _end(context: ReadContext) -> int:
    with context.engine.connect() as connection:
        return committed_position(connection)


def _opened(cursor: str) -> tuple[int, str]:
    try:
        position, key = json.loads(cursor)
        return int(position), str(key)
    except (ValueError, TypeError) as error:
        raise ListCursorError("invalid cursor") from error
