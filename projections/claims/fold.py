"""One claim's history folded into its state. Pure: the same events in any order give the same state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from events.review import CreditReviewed, LetterSent
from events.values import ZERO
from projections.claims.attempts import OpenAccount, bind_answers, open_accounts
from projections.claims.entries import file_entries
from projections.claims.flags import claim_flags
from projections.claims.lines import line_states
from projections.claims.money import charge_of, owed, stated_charges, stated_totals
from projections.claims.next_payer import listed_payers, next_payer
from projections.claims.normalize import normalized, repeats_line_numbers
from projections.claims.recoupments import recouped, recoupments_of
from projections.claims.repeated_entries import sift
from projections.claims.replaced import replaced_by, without_rest
from projections.claims.returned_numbers import returned_numbers
from projections.claims.state import Account, ClaimState, NamedPatient, PersonAct
from projections.claims.status import claim_status, unanswered_line
from projections.claims.status_reports import status_reports
from projections.claims.typed_entries import typed_before
from projections.history import LoggedEvent, effective_events
from projections.rules.adjustment_codes import DenialTable
from projections.rules.programs import ORIGINAL_MEDICARE, program_of
from projections.terms.terms_in_force import MEDICARE, Reference

ACTS = (
    NoticeReceived,
    AppealFiled,
    AppealDecided,
    ClaimWrittenOff,
    PatientPaid,
    RefundSent,
    RecordsRequested,
    DisputeOpened,
    DisputeClosed,
    WorkFact,
    CreditReviewed,
    LetterSent,
)
LATEST = datetime.max.replace(tzinfo=UTC)


def fold_claim(
    practice: str, claim_id: str, logged_events: Iterable[LoggedEvent], reference: Reference
) -> ClaimState | None:
    """The claim's state, or None when no event in effect refers to it."""
    standing = effective_events(logged_events, reference.zone)
    state = _fold(practice, claim_id, standing, reference)
    others = [event for event in standing if not _speaks_of(event, claim_id)]
    successor = replaced_by(state, others, reference) if state and others else None
    return without_rest(state, successor) if state and successor else state


def _fold(practice: str, claim_id: str, standing: Iterable[LoggedEvent], reference: Reference) -> ClaimState | None:
    own = [event for event in standing if _speaks_of(event, claim_id)]
    history = [normalized(event, reference) for event in own]
    if not any(_of_claim(event) for event in history):
        return None
    sifted, returned_as = sift(history), returned_numbers(history)
    history, flags = sifted.history, _first_flags(own, sifted.flags)
    table = DenialTable.from_rulebook(reference.rules, _table_date(history, reference))
    opened = _opened(history, flags, reference, table)
    accounts = _closed(opened, reference, _table_date(history, reference))
    acts = _acts(history)
    charge = charge_of(accounts)
    recoupments = recoupments_of(history, claim_id, accounts)
    taken = recouped(recoupments, accounts)
    balance = owed(charge if _was_sent(accounts) else stated_charges(accounts), accounts, acts, table, taken=taken)
    lines = line_states(accounts, unanswered_line(accounts))
    flags |= ({"returned_number"} if returned_as else set()) | claim_flags(
        history, accounts, lines, balance, reference=reference, table=table
    )
    submitted = _last_submission(history)
    stated = stated_totals(accounts)
    turn = next_payer(accounts, listed_payers(history, accounts, reference), balance, acts)
    days = sorted({line.dos for line in lines if line.dos})
    return ClaimState(
        practice=practice,
        claim_id=claim_id,
        patient_id=_patient(history, reference),
        patient=_person(history),
        billing_npi=submitted.billing_npi if submitted else None,
        rendering_npi=submitted.rendering_npi if submitted else None,
        place_of_service=submitted.place_of_service if submitted else None,
        visit_ids=submitted.visit_ids if submitted else (),
        diagnoses=submitted.diagnoses if submitted else (),
        status=claim_status(accounts, lines, balance, acts, submitted=submitted is not None, turn=turn),
        flags=tuple(sorted(flags)),
        dos=days[0] if days else None,
        last_dos=days[-1] if days else None,
        charge=charge,
        allowed=stated.allowed,
        paid=stated.paid,
        patient_responsibility=stated.patient,
        unpaired=stated.unpaired,
        payer_balance=balance.payer + (turn.share if turn else ZERO),
        patient_balance=balance.patient - (turn.share if turn else ZERO),
        next_payer=turn,
        recoupments=recoupments,
        recouped=taken,
        written_off=balance.written_off,
        returned=balance.returned,
        accounts=accounts,
        lines=lines,
        acts=acts,
        part_a_stay=submitted.part_a_stay if submitted else None,
        copies=sifted.waiting,
        reissued=sifted.reissued,
        contradicted=sifted.contradicted,
        returned_as=returned_as,
        status_reports=status_reports(history),
        typed_before=typed_before(sifted.typed),
    )


def _acts(history: Sequence[LoggedEvent]) -> tuple[PersonAct, ...]:
    """What people did about the claim."""
    return tuple(
        PersonAct(type=h.type, time=h.time, data=h.data, event=h.name) for h in history if isinstance(h.data, ACTS)
    )


def _opened(
    history: Sequence[LoggedEvent], flags: set[str], reference: Reference, table: DenialTable
) -> list[OpenAccount]:
    """One account for each payer, with its attempts, acknowledgments and answers; adds to `flags`."""
    opened = open_accounts(history, reference)
    bind_answers(history, opened, flags, reference)
    file_entries(history, opened, reference, table)
    return opened


def _first_flags(own: Iterable[LoggedEvent], sifted: Mapping[str, bool]) -> set[str]:
    """What the events show before anything is made of them."""
    repeated = any(repeats_line_numbers(event.data) for event in own)
    return {name for name, holds in {**sifted, "line_number_repeated": repeated}.items() if holds}


def _was_sent(accounts: Sequence[Account]) -> bool:
    return any(attempt.lines or attempt.total_charge for account in accounts for attempt in account.attempts)


def _speaks_of(event: LoggedEvent, claim_id: str) -> bool:
    """A correction may name another claim than the event it corrects; it then only takes that event away from here."""
    return getattr(event.data, "claim_id", claim_id) == claim_id


def _of_claim(event: LoggedEvent) -> bool:
    return not event.type.startswith(("submission.", "event.", "identity.", "remittance."))


def _table_date(history: Sequence[LoggedEvent], reference: Reference) -> date:
    return history[-1].time.astimezone(reference.zone).date()


def _sequence(account: OpenAccount) -> tuple[int, datetime, str]:
    """First payer first; of two in one place, as when the wrong one was billed, the one billed first."""
    since = account.attempts[0].sent_at if account.attempts else LATEST
    return (payer_place(account.sequence), since, account.payer_id)


def _closed(opened: Iterable[OpenAccount], reference: Reference, on: date) -> tuple[Account, ...]:
    return tuple(_close(account, reference, on) for account in sorted(opened, key=_sequence))


def _close(account: OpenAccount, reference: Reference, on: date) -> Account:
    sent = account.submitted
    return Account(
        payer_id=account.payer_id,
        stated_payer_id=account.stated_payer_id,
        sequence=account.sequence,
        plan=account.plan,
        program=_program(account, reference, on),
        attempts=tuple(attempt.close() for attempt in account.attempts),
        entries=tuple(account.entries),
        indicator=account.indicator,
        state=sent.state if sent else None,
        line_of_business=sent.line_of_business if sent else None,
        discharged_on=sent.discharged_on if sent else None,
    )


def _program(account: OpenAccount, reference: Reference, on: date) -> str | None:
    """Original Medicare by its payer id alone; another program by the claim filing indicator, where it names one."""
    if account.payer_id == MEDICARE:
        return ORIGINAL_MEDICARE
    if account.indicator is None:
        return None
    key = ("program by indicator", account.indicator, on)
    told = reference.terms.remember(key, lambda: program_of(reference.rules, on, "", None, account.indicator))
    return None if told == ORIGINAL_MEDICARE else told


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


def _person(history: Iterable[LoggedEvent]) -> NamedPatient:
    """The newest submission that names the patient, else the newest answer that does."""
    sent = [h.data for h in history if isinstance(h.data, ClaimSubmitted) and h.data.patient_name]
    if sent:
        return NamedPatient(sent[-1].patient_name, sent[-1].patient_birth_date, sent[-1].member_id)
    named = [name for h in history if (name := getattr(h.data, "patient_name", None))]
    return NamedPatient(named[-1]) if named else NamedPatient()
