"""What the payer did with each submission of a claim: what findings are held against, and what nobody foresaw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from events.adjustment import Adjustment
from events.claim import RejectionCode
from projections.claims.state import Account, Attempt, ClaimState, Entry, Rejection
from projections.deadlines.base import answers_to
from projections.deadlines.determinations import DeniedLine, determinations
from projections.history import EventId
from projections.rules.adjustment_codes import DenialTable
from projections.rules.claim_status_words import StatusTable
from projections.rules.policies import PayerTerms, Terms
from projections.tables.answered import Answered, AnswerTrouble
from projections.tables.vocabulary import Grade, TroubleKind
from projections.terms.terms_in_force import Reference
from projections.work.rejection import NOTHING_SAID

HIT, MISS = "hit", "miss"


def outcome(grade: str, predicts: Sequence[str], line: int | None, answered: Answered | None) -> str | None:
    """hit: what the finding predicted came. miss: the payer took the claim without it. None: open, or no prediction.

    A claim that was turned away for another reason says nothing about the finding.
    """
    if answered is None or not predicts:
        return None
    if any(trouble.is_foretold(predicts, line) for trouble in answered.troubles):
        return HIT
    return MISS if answered.decided or (answered.accepted and grade == Grade.REJECTED) else None


def claim_answers(state: ClaimState, reference: Reference) -> tuple[Answered, ...]:
    """The first payer's answer to each submission that it has said something about."""
    account = state.accounts[0] if state.accounts else None
    if account is None:
        return ()
    denied = _denied(account, reference.terms)
    found = [_answered(account, attempt, denied, reference) for attempt in account.attempts if attempt.bills]
    return tuple(one for one in found if one.accepted or one.decided or one.troubles)


def _denied(account: Account, terms: Terms) -> dict[EventId, tuple[DeniedLine, ...]]:
    """Denied lines by remittance entry, the undone ones included: what was denied once came true."""
    if not any(entry.refused for entry in account.entries):
        return {}
    return {d.entry.event: d.denied for d in determinations(account, terms) if d.denied}


def _answered(
    account: Account, attempt: Attempt, denied: Mapping[EventId, tuple[DeniedLine, ...]], reference: Reference
) -> Answered:
    entries = answers_to(account, attempt)
    troubles = [
        AnswerTrouble(TroubleKind.DENIED, line.number, line.judgment.category, line.judgment.family)
        for entry in entries
        for line in denied.get(entry.event, ())
    ]
    for rejection in attempt.rejections:
        troubles += _rejected(rejection, entries, account, reference)
    accepted = attempt.accepted is not None
    decided = any(entry.is_decision for entry in entries)
    return Answered(attempt=attempt.number, accepted=accepted, decided=decided, troubles=tuple(dict.fromkeys(troubles)))


def _rejected(
    rejection: Rejection, entries: Sequence[Entry], account: Account, reference: Reference
) -> list[AnswerTrouble]:
    """What a rejection is about: by the adjustments of the remittance it came in, else by its codes."""
    told = [e for e in entries if e.event == rejection.event]
    found = [trouble for entry in told for trouble in _unprocessable(entry, account, reference.terms)]
    if not found:
        day = rejection.received_at.astimezone(reference.zone).date()
        terms = reference.terms
        found = [_by_code(code, terms.claim_statuses(day), terms.denials(day)) for code in rejection.codes]
    return found or [AnswerTrouble(kind=TroubleKind.REJECTED, line=None, category=NOTHING_SAID, family=NOTHING_SAID)]


def _unprocessable(entry: Entry, account: Account, terms: Terms) -> list[AnswerTrouble]:
    """An entry of a remittance that decided nothing (RARC MA130, N704)."""
    table = terms.denials(entry.notice_date)
    program = terms.program(PayerTerms(account.payer_id, account.plan, account.program), entry.notice_date)
    told: list[tuple[int | None, tuple[Adjustment, ...], tuple[str, ...]]]
    told = [(None, entry.adjustments, entry.remark_codes)]
    told += [(line.line, line.adjustments, line.remark_codes + entry.remark_codes) for line in entry.lines]
    judged = [
        (number, table.judge(adjustment.group, adjustment.reason, remarks, program))
        for number, adjustments, remarks in told
        for adjustment in adjustments
    ]
    return [
        AnswerTrouble(kind=TroubleKind.REJECTED, line=number, category=j.category, family=j.family)
        for number, j in judged
        if j.is_denial
    ]


def _by_code(code: RejectionCode, statuses: StatusTable, table: DenialTable) -> AnswerTrouble:
    category = statuses.about(code) or NOTHING_SAID
    return AnswerTrouble(kind=TroubleKind.REJECTED, line=None, category=category, family=table.family(category))
