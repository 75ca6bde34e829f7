"""What a claim's own page shows besides its state: what each event changed, each line's answers, what codes mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from projections.claims.state import Account, ClaimState, Entry, EntryLine
from projections.deadlines import Deadline
from projections.deadlines.kinds import VOID
from projections.history import EventId, LoggedEvent, business_order
from projections.keys import Key
from projections.rules.adjustment_codes import DenialTable
from projections.terms.terms_in_force import Reference
from services.presentation.event_summaries import Wording, summary
from services.projector.claims import ClaimView, load_claims, view_claim
from services.projector.folds import FoldContext
from services.reads.claims import timeline
from services.reads.read_context import ReadContext

MOST_FOLDS = 80  # beyond this many events, those before show no changes
MONEY = ("charge", "allowed", "paid", "patient_responsibility", "payer_balance", "patient_balance", "written_off")


@dataclass(frozen=True, kw_only=True)
class Story:
    """`steps`: the timeline in the order things became true, each with its `changes` and its opaque `ref`.

    `answers`: by line number, what each remittance said. `meanings`: (group, code) in our words. `instants`: every
    moment at which something became true, whatever the read's cut.
    """

    steps: list[dict[str, Any]]
    answers: Mapping[int, list[dict[str, Any]]]
    meanings: Mapping[tuple[str, str], str]
    instants: list[tuple[datetime, str]]


def claim_story(context: ReadContext, claim_id: str) -> Story:
    key = str(Key("claim", context.practice, claim_id))
    with context.near(claim_id).context() as (fold_context, reference):
        history = in_time(load_claims(fold_context, [key], reference)[key], reference)
        whole = history if fold_context.log is fold_context.rows else _whole(context, key, reference)
    views = _views(key, history, reference)
    state = views[-1].state if views else None
    wording = Wording(reference.zone, reference.terms.claim_statuses(context.today))
    return Story(
        steps=_steps(context, history, views, reference),
        answers=_answers(context, state) if state else {},
        meanings=_meanings(state, reference, context.today) if state else {},
        instants=[(logged.time, summary(logged.data, wording)) for logged in whole],
    )


def in_time(history: Iterable[LoggedEvent], reference: Reference) -> list[LoggedEvent]:
    """As things became true; what did at one instant is in business order."""
    return sorted(history, key=lambda logged: (logged.time, business_order(logged, reference.zone)))


def event_ref(context: ReadContext, name: EventId) -> str:
    """The opaque name of an event, for addresses."""
    return context.references.ref(context.practice, f"event\0{name[0]}\0{name[1]}")


def _whole(context: ReadContext, key: str, reference: Reference) -> list[LoggedEvent]:
    with context.engine.connect() as connection:
        return in_time(load_claims(FoldContext(connection, connection), [key], reference)[key], reference)


def _views(key: str, history: Sequence[LoggedEvent], reference: Reference) -> list[ClaimView]:
    """The claim after each of its events."""
    start = max(0, len(history) - MOST_FOLDS)
    return [view_claim(key, history[: count + 1], reference) for count in range(start, len(history))]


def _steps(
    context: ReadContext, history: Sequence[LoggedEvent], views: Sequence[ClaimView], reference: Reference
) -> list[dict[str, Any]]:
    told = []
    unfolded = len(history) - len(views)
    before: ClaimView | None = None
    for index, logged in enumerate(history):
        after = views[index - unfolded] if index >= unfolded else None
        (row,) = timeline([logged], reference)
        changes = _changes(before, after) if after is not None and (before is not None or index == 0) else []
        told.append(row | {"ref": event_ref(context, logged.name), "changes": changes})
        before = after
    return told


def _changes(before: ClaimView | None, after: ClaimView) -> list[dict[str, Any]]:
    """What became different: `what` a field or clock, from one value to another."""
    old, new = before.state if before else None, after.state
    if new is None:
        return []
    found: list[dict[str, Any]] = []
    if old is None or old.status != new.status:
        found.append({"what": "status", "from": old.status if old else None, "to": new.status})
    for name in MONEY:
        was, now = (getattr(old, name) if old else Decimal(0)), getattr(new, name)
        if was != now:
            found.append({"what": name, "from": f"{was:.2f}", "to": f"{now:.2f}"})
    return found + _clock_changes(before.deadlines if before else (), after.deadlines)


def _clock_changes(old: Iterable[Deadline], new: Iterable[Deadline]) -> list[dict[str, Any]]:
    before = {(d.kind, d.payer_id, d.attempt): d for d in old}
    found = []
    for deadline in new:
        was = before.get((deadline.kind, deadline.payer_id, deadline.attempt))
        if deadline.state == VOID and (was is None or was.state == VOID):
            continue
        if was is None or (was.state, was.due) != (deadline.state, deadline.due):
            found.append(
                {
                    "what": "clock",
                    "clock": deadline.kind,
                    "from": was.state if was else None,
                    "to": deadline.state,
                    "due": deadline.due.isoformat() if deadline.due else None,
                }
            )
    return found


def _answers(context: ReadContext, state: ClaimState) -> dict[int, list[dict[str, Any]]]:
    """In business order, by the billed line they were matched to."""
    found: dict[int, list[dict[str, Any]]] = {}
    for account in state.accounts:
        for entry in account.entries:
            for place, line in enumerate(entry.lines, 1):
                found.setdefault(line.line or place, []).append(_answer(context, account, entry, line))
    return found


def _answer(context: ReadContext, account: Account, entry: Entry, line: Any) -> dict[str, Any]:
    return {
        "event": event_ref(context, entry.event),
        "payer_id": account.payer_id,
        "kind": entry.kind,
        "undone": entry.undone,
        "trace_number": entry.trace_number,
        "notice_date": entry.notice_date.isoformat(),
        "procedure": line.procedure,
        "submitted_procedure": line.submitted_procedure,
        "units": None if line.units is None else f"{line.units.normalize():f}",
        "charge": f"{line.charge:.2f}",
        "allowed": f"{line.allowed:.2f}",
        "paid": f"{line.paid:.2f}",
        "adjustments": [{"group": a.group, "reason": a.reason, "amount": f"{a.amount:.2f}"} for a in line.adjustments],
        "remark_codes": list(line.remark_codes),
    }


def _meanings(state: ClaimState, reference: Reference, on: date) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for account in state.accounts:
        for entry in account.entries:
            table = DenialTable.from_rulebook(reference.rules, entry.notice_date or on)
            parts: tuple[Entry | EntryLine, ...] = (entry, *entry.lines)
            for told in parts:
                for a in told.adjustments:
                    judgment = table.judge(a.group, a.reason, told.remark_codes, account.program)
                    found[a.group, a.reason] = judgment.meaning
    return found
