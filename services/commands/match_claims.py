"""What a person decides about unidentified responses: which claim they belong to, whether a copy is one; and undo."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from events.claim import ClaimSubmitted
from events.review import ClaimMatched
from events.submission_key import verdict_key
from projections.claims.match_candidates import MatchCandidate
from projections.claims.returned_numbers import RESPONSES, matches
from projections.history import LoggedEvent, effective_events
from projections.keys import Key
from services.app_context import AppContext
from services.commands.action_guards import ConfirmationNeededError, RefusedActionError
from services.commands.action_models import SOURCE, NoteRequest, ShortText
from services.commands.publish_events import wait_until_safe
from services.core.errors import ClaimclockError, ConflictError, NotFoundError, UsageError
from services.messaging.redis_url import reaching
from services.reads.claims import claim_id_of
from services.reads.file_candidates import file_name, files_for, verdict_of
from services.reads.match_candidates import candidates_of
from services.reads.read_context import ReadContext
from services.reads.unidentified import OpenResponse, ResponseKind, decided, decisions, open_response, response_page
from services.store.log import IDENTITY, histories

WAIT = 30.0  # seconds until it is in every list
NOT_SUBMITTED, NO_RESPONSE, MATCHED_ALREADY = "not_submitted_here", "no_response", "matched_already"
DIFFERS, NOTHING_ALIKE, OWN_CLAIM = "differs", "nothing_alike", "answer_is_a_claim"


class JoinRequest(BaseModel):
    """`candidate`: the `ref` of a candidate. `id` makes a repetition harmless; `confirm` answers a 409's questions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    candidate: str = Field(pattern=r"^[0-9a-f]{24}$")
    id: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{8,64}$")
    confirm: tuple[ShortText, ...] = Field((), max_length=10)


class SeparateRequest(BaseModel):
    """It is none of the candidates: a second copy is another payment and counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{8,64}$")


class UndoRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    why: NoteRequest | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An event to be published, and what its writer is told."""

    type: str
    subject: str
    data: dict[str, Any]
    told: dict[str, Any]


def join(app: AppContext, context: ReadContext, name: str, wanted: JoinRequest, by: str) -> dict[str, Any]:
    """Joins an unidentified response to a candidate. Raises NotFoundError, RefusedActionError, ConfirmationNeededError.

    For a claim number: its responses count for that claim. For a second copy: it is the same remittance.
    """
    if (repeated := _repeated(app, context, wanted.id)) is not None:
        return repeated
    one = open_response(context, name)
    if one.kind == ResponseKind.CLAIM:
        claim_id = claim_id_of(context, wanted.candidate)
        return match(app, context, one.row.claim_id, claim_id, by, confirm=wanted.confirm, event_id=wanted.id)
    if one.kind == ResponseKind.COPY:
        return _decide(app, context, _review(context, one, by, wanted.candidate), wanted.id)
    if one.kind == ResponseKind.FILE:
        return _decide(app, context, _file(context, one, by, wanted), wanted.id)
    raise RefusedActionError((("nothing_to_join", "This response has no candidate to match."),))


def separate(app: AppContext, context: ReadContext, name: str, wanted: SeparateRequest, by: str) -> dict[str, Any]:
    """Says that it is none of the candidates: a second copy counts, a response to a file answers none of ours."""
    if (repeated := _repeated(app, context, wanted.id)) is not None:
        return repeated
    one = open_response(context, name)
    if one.kind == ResponseKind.FILE:
        return _decide(app, context, _file(context, one, by, None), wanted.id)
    if one.kind != ResponseKind.COPY:
        sentence = "Match it to a claim, or resolve it on its list: it cannot be dismissed as none of the candidates."
        raise RefusedActionError((("not_a_copy", sentence),))
    return _decide(app, context, _review(context, one, by, None), wanted.id)


def match(
    app: AppContext,
    context: ReadContext,
    answer: str,
    claim_id: str,
    by: str,
    *,
    confirm: Sequence[str] = (),
    event_id: str | None = None,
) -> dict[str, Any]:
    """Joins what came back as `answer` to the claim. Undone by `undo` with the event id of the result.

    Raises UsageError for one number twice, NotFoundError where nothing is known under one of them, RefusedActionError
    where the match has no meaning, ConfirmationNeededError where what both state speaks against it.
    """
    if answer == claim_id:
        raise UsageError("name two different claim numbers: the one that came back, then the one it belongs to")
    with _one_at_a_time(app, context):
        found = _judged(context, answer, claim_id, confirm)
        data: dict[str, Any] = {"claim_id": claim_id, "answered_as": answer, "by": by}
        if found is not None:
            data["evidence"] = [_evidence(reason) for reason in found.reasons if reason.ours or reason.theirs]
        if confirm:
            data["confirmed"] = list(confirm)
        told = {"claim_id": claim_id, "ref": context.references.ref(context.practice, claim_id), "answered_as": answer}
        decision = Decision(type="claim.matched.v1", subject=claim_id, data=data, told=told)
        return _publish(app, context, decision, event_id)


def _evidence(reason: Any) -> dict[str, str]:
    told = {"what": f"{reason.what}: {reason.words}", "ours": reason.ours, "theirs": reason.theirs}
    return {name: text for name, text in told.items() if text}


def _judged(context: ReadContext, answer: str, claim_id: str, confirm: Sequence[str]) -> MatchCandidate | None:
    """What speaks for the match. Raises what keeps it from being made."""
    returned, claim = (_standing(context, number) for number in (answer, claim_id))
    refusal = _refusal(returned, claim, answer, claim_id)
    if refusal:
        raise RefusedActionError((refusal,))
    unmatched = candidates_of(context, [answer])[answer]
    found = next((one for one in unmatched.candidates if one.claim_id == claim_id), None)
    asked = []
    if found is None:
        asked.append((NOTHING_ALIKE, "Too little of what they state matches."))
    elif found.differs_in:
        asked.append((DIFFERS, f"Response and claim differ in: {', '.join(found.differs_in).lower()}."))
    if any(isinstance(event.data, ClaimSubmitted) for event in returned):
        asked.append((OWN_CLAIM, "The number that came back is also a submitted claim: its responses would move, too."))
    open_questions = tuple((code, sentence) for code, sentence in asked if code not in confirm)
    if open_questions:
        raise ConfirmationNeededError(open_questions)
    return found


def _refusal(
    returned: Sequence[LoggedEvent], claim: Sequence[LoggedEvent], answer: str, claim_id: str
) -> tuple[str, str] | None:
    if not any(isinstance(event.data, ClaimSubmitted) for event in claim):
        return (NOT_SUBMITTED, "The claim was not submitted by this practice: import its 837, or choose another claim.")
    if not any(isinstance(event.data, RESPONSES) and event.data.claim_id == answer for event in returned):
        return (NO_RESPONSE, "No response came back under this number.")
    if any(one.returned == answer and one.claim_id == claim_id for one in matches(returned)):
        return (MATCHED_ALREADY, "These numbers are already matched.")
    return None


def _standing(context: ReadContext, number: str) -> list[LoggedEvent]:
    """The events in effect that name a number. Raises NotFoundError where there is none."""
    key = str(Key("claim", context.practice, number))
    with context.engine.connect() as connection:
        history = effective_events(histories(connection, [key])[key], context.references.zone)
    if not history:
        raise NotFoundError("nothing is known under this claim number in this practice")
    return history


def _review(context: ReadContext, one: OpenResponse, by: str, chosen: str | None) -> Decision:
    """Whether two remittances are one: the same as the chosen one, or another than all it repeats."""
    page = response_page(context, one.name)
    firsts = [each for each in page["candidates"] if chosen in (None, each["ref"])]
    if not firsts:
        raise NotFoundError("no such candidate for this response")
    first, again = firsts[0]["remittance"], firsts[0]["copy"]["remittance"]
    data = {"remit": again, ("other_than" if chosen is None else "same_as"): first, "by": by}
    told = {"claim_id": one.row.claim_id, "ref": one.row.ref, "same": chosen is not None}
    return Decision(type="remittance.reviewed.v1", subject=again, data=data, told=told)


def _file(context: ReadContext, one: OpenResponse, by: str, wanted: JoinRequest | None) -> Decision:
    """Which submission an acknowledgment of a whole file answers; none of ours where nothing is wanted."""
    answer = verdict_of(context, one.row.key, one.row.item)
    if answer is None:
        raise NotFoundError("no such unidentified response")
    asked = answer.data.submission.model_dump(mode="json", exclude_none=True)
    data: dict[str, Any] = {"answer": {"source": answer.source, "id": answer.id}, "answered": asked, "by": by}
    if wanted is not None:
        chosen = next(
            (f for f in files_for(context, answer) if file_name(context, f.file.identity) == wanted.candidate), None
        )
        if chosen is None:
            raise NotFoundError("no such candidate for this response")
        if chosen.differs_in and DIFFERS not in wanted.confirm:
            sentence = f"Response and file differ in: {', '.join(chosen.differs_in).lower()}."
            raise ConfirmationNeededError(((DIFFERS, sentence),))
        data["submission"] = chosen.file.ref.model_dump(mode="json", exclude_none=True)
        data["evidence"] = [_evidence(reason) for reason in chosen.reasons]
        data |= {"confirmed": list(wanted.confirm)} if wanted.confirm else {}
    subject = verdict_key(answer.data.submission) or answer.id
    return Decision(type="submission.matched.v1", subject=subject, data=data, told={"kind": ResponseKind.FILE.value})


def undo(app: AppContext, context: ReadContext, event_id: str, by: str, why: str | None = None) -> dict[str, Any]:
    """Takes a decision back: what it joined is apart again. Raises NotFoundError, RefusedActionError."""
    with _one_at_a_time(app, context):
        with context.engine.connect() as connection:
            act = decided(connection, context.practice, event_id, SOURCE)
        if act is None:
            raise NotFoundError("no such decision about a response in this practice")
        if _is_undone(context, act):
            raise RefusedActionError((("undone_already", "This decision was already undone."),))
        data: dict[str, Any] = {"source": SOURCE, "id": event_id, "by": by}
        data |= {"why": why} if why else {}
        data |= {"claim_id": act.data.claim_id} if isinstance(act.data, ClaimMatched) else {}
        decision = Decision(type="event.withdrawn.v1", subject=act.subject, data=data, told={"undone": event_id})
        return _publish(app, context, decision, None)


def _is_undone(context: ReadContext, act: LoggedEvent) -> bool:
    return any(each["event_id"] == act.id and each["undone"] for each in decisions(context, None))


def _decide(app: AppContext, context: ReadContext, decision: Decision, event_id: str | None) -> dict[str, Any]:
    with _one_at_a_time(app, context):
        return _publish(app, context, decision, event_id)


def _publish(app: AppContext, context: ReadContext, decision: Decision, event_id: str | None) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": event_id or uuid4().hex,
        "source": SOURCE,
        "type": decision.type,
        "subject": decision.subject,
        "time": app.clock.now().isoformat(),
        "practice": context.practice,
        "data": decision.data,
    }
    published = app.publisher().publish([json.dumps(event).encode()])
    if not published.durable:
        wait_until_safe(app, published.last)
    projected = app.wait(published.last, WAIT)
    told = {"event": {"source": SOURCE, "id": event["id"]}, "event_id": event["id"]}
    return decision.told | told | {"result": "accepted", "projected": projected}


def _repeated(app: AppContext, context: ReadContext, event_id: str | None) -> dict[str, Any] | None:
    """What is answered to a request whose id was taken before."""
    if event_id is None:
        return None
    with app.engine.connect() as connection:
        place = IDENTITY.c.practice == context.practice, IDENTITY.c.source == SOURCE, IDENTITY.c.id == event_id
        if connection.execute(IDENTITY.select().where(*place)).first() is None:
            return None
        act = decided(connection, context.practice, event_id, SOURCE)
    if act is None:
        raise ConflictError("this id was already used for a different action")
    told = {"event": {"source": SOURCE, "id": event_id}, "event_id": event_id}
    return told | {"result": "duplicate", "projected": True}


@contextmanager
def _one_at_a_time(app: AppContext, context: ReadContext) -> Iterator[None]:
    """One decision at a time in a practice, until it shows: two people never join one response to two claims."""
    name = f"{app.settings.stream}:matching:{context.practice}"
    lock = app.client.lock(name, timeout=2 * WAIT, blocking_timeout=WAIT)
    with reaching():
        if not lock.acquire():
            raise ConflictError("someone else is matching responses right now; try again")
    try:
        yield
    finally:
        with suppress(ClaimclockError), reaching():  # it may have run out: then it is nobody's, or another's
            lock.release()
