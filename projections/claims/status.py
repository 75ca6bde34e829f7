"""The one word that a claim's page shows first: what is in effect after all answers and acts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from events.followup import AppealDecided, AppealFiled, ClaimWrittenOff, PatientPaid
from events.values import ZERO
from projections.claims.money import Owed, is_voided
from projections.claims.repeated_answers import denies_still
from projections.claims.state import Account, LineState, NextPayer, PersonAct
from projections.tables.vocabulary import ClaimStatus, LineStatus


def unanswered_line(accounts: Sequence[Account]) -> LineStatus:
    """The status of a billed line that no payer answered."""
    if is_voided(accounts):
        return LineStatus.VOIDED
    return LineStatus.REJECTED if accounts and is_rejected(accounts[-1]) else LineStatus.OPEN


def is_rejected(account: Account) -> bool:
    """The newest attempt was rejected, and no adjudication came since."""
    attempt = account.last_attempt
    if attempt is None:
        return False
    if account.standing_entries:
        newest = max(entry.received_at for entry in account.standing_entries)
        return any(r.received_at > newest for r in attempt.rejections) and attempt.sent_at > newest
    last_rejection = max((r.received_at for r in attempt.rejections), default=None)
    return last_rejection is not None


def claim_status(
    accounts: Sequence[Account],
    lines: Sequence[LineState],
    balance: Owed,
    acts: Sequence[PersonAct],
    *,
    submitted: bool,
    turn: NextPayer | None,
) -> ClaimStatus:
    """One word for the whole claim. `turn`: the payer that decides next on what the patient is left with."""
    if not submitted:
        return ClaimStatus.UNMATCHED
    if is_voided(accounts):
        return ClaimStatus.VOIDED
    if balance.written_off > ZERO and balance.payer + balance.patient <= ZERO:
        return ClaimStatus.WRITTEN_OFF
    if _in_appeal(accounts, lines, acts):
        return ClaimStatus.IN_APPEAL
    return _payers_status(accounts, lines, balance, acts, turn)


def _payers_status(
    accounts: Sequence[Account],
    lines: Sequence[LineState],
    balance: Owed,
    acts: Sequence[PersonAct],
    turn: NextPayer | None,
) -> ClaimStatus:
    current = next((a for a in reversed(accounts) if a.attempts or a.standing_entries), accounts[-1])
    if is_rejected(current):
        return ClaimStatus.REJECTED
    if not any(account.standing_entries for account in accounts):
        return _pending(current)
    return _answered_status(accounts, lines, balance, acts, turn)


def _pending(account: Account) -> ClaimStatus:
    attempt = account.last_attempt
    return ClaimStatus.ACCEPTED if attempt and attempt.accepted else ClaimStatus.IN_FLIGHT


def _answered_status(
    accounts: Sequence[Account],
    lines: Sequence[LineState],
    balance: Owed,
    acts: Sequence[PersonAct],
    turn: NextPayer | None,
) -> ClaimStatus:
    people_paid = any(isinstance(act.data, PatientPaid | ClaimWrittenOff) for act in acts)
    if people_paid and balance.payer == balance.patient == ZERO:
        return ClaimStatus.CLOSED
    denied = [line for line in lines if line.status == LineStatus.DENIED]
    entries = [entry for account in accounts for entry in account.standing_entries]
    charged = [line for line in lines if line.charge]
    if (charged and all(line.status == LineStatus.DENIED for line in charged)) or all(e.is_denial for e in entries):
        return ClaimStatus.DENIED
    refused_in_part = balance.payer > ZERO and any(entry.refused for entry in entries)
    if denied or refused_in_part or denies_still(accounts[0]):
        return ClaimStatus.PARTIALLY_DENIED
    return _settled_status(accounts, balance, turn, people_paid=people_paid)


def _settled_status(
    accounts: Sequence[Account], balance: Owed, turn: NextPayer | None, *, people_paid: bool
) -> ClaimStatus:
    """Of a claim of which nothing is denied: who still owes something."""
    waiting = accounts[-1]
    if len(accounts) > 1 and waiting.attempts and not waiting.standing_entries:
        return _pending(waiting)
    if turn is not None:
        return _pending(accounts[0])
    if balance.payer > ZERO:  # taken back, or not answered in full: the payer still owes an answer
        return _pending(accounts[0])
    if balance.patient > ZERO:
        return ClaimStatus.PATIENT_DUE
    nothing_paid = all(entry.paid == ZERO for account in accounts for entry in account.standing_entries)
    return (
        ClaimStatus.CLOSED
        if balance.payer + balance.patient == ZERO and (people_paid or nothing_paid)
        else ClaimStatus.PAID
    )


def _in_appeal(accounts: Sequence[Account], lines: Iterable[LineState], acts: Sequence[PersonAct]) -> bool:
    """An appeal is undecided, of something the payer decided; a notice that came after it may have settled it."""
    filed = [act.data for act in acts if isinstance(act.data, AppealFiled)]
    decided = {act.data.level for act in acts if isinstance(act.data, AppealDecided)}
    standing = [entry for account in accounts for entry in account.standing_entries]
    if not filed or not standing or max(appeal.level for appeal in filed) in decided:
        return False
    refused = any(line.status == LineStatus.DENIED for line in lines) or any(
        denies_still(account) for account in accounts
    )
    return refused or all(entry.notice_date <= max(appeal.filed_on for appeal in filed) for entry in standing)
