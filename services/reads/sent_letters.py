"""Letters that were sent about a claim, and their files."""

from __future__ import annotations

from typing import Any

from events.review import LetterSent
from projections.history import LoggedEvent, effective_events
from projections.keys import Key
from services.core.errors import NotFoundError
from services.projector.claims import load_claims
from services.reads.claim_history import event_ref
from services.reads.read_context import ReadContext
from services.store.raw_files import RawStore


def sent_letters(context: ReadContext, store: RawStore, claim_id: str) -> list[dict[str, Any]]:
    """The newest first; `event` is the opaque name its file is asked for by, `kept` whether the file is here."""
    return [
        {
            "event": event_ref(context, logged.name),
            "kind": data.kind,
            "recipient": data.recipient,
            "method": data.method,
            "by": data.by,
            "sent_at": logged.time.isoformat(),
            "answer_due": data.answer_due.isoformat() if data.answer_due else None,
            "sha256": data.sha256,
            "claims": len(data.claim_ids),
            "kept": store.has(data.sha256),
        }
        for logged, data in reversed(_sent(context, claim_id))
    ]


def letter_file(context: ReadContext, store: RawStore, claim_id: str, event: str) -> tuple[str, bytes]:
    """Kind and content of a letter as it was sent. Raises NotFoundError where it is not kept here."""
    for logged, data in _sent(context, claim_id):
        if event_ref(context, logged.name) == event:
            with store.open(data.sha256) as stream:
                return data.kind, stream.read()
    raise NotFoundError("no such letter about this claim")


def _sent(context: ReadContext, claim_id: str) -> list[tuple[LoggedEvent, LetterSent]]:
    key = str(Key("claim", context.practice, claim_id))
    with context.near(claim_id).context() as (fold_context, reference):
        history = effective_events(load_claims(fold_context, [key], reference)[key], reference.zone)
    found = [(logged, logged.data) for logged in history if isinstance(logged.data, LetterSent)]
    return sorted(found, key=lambda each: (each[0].time, each[0].name))
