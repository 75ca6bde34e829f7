"""What a person does about a claim: each act becomes one of our events, if the claim is still as that person saw it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, Engine, and_, func, or_, select

from events.registry import Event, parse
from events.values import from_cents
from projections.deadlines import Case
from projections.deadlines.credits import credits_of
from projections.keys import Key
from projections.tables.columns import NEVER
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import PriceVerdict
from projections.work.kinds import EVERY_LIST
from projections.work.people import gives_reason
from services.app_context import AppContext
from services.commands.action_facts import Facts
from services.commands.action_guards import check
from services.commands.action_models import (
    MONEY_EVENTS,
    SOURCE,
    ActionRequest,
    Assign,
    OpenDispute,
    Resolve,
    ReviewCredit,
    Undo,
)
from services.commands.publish_events import wait_until_safe
from services.core.errors import ClaimclockError, ConflictError, NotFoundError
from services.messaging.redis_url import reaching
from services.presentation.formatting import day
from services.projector.claims import load_claims, view_claim
from services.projector.folds import FoldContext
from services.reads.claims import claim_id_of
from services.reads.payer_names import payer_names
from services.reads.read_context import ReadContext
from services.reads.routing import settings_of
from services.security.people import active_people
from services.store.log import IDENTITY, KEYS, LOG

ITEM = READ_TABLES["work_item"]
PRICE = READ_TABLES["line_price"]
WAIT = 5.0  # seconds until an act shows


class StaleVersionError(ConflictError):
    """The claim has changed since it was read; look at it again."""


class ReasonMissingError(ClaimclockError):
    """Work whose deadline still runs is closed with a reason."""

    http_status = 422


@dataclass(frozen=True, kw_only=True)
class ActionDone:
    """One act's event. `projected`: every list shows it already."""

    ref: str
    event_id: str
    result: Literal["accepted", "duplicate"]
    projected: bool

    def as_json(self) -> dict[str, Any]:
        return {"ref": self.ref, "event_id": self.event_id, "result": self.result, "projected": self.projected}


@dataclass(frozen=True)
class Failed:
    """An act that was refused while others of the same request went on."""

    ref: str
    error: ClaimclockError


def claim_version(connection: Connection, practice: str, claim_id: str) -> str:
    """Changes with every event of the claim: how many there are, and the newest one's place."""
    key = str(Key("claim", practice, claim_id))
    row = connection.execute(
        select(func.count(), func.coalesce(func.max(KEYS.c.position), 0)).where(KEYS.c.key == key)
    ).one()
    return f"{row[0]}-{row[1]}"


def _is_current(given: str, now: str) -> bool:
    """The version of a page over HTTP says after that of the claim which page it was."""
    return given.split("-")[:2] == now.split("-")


def act(app: AppContext, context: ReadContext, ref: str, wanted: ActionRequest, by: str) -> ActionDone:
    """Raises NotFoundError, StaleVersionError, or ConflictError where somebody else is at this claim right now."""
    (found,) = act_on_many(app, context, [(ref, wanted)], by)
    if isinstance(found, Failed):
        raise found.error
    return found


def act_on_many(
    app: AppContext, context: ReadContext, wanted: Sequence[tuple[str, ActionRequest]], by: str
) -> list[ActionDone | Failed]:
    """Each act on its own: some may be refused while the others go on. Waits once, until all of them show."""
    with _at_the_claims(app, [ref for ref, _ in wanted]):
        found = [_prepare(app, context, ref, each, by) for ref, each in wanted]
        bodies = [body for outcome, body in found if body is not None]
        projected = _publish(app, bodies) if bodies else True
    return [_told(outcome, projected) for outcome, _ in found]


def _told(outcome: ActionDone | Failed, projected: bool) -> ActionDone | Failed:  # noqa: FBT001
    if isinstance(outcome, Failed) or outcome.result == "duplicate":
        return outcome
    return ActionDone(ref=outcome.ref, event_id=outcome.event_id, result=outcome.result, projected=projected)


@contextmanager
def _at_the_claims(app: AppContext, refs: Sequence[str]) -> Iterator[None]:
    """One person at a claim at a time, until the act shows. Sorted, so that nobody waits in a circle."""
    with ExitStack() as held:
        for ref in sorted(set(refs)):
            lock = app.client.lock(f"{app.settings.stream}:acting:{ref}", timeout=2 * WAIT, blocking_timeout=WAIT)
            with reaching():
                if not lock.acquire():
                    raise ConflictError("someone else is changing this claim right now; try again")
            held.callback(_release, lock)
        yield


def _release(lock: Any) -> None:
    with suppress(ClaimclockError), reaching():  # it may have run out: then it is nobody's, or another's
        lock.release()


def _prepare(
    app: AppContext, context: ReadContext, ref: str, wanted: ActionRequest, by: str
) -> tuple[ActionDone | Failed, bytes | None]:
    try:
        claim_id = claim_id_of(context, ref)
        event_id = wanted.id or uuid4().hex
        wanted = _about_its_payer(context, claim_id, wanted)
        body = json.dumps(
            _event(wanted, context.practice, claim_id, event_id=event_id, by=by, now=app.clock.now())
        ).encode()
        with context.engine.connect() as connection:
            if _is_logged(connection, parse(body)):
                return ActionDone(ref=ref, event_id=event_id, result="duplicate", projected=True), None
            _check(connection, context, claim_id, wanted)
            _check_reason(connection, context, claim_id, wanted, app.clock.now())
    except ClaimclockError as error:
        return Failed(ref, error), None
    return ActionDone(ref=ref, event_id=event_id, result="accepted", projected=False), body


def _about_its_payer(context: ReadContext, claim_id: str, wanted: ActionRequest) -> ActionRequest:
    """The review of a credit names the payer whose credit it is, or that allowed too much; else the first payer."""
    if not isinstance(wanted, ReviewCredit) or wanted.payer_id is not None:
        return wanted
    with context.engine.connect() as connection:
        reference = context.references.get(connection, context.practice)
        key = str(Key("claim", context.practice, claim_id))
        view = view_claim(key, load_claims(FoldContext(connection, connection), [key], reference)[key], reference)
        priced = sorted(_allowed_too_much(connection, context.practice, claim_id))
    if view.state is None or not view.state.accounts:
        return wanted.model_copy(update={"payer_id": ""})
    owed = [credit.payer_id for credit in credits_of(Case(view.state, reference)) if credit.payer_id]
    return wanted.model_copy(update={"payer_id": [*owed, *priced, view.state.accounts[0].payer_id][0]})


def _allowed_too_much(connection: Connection, practice: str, claim_id: str) -> frozenset[str]:
    """The payers that allowed more than their terms on some line of the claim."""
    query = select(PRICE.c.payer_id).where(
        PRICE.c.practice == practice, PRICE.c.claim_id == claim_id, PRICE.c.verdict == PriceVerdict.OVERPAID
    )
    return frozenset(connection.scalars(query))


def _check(connection: Connection, context: ReadContext, claim_id: str, wanted: ActionRequest) -> None:
    """Judges the action against the claim as it is folded from the log at this moment."""
    practice = context.practice
    if wanted.version is not None and not _is_current(wanted.version, claim_version(connection, practice, claim_id)):
        raise StaleVersionError("the claim has changed since it was loaded; review it again")
    if isinstance(wanted, Undo):
        _check_undo(connection, practice, claim_id, wanted.event_id)
        return
    facts = _facts(connection, context, claim_id, wanted)
    if facts is not None:
        check(wanted, facts)


def _facts(connection: Connection, context: ReadContext, claim_id: str, wanted: ActionRequest) -> Facts | None:
    reference = context.references.get(connection, context.practice)
    key = str(Key("claim", context.practice, claim_id))
    view = view_claim(key, load_claims(FoldContext(connection, connection), [key], reference)[key], reference)
    if view.state is None:
        return None
    return Facts(
        state=view.state,
        deadlines=view.deadlines,
        today=context.today,
        people=assignable(context) if isinstance(wanted, Assign) else frozenset(),
        naming=lambda payer_id: payer_names(context).of(payer_id),
        shortfall=_shortfall(connection, context.practice, claim_id, wanted),
        allowed_too_much=(
            _allowed_too_much(connection, context.practice, claim_id)
            if isinstance(wanted, ReviewCredit)
            else frozenset()
        ),
    )


def assignable(context: ReadContext) -> frozenset[str]:
    """Who can be given work: people and queues."""
    people = {each["name"] for each in active_people(context.engine, context.practice)}
    return frozenset(people | settings_of(context).queues.keys())


def _shortfall(connection: Connection, practice: str, claim_id: str, wanted: ActionRequest) -> Decimal | None:
    """What the lines of a dispute are short of; None where no price is known."""
    if not isinstance(wanted, OpenDispute):
        return None
    query = select(func.sum(PRICE.c.variance)).where(
        PRICE.c.practice == practice, PRICE.c.claim_id == claim_id, PRICE.c.variance > 0
    )
    if wanted.lines:
        query = query.where(PRICE.c.line.in_(wanted.lines))
    cents = connection.scalar(query)
    return None if cents is None else from_cents(int(cents))


def _check_reason(
    connection: Connection, context: ReadContext, claim_id: str, wanted: ActionRequest, now: datetime
) -> None:
    """A bare "done" closes only what can no longer be lost, as the fold judges it. Raises ReasonMissingError."""
    if not isinstance(wanted, Resolve) or gives_reason(wanted.resolution, wanted.note):
        return
    endless = and_(ITEM.c.lost_on == NEVER, or_(ITEM.c.clocks != "", ITEM.c.overdue_at > now))
    query = select(ITEM.c.lost_on).where(
        ITEM.c.practice == context.practice,
        ITEM.c.claim_id == claim_id,
        or_(and_(ITEM.c.lost_on >= context.today, ITEM.c.lost_on != NEVER), endless),
    )
    if wanted.worklist != EVERY_LIST:
        query = query.where(ITEM.c.kind == wanted.worklist)
    if wanted.item is not None:
        query = query.where(ITEM.c.item == wanted.item)
    row = connection.execute(query.order_by(ITEM.c.lost_on)).first()
    if row is not None:
        until = "and its last day is not known" if row.lost_on == NEVER else f"until {day(row.lost_on)}"
        raise ReasonMissingError(f"its deadline is still open {until}: add a note that says why it is done")


def _event(
    wanted: ActionRequest, practice: str, claim_id: str, *, event_id: str, by: str, now: datetime
) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": wanted.event_type,
        "subject": claim_id,
        "time": now.isoformat(),
        "practice": practice,
        "data": {"claim_id": claim_id} | wanted.data(by),
    }


def _is_logged(connection: Connection, event: Event) -> bool:
    """Raises ConflictError where the id was used for another act."""
    identity = event.envelope.identity
    known = connection.scalar(
        select(IDENTITY.c.hash).where(
            IDENTITY.c.practice == identity.practice,
            IDENTITY.c.source == identity.source,
            IDENTITY.c.id == identity.id,
        )
    )
    if known is not None and known != event.hash:
        raise ConflictError("this id was already used for a different action")
    return known is not None


def needs_money_right(engine: Engine, practice: str, wanted: ActionRequest) -> bool:
    """Whether the act moves money; taking back an act needs what the act itself needed."""
    if not isinstance(wanted, Undo):
        return wanted.about_money
    query = select(LOG.c.type).where(LOG.c.practice == practice, LOG.c.source == SOURCE, LOG.c.id == wanted.event_id)
    with engine.connect() as connection:
        return connection.scalar(query) in MONEY_EVENTS


def _check_undo(connection: Connection, practice: str, claim_id: str, event_id: str) -> None:
    query = (
        select(LOG.c.position)
        .join(KEYS, KEYS.c.position == LOG.c.position)
        .where(KEYS.c.key == str(Key("claim", practice, claim_id)), LOG.c.source == SOURCE, LOG.c.id == event_id)
    )
    if connection.execute(query).first() is None:
        raise NotFoundError("this claim has no such action to undo")


def _publish(app: AppContext, bodies: Sequence[bytes]) -> bool:
    published = app.publisher().publish(bodies)
    if not published.durable:
        wait_until_safe(app, published.last)
    return app.wait(published.last, WAIT)
