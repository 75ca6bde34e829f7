"""Submissions that an acknowledgment of a whole file could answer: by its numbers, and those sent around its date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from events.claim import ClaimSubmitted, SubmissionVerdict
from events.submission_key import verdict_key
from projections.claims.file_candidates import FileCandidate, SentFile, ranked_files
from projections.claims.settlement import CLOCK_SKEW, claims_named, said_at
from projections.history import LoggedEvent
from projections.keys import Key
from services.reads.match_candidates import reason_json
from services.reads.read_context import ReadContext
from services.store.log import histories
from services.store.submission_contents import contents_of
from services.store.submission_names import candidates, sent_around

MOST, BEST = 12, 5
AROUND = timedelta(days=14)  # before the response


def verdict_of(context: ReadContext, key: str, item: str) -> LoggedEvent | None:
    """The acknowledgment that an item of the list `unidentified` is about."""
    with context.context() as (fold_context, _):
        history = histories(fold_context.log, [key], fold_context.cut)[key]
    wanted = (event for event in history if isinstance(event.data, SubmissionVerdict))
    return next((event for event in wanted if f"{event.source} {event.id}" == item), None)


def files_for(context: ReadContext, answer: LoggedEvent) -> list[FileCandidate]:
    """The best BEST of them."""
    with context.context() as (fold_context, _):
        log, practice = fold_context.log, context.practice
        name = verdict_key(answer.data.submission)
        near = {one.identity for one in candidates(log, practice, [name], context.cut)[name]}
        when = said_at(answer) or answer.time
        between = when - AROUND, when + CLOCK_SKEW
        near |= {one.identity for one in sent_around(log, practice, between, MOST, context.cut)}
        contents = contents_of(log, practice, sorted(near), claims_named(answer.data), context.cut)
        files = [
            SentFile(ref=sent[0], sent_at=sent[0].sent_at or sent[1], content=contents[identity])
            for identity in sorted(near & contents.keys())
            if (sent := _first_of(context, log, identity)) is not None
        ]
    return ranked_files(answer, files)[:BEST]


def _first_of(context: ReadContext, log: Connection, identity: str) -> Any:
    """The reference of a submission as its claims state it, and the time of the first of them."""
    key = str(Key("submission", context.practice, identity))
    told = [e for e in histories(log, [key], context.cut)[key] if isinstance(e.data, ClaimSubmitted)]
    first = min(told, key=lambda event: (event.time, event.source, event.id), default=None)
    return None if first is None else (first.data.submission, first.time)


def file_name(context: ReadContext, identity: str) -> str:
    """The opaque name of a submission, for addresses."""
    return context.references.ref(context.practice, f"submission\0{identity}")


def file_json(context: ReadContext, found: FileCandidate) -> dict[str, Any]:
    ref, content = found.file.ref, found.file.content
    return {
        "ref": file_name(context, found.file.identity),
        "sent_at": found.file.sent_at.isoformat(),
        "receiver": ref.receiver,
        "group": ref.group,
        "set": ref.set,
        "reference": ref.reference,
        "claims": content.count(None),
        "total_charge": f"{content.total(None):.2f}",
        "score": found.score,
        "differs_in": list(found.differs_in),
        "reasons": [reason_json(reason) for reason in found.reasons],
    }
