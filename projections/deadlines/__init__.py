"""Every clock of a claim, from its events and the terms of its payers, each with its reasons."""

from __future__ import annotations

from collections.abc import Sequence

from projections.calendar import overdue_at
from projections.claims.state import Account, ClaimState, Entry
from projections.deadlines.acknowledgments import acknowledgment_deadlines
from projections.deadlines.appeals import appeal_deadlines
from projections.deadlines.base import Case, Deadline, close_out, is_overdue, state_at
from projections.deadlines.carried_over import carried_deadlines
from projections.deadlines.correction import corrected_deadline, reopening_deadline
from projections.deadlines.determinations import (
    Determination,
    determinations,
    latest_notice,
    undetermined,
    without_kx,
)
from projections.deadlines.filing import filing_deadline
from projections.deadlines.letters import letter_deadlines, peer_to_peer_deadline
from projections.deadlines.next_payer import next_payer_deadlines
from projections.deadlines.records import records_deadlines
from projections.deadlines.refunds import refund_deadlines
from projections.deadlines.rejections import rejection_deadlines
from projections.deadlines.sent_letters import sent_letter_deadlines
from projections.deadlines.submission import submission_deadlines
from projections.terms.terms_in_force import Reference

__all__ = ["Case", "Deadline", "deadlines", "is_overdue", "overdue_at", "state_at", "submission_deadlines"]


def deadlines(state: ClaimState, reference: Reference) -> tuple[Deadline, ...]:
    """All clocks of one claim, ended ones included, account by account. An un-ended clock has state open."""
    case = Case(state, reference)
    found: list[Deadline] = []
    decided = []
    for account in state.accounts:
        found += acknowledgment_deadlines(case, account)
        found += rejection_deadlines(case, account)
        found += carried_deadlines(case, account)
        filing = filing_deadline(case, account)
        if filing is not None:
            found.append(filing)
        notices = determinations(account, reference.terms)
        decided.append((account, notices))
        newest = latest_notice(notices)
        if newest is not None:
            found += _after_notice(case, account, notices, newest)
    found += appeal_deadlines(case, decided)
    found += letter_deadlines(case)
    found += sent_letter_deadlines(case)
    found += records_deadlines(case)
    found += refund_deadlines(case)
    found += next_payer_deadlines(case)
    return close_out(case, found)


def _after_notice(case: Case, account: Account, notices: Sequence[Determination], newest: Entry) -> list[Deadline]:
    """What the newest notice in effect lets us do besides an appeal."""
    found: list[Deadline | None] = [corrected_deadline(case, account, newest)]
    if not undetermined(notices, newest):
        clerical = without_kx(account, notices)
        found.append(reopening_deadline(case, account, newest, clerical=clerical))
    if any(notice.standing for notice in notices):
        found.append(peer_to_peer_deadline(case, account, newest))
    return [deadline for deadline in found if deadline is not None]
