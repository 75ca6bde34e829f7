"""What the fold of a claim's day must know of its submissions in addition to the lines themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from events.claim import KX
from projections.claims.state import Account, Attempt, ClaimState, Line
from projections.tables.line_facts import EarlierLine, EarlierSubmission, LastSubmission


def claim_facts(state: ClaimState) -> dict[int, LastSubmission]:
    """By line number, for the first line of each day: whose visits the claim bills, and how it was sent.

    Empty for a claim that was never sent. `begins`: its first day, which carries what is said of the claim as a whole.
    """
    sent = _sent(state.accounts)
    if sent is None:
        return {}
    account, attempt = sent
    before = (a for a in account.attempts if a.bills and a.number < attempt.number)
    whole = LastSubmission(
        visit_ids=state.visit_ids,
        diagnoses=attempt.diagnoses,
        frequency=attempt.frequency,
        attempt=attempt.number,
        sent_at=attempt.sent_at,
        begins=False,
        earlier=tuple(_earlier(a) for a in before),
    )
    first: dict[date, int] = {}
    for line in state.lines:
        if line.dos is not None:
            first.setdefault(line.dos, line.number)
    return {number: replace(whole, begins=dos == min(first)) for dos, number in first.items()}


def _sent(accounts: Sequence[Account]) -> tuple[Account, Attempt] | None:
    """The submission whose lines the claim has: as `billed_lines` chooses."""
    return next(((a, billed) for a in accounts if (billed := a.billed) is not None and billed.seen), None)


def _earlier(attempt: Attempt) -> EarlierSubmission:
    return EarlierSubmission(
        attempt=attempt.number,
        sent_at=attempt.sent_at,
        frequency=attempt.frequency,
        diagnoses=attempt.diagnoses,
        lines=tuple(_line(line) for line in attempt.lines),
    )


def _line(line: Line) -> EarlierLine:
    return EarlierLine(line.number, line.procedure, " ".join(line.modifiers), line.units, line.charge, line.dos)


def sent_without_kx(state: ClaimState) -> Mapping[int, list[int]]:
    """By line number, the earlier submissions of a line that has KX now and had none then."""
    sent = _sent(state.accounts)
    if sent is None:
        return {}
    account, attempt = sent
    now = {line.number: line.procedure for line in attempt.lines if KX in line.modifiers}
    found: dict[int, list[int]] = {}
    for other in account.attempts if now else ():
        for line in other.lines if other.bills and other.number < attempt.number else ():
            if now.get(line.number) == line.procedure and KX not in line.modifiers:
                found.setdefault(line.number, []).append(other.number)
    return found
