"""The raw segments behind an event, those of one line marked."""

from __future__ import annotations

from typing import Any

from projections.claims.state import ClaimState
from projections.history import LoggedEvent
from projections.keys import Key
from services.core.errors import NotFoundError
from services.projector.claims import load_claims, view_claim
from services.reads.claim_history import event_ref
from services.reads.read_context import ReadContext
from services.store.raw_files import RawStore

SegmentJson = dict[str, Any]
LINE_STARTS = ("SVC", "LX")


def event_segments(
    context: ReadContext, store: RawStore, claim_id: str, ref: str, line: int | None = None
) -> list[SegmentJson]:
    """[{text, hit}] in the order of the file; `hit`: it refers to this line. Raises NotFoundError, RawStoreError."""
    key = str(Key("claim", context.practice, claim_id))
    with context.near(claim_id).context() as (fold_context, reference):
        history = load_claims(fold_context, [key], reference)[key]
        found = next((h for h in history if event_ref(context, h.name) == ref), None)
        if found is None:
            raise NotFoundError("this claim has no such event")
        state = view_claim(key, history, reference).state
    if found.rawref is None:
        raise NotFoundError("this event came without a file")
    return marked(store.segments(found.rawref), _place(state, found, line))


def marked(texts: list[str], place: int | None) -> list[SegmentJson]:
    """`place`: the line as the file counts them, from 1; its loop goes on to where the next line or the claim ends."""
    starts = 0
    told: list[SegmentJson] = []
    kind = next((name for name in LINE_STARTS for text in texts if text.lstrip().startswith(name)), None)
    for text in texts:
        if kind is not None and text.lstrip().startswith(kind):
            starts += 1
        told.append({"text": text.strip("\r\n"), "hit": place is not None and starts == place})
    return told


def _place(state: ClaimState | None, found: LoggedEvent, line: int | None) -> int | None:
    """Where in its file the event refers to a billed line."""
    if line is None:
        return None
    for account in state.accounts if state else ():
        for entry in account.entries:
            if entry.event == found.name:
                return next((place for place, each in enumerate(entry.lines, 1) if (each.line or place) == line), None)
    lines = getattr(found.data, "lines", ())
    return next((place for place, each in enumerate(lines, 1) if (each.number or place) == line), None)
