"""One claim's history folded into its state. Pure: the same events in any order give the same state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from events.claim import ClaimSubmitted, payer_place
from events.coverage import NoticeReceived
from events.followup import (
    AppealDecided,
    AppealFiled,
    ClaimWrittenOff,
    DisputeClosed,
    DisputeOpened,
    PatientPaid,
    RecordsRequested,
    RefundSent,
    WorkFact,
)
from events.review import CreditReviewed
from events.values import ZERO
from projections.claims.attempts import OpenAccount, bind_answers, open_accounts
from projections.claims.entries import file_entries
from projections.claims.flags import claim_flags
from projections.claims.lines import line_states
from projections.claims.money import Owed, charge_of, is_voided, owed, stated_charges, stated_totals
from projections.claims.normalize import normalized
from projections.claims.repeated_answers import denies_still
from projections.claims.repeated_entries import sift
from projections.claims.state import Account, ClaimState, LineState, PersonAct
from projections.history import LoggedEvent, effective_events
from projections.rules.adjustment_codes import DenialTable
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.terms.terms_in_force import MEDICARE, Reference

ACTS = (
    NoticeReceived,
    AppealFiled, AppealDecided, ClaimWrittenOff, PatientPaid, RefundSent, RecordsRequested, DisputeOpened,
    DisputeClosed, WorkFact, CreditReviewed,
)  # fmt: skip
LATEST = datetime.max.replace(tzinfo=UTC)


def fold_claim(
    practice: str, claim_id: str, logged_events: Iterable[LoggedEvent], reference: Reference
) -> ClaimState | None:
    """The claim's state, or None when no standing event speaks of it."""
    history = [
        normalized(h, reference) for h in effective_events(logged_events, reference.zone) if _speaks_of(h, claim_id)
    ]
    if not any(_of_claim(event) for event in history):
        return None
    sifted = sift(history)
    history, flags = sifted.history, {name for name, holds in sifted.flags.items() if holds}
    table = DenialTable.from_rulebook(reference.rules, _table_date(history, reference))
    opened = open_accounts(history, reference)
    bind_answers(history, opened, flags, reference)
    file_entries(history, opened, reference, table)
    accounts = tuple(_close(account) for account in sorted(opened, key=_sequence))
    acts = tuple(PersonAct(h.type, h.time, h.data, h.name) for h in history if isinstance(h.data, ACTS))
    charge = charge_of(accounts)
    balance = owed(charge if _was_sent(accounts) else stated_charges(accounts), accounts, acts, table)
    lines = line_states(accounts, _unanswered_line(accounts))
    flags |= claim_flags(history, accounts, lines, balance, reference=reference, table=table)
    submitted = _last_submission(history)
    stated = stated_totals(accounts)
    days = sorted({line.dos for line in lines if line.dos})
    return ClaimState(
        practice=practice,
        claim_id=claim_id,
        patient_id=_patient(history, reference),
        billing_npi=submitted.billing_npi if submitted else None,
        rendering_npi=submitted.rendering_npi if submitted else None,
        place_of_service=submitted.place_of_service if submitted else None,
        visit_ids=submitted.visit_ids if submitted else (),
        diagnoses=submitted.diagnoses if submitted else (),
        status=_status(accounts, lines, balance, acts, submitted=submitted is not None),
        flags=tuple(sorted(flags)),
        dos=days[0] if days else None,
        last_dos=days[-1] if days else None,
        charge=charge,
        allowed=stated.allowed,
        paid=stated.paid,
        patient_responsibility=stated.patient,
        unpaired=stated.unpaired,
        payer_balance=balance.payer,
        patient_balance=balance.patient,
        written_off=balance.written_off,
        returned=balance.returned,
        accounts=accounts,
        lines=lines,
        acts=acts,
        part_a_stay=submitted.part_a_stay if submitted else None,
        copies=sifted.waiting,
        reissued=sifted.reissued,
        contradicted=sifted.contradicted,
    )


def _was_sent(accounts: Sequence[Account]) -> bool:
    return any(attempt.lines or attempt.total_charge for account in accounts for attempt in account.attempts)


def _speaks_of(event: LoggedEvent, claim_id: str) -> bool:
    """A correction may name another claim than the event it corrects; it then only takes that event away from here."""
    return getattr(event.data, "claim_id", claim_id) == claim_id


def _of_claim(event: LoggedEvent) -> bool:
    return not event.type.startswith(("submission.", "event."))


def _table_date(history: Sequence[LoggedEvent], reference: Reference) -> date:
    return history[-1].time.astimezone(reference.zone).date()


def _sequence(account: OpenAccount) -> tuple[int, datetime, str]:
    """First payer first; of two in one place, as when the wrong one was billed, the one billed first."""
    since = account.attempts[0].sent_at if account.attempts else LATEST
    return (payer_place(account.sequence), since, account.payer_id)


def _close(account: OpenAccount) -> Account:
    program = ORIGINAL_MEDICARE if account.payer_id == MEDICARE else None
    return Account(
        account.payer_id, account.stated_payer_id, account.sequence, account.plan, program,
        tuple(attempt.close() for attempt in account.attempts), tuple(account.entries), account.indicator,
    )  # fmt: skip


def _last_submission(history: Iterable[LoggedEvent]) -> ClaimSubmitted | None:
    """The newest submission to the first payer in sequence: it says what the claim is."""
    sent = [event.data for event in history if isinstance(event.data, ClaimSubmitted)]
    primary = [data for data in sent if data.payer_sequence == "P"]
    told = primary or sent
    return told[-1] if told else None


def _patient(history: Iterable[LoggedEvent], reference: Reference) -> str | None:
    submitted = _last_submission(history)
    if submitted is not None:
        return reference.patient(submitted.patient_id)
    named = [getattr(h.data, "patient_id", None) for h in history]
    return next((reference.patient(patient_id) for patient_id in named if patient_id), None)


def _unanswered_line(accounts: Sequence[Account]) -> str:
    if is_voided(accounts):
        return "voided"
    return "rejected" if accounts and is_rejected(accounts[-1]) else "open"


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


def _status(
    accounts: Sequence[Account],
    lines: Sequence[LineState],
    balance: Owed,
    acts: Sequence[PersonAct],
    *,
    submitted: bool,
) -> str:
    if not submitted:
        return "unmatched"
    if is_voided(accounts):
        return "voided"
    if balance.written_off > ZERO and balance.payer + balance.patient <= ZERO:
        return "written_off"
    if _in_appeal(accounts, lines, acts):
        return "in_appeal"
    return _payers_status(accounts, lines, balance, acts)


def _payers_status(
    accounts: Sequence[Account], lines: Sequence[LineState], balance: Owed, acts: Sequence[PersonAct]
) -> str:
    current = next((a for a in reversed(accounts) if a.attempts or a.standing_entries), accounts[-1])
    if is_rejected(current):
        return "rejected"
    if not any(account.standing_entries for account in accounts):
        return _pending(current)
    return _answered_status(accounts, lines, balance, acts)


def _pending(account: Account) -> str:
    attempt = account.last_attempt
    return "accepted" if attempt and attempt.accepted else "in_flight"


def _answered_status(
    accounts: Sequence[Account], lines: Sequence[LineState], balance: Owed, acts: Sequence[PersonAct]
) -> str:
    people_paid = any(isinstance(act.data, PatientPaid | ClaimWrittenOff) for act in acts)
    if people_paid and balance.payer == balance.patient == ZERO:
        return "closed"
    denied = [line for line in lines if line.status == "denied"]
    entries = [entry for account in accounts for entry in account.standing_entries]
    charged = [line for line in lines if line.charge]
    if (charged and all(line.status == "denied" for line in charged)) or all(e.kind == "denial" for e in entries):
        return "denied"
    refused_in_part = balance.payer > ZERO and any(entry.refused for entry in entries)
    if denied or refused_in_part or denies_still(accounts[0]):
        return "partially_denied"
    return _settled_status(accounts, balance, people_paid=people_paid)


def _settled_status(accounts: Sequence[Account], balance: Owed, *, people_paid: bool) -> str:
    """Of a claim of which nothing is denied: who still owes something."""
    waiting = accounts[-1]
    if len(accounts) > 1 and waiting.attempts and not waiting.standing_entries:
        return _pending(waiting)
    if balance.payer > ZERO:  # taken back, or not answered in full: the payer still owes an answer
        return _pending(accounts[0])
    if balance.patient > ZERO:
        return "patient_due"
    nothing_paid = all(entry.paid == ZERO for account in accounts for entry in account.standing_entries)
    return "closed" if balance.payer + balance.patient == ZERO and (people_paid or nothing_paid) else "paid"


def _in_appeal(accounts: Sequence[Account], lines: Iterable[LineState], acts: Sequence[PersonAct]) -> bool:
    """An appeal is undecided, of something the payer decided; a notice that came after it may have settled it."""
    filed = [act.data for act in acts if isinstance(act.data, AppealFiled)]
    decided = {act.data.level for act in acts if isinstance(act.data, AppealDecided)}
    standing = [entry for account in accounts for entry in account.standing_entries]
    if not filed or not standing or max(appeal.level for appeal in filed) in decided:
        return False
    refused = any(line.status == "denied" for line in lines) or any(denies_still(account) for account in accounts)
    return refused or all(entry.notice_date <= max(appeal.filed_on for appeal in filed) for entry in standing)
