"""Money that is past its last day, by payer and month, with what was done about it.

Open claims are those of the list of what is lost already; their money counts once, as there. Closed ones are those
whose items a person closed. Written off are those given up after a deadline had passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select

from events.values import from_cents
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ClaimStatus, OutcomeKind
from services.reads.holders import routing_of
from services.reads.read_context import ReadContext
from services.reads.worklists import once
from services.store.engine import chunks

ITEM, CLAIM, OUTCOME = READ_TABLES["work_item"], READ_TABLES["claim"], READ_TABLES["claim_outcome"]
MOST_ITEMS = 50_000


class LostState(StrEnum):
    """What was done about money that is past its last day."""

    NOTHING = "nothing"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    APPEALED = "appealed"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"


OPEN = (LostState.NOTHING, LostState.ASSIGNED, LostState.APPEALED)  # what the list of lost claims shows


@dataclass(frozen=True, kw_only=True)
class LostClaim:
    """One claim's money. `on`: its last day; of what was written off, the day of that. `cents`: counted once."""

    payer_id: str
    on: date
    state: LostState
    cents: int


def lost_money(context: ReadContext, payers: Sequence[str] = ()) -> list[dict[str, Any]]:
    """A row for each payer and month, the newest month first: claims and dollars by what was done about them."""
    with context.rows() as rows:
        found = [*past_their_day(rows, context, payers), *_written_off(rows, context, payers)]
    groups: dict[tuple[str, str], list[LostClaim]] = {}
    for claim in found:
        groups.setdefault((f"{claim.on:%Y-%m}", claim.payer_id), []).append(claim)
    order = sorted(groups, key=lambda key: (-int(key[0].replace("-", "")), key[1]))
    return [_row(month, payer_id, groups[month, payer_id]) for month, payer_id in order]


def _row(month: str, payer_id: str, claims: Sequence[LostClaim]) -> dict[str, Any]:
    told: dict[str, Any] = {"month": month, "payer_id": payer_id} | _sums("", claims)
    for state in LostState:
        told |= _sums(f"{state}_", [claim for claim in claims if claim.state == state])
    return told


def _sums(prefix: str, claims: Sequence[LostClaim]) -> dict[str, Any]:
    cents = sum(claim.cents for claim in claims)
    return {f"{prefix}claims": len(claims), f"{prefix}amount": f"{from_cents(cents):.2f}"}


def past_their_day(rows: Connection, context: ReadContext, payers: Sequence[str]) -> Iterable[LostClaim]:
    """Claims whose items, shown or hidden, are past their last day; of what has no claim each item."""
    mine = (ITEM.c.practice == context.practice, ITEM.c.lost_on < context.today)
    routing = routing_of(context)
    query = routing.items().where(*mine)
    if payers:
        query = query.where(ITEM.c.payer_id.in_(payers))
    units: dict[str, list[Any]] = {}
    for row in rows.execute(routing.bind(query.order_by(ITEM.c.lost_on).limit(MOST_ITEMS))):
        units.setdefault(row.claim_id or f"{row.key}|{row.item}", []).append(row)
    appealed = _in_appeal(rows, context.practice, units)
    for unit, items in units.items():
        awake = [row for row in items if row.snoozed_until is None or row.snoozed_until <= context.at]
        shown = awake or items
        yield LostClaim(
            payer_id=shown[0].payer_id,
            on=shown[0].lost_on,
            state=_state(awake, items, appealed=unit in appealed),
            cents=once((row.kind, row.amount_at_risk) for row in shown if not row.amount_unknown),
        )


def _state(awake: Sequence[Any], items: Sequence[Any], *, appealed: bool) -> LostState:
    if not awake:
        return LostState.CLOSED if any(row.done is not None for row in items) else LostState.SNOOZED
    if appealed:
        return LostState.APPEALED
    return LostState.ASSIGNED if any(row.assignee for row in awake) else LostState.NOTHING


def _in_appeal(rows: Connection, practice: str, claim_ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks([f"claim|{practice}|{claim_id}" for claim_id in claim_ids]):
        query = select(CLAIM.c.claim_id).where(CLAIM.c.key.in_(some), CLAIM.c.status == ClaimStatus.IN_APPEAL)
        found.update(rows.scalars(query))
    return found


def _written_off(rows: Connection, context: ReadContext, payers: Sequence[str]) -> Iterable[LostClaim]:
    query = (
        select(OUTCOME.c.payer_id, OUTCOME.c.first_on, func.sum(OUTCOME.c.amount).label("cents"))
        .join(CLAIM, CLAIM.c.key == OUTCOME.c.key)
        .where(
            OUTCOME.c.practice == context.practice,
            OUTCOME.c.kind == OutcomeKind.LOST,
            CLAIM.c.status == ClaimStatus.WRITTEN_OFF,
        )
        .where(OUTCOME.c.first_on <= context.today)
        .group_by(OUTCOME.c.key, OUTCOME.c.payer_id, OUTCOME.c.first_on)
    )
    if payers:
        query = query.where(OUTCOME.c.payer_id.in_(payers))
    for row in rows.execute(query):
        cents = int(row.cents)
        yield LostClaim(payer_id=row.payer_id, on=row.first_on, state=LostState.WRITTEN_OFF, cents=cents)
