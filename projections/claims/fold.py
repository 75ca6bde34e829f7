"""One claim's history folded into its state. Pure: the same events in any order give the same state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
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
from projections.claims.carried_account import account_of, add_attempt, add_denial
from projections.claims.carried_money import ClaimAmounts, FileFigures, carried_amounts, carried_status, compared
from projections.claims.carried_statement import Carried, carried_statement, contained
from projections.claims.entries import file_entries
from projections.claims.flags import claim_flags
from projections.claims.lines import line_states
from projections.claims.money import charge_of, owed, stated_charges, stated_totals
from projections.claims.named_patient import NamedPatient
from projections.claims.next_payer import listed_payers, next_payer
from projections.claims.normalize import normalized, repeats_line_numbers
from projections.claims.recoupments import recouped, recoupments_of
from projections.claims.repeated_entries import sift
from projections.claims.replaced import replaced_by, without_rest
from projections.claims.returned_numbers import returned_numbers
from projections.claims.state import Account, ClaimState, PersonAct, Recoupment
from projections.claims.status import claim_status, unanswered_line
from projections.claims.status_reports import status_reports
from projections.claims.typed_entries import typed_before
from projections.history import LoggedEvent, OfKinds, effective_events, stated_day
from projections.rules.adjustment_codes import DenialTable
from projections.rules.programs import ORIGINAL_MEDICARE, program_of
from projections.terms.terms_in_force import MEDICARE, Reference

is_act = OfKinds(
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
    submitted = _last_submission(history)
    on = table_date(history, reference)
    table = DenialTable.from_rulebook(reference.rules, on)
    carried = _compared(carried_statement(history, reference), history, reference, table)
    accounts = _closed(_opened(history, flags, reference, table, carried), reference, on)
    acts, recoupments = acts_of(history), recoupments_of(history, claim_id, accounts)
    files, later = _money(accounts, acts, recoupments, table), _acts_after(carried, history, reference)
    charge, balance, stated, taken = carried_amounts(carried, accounts, later, recoupments, table, files=files)
    lines = line_states(accounts, unanswered_line(accounts))
    flags |= ({"returned_number"} if returned_as else set()) | claim_flags(
        history, accounts, lines, balance, reference=reference, table=table
    )
    word = carried_status(carried, accounts, balance, acts)
    turn = None if word else next_payer(accounts, listed_payers(history, accounts, reference), balance, acts)
    days = sorted({line.dos for line in lines if line.dos} or ({carried.dos} if carried else set()))
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
        status=word or claim_status(accounts, lines, balance, acts, submitted=bool(submitted or carried), turn=turn),
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
        carried=carried,
    )


def _opened(
    history: Sequence[LoggedEvent],
    flags: set[str],
    reference: Reference,
    table: DenialTable,
    carried: Carried | None = None,
) -> list[OpenAccount]:
    """One account for each payer, with its attempts, acknowledgments and answers; adds to `flags`."""
    opened = open_accounts(history, reference)
    mine = account_of(carried, opened) if carried else None
    if carried and mine:
        mine.carried = carried
        add_attempt(carried, mine, reference.zone)
    bind_answers(history, opened, flags, reference)
    file_entries(history, opened, reference, table)
    if carried and mine:
        add_denial(carried, mine, reference.zone)
    return opened


def _money(
    accounts: Sequence[Account], acts: Sequence[PersonAct], recoupments: Sequence[Recoupment], table: DenialTable
) -> ClaimAmounts:
    """What files and people make of a claim."""
    charge, taken = charge_of(accounts), recouped(recoupments, accounts)
    balance = owed(charge if _was_sent(accounts) else stated_charges(accounts), accounts, acts, table, taken=taken)
    return ClaimAmounts(charge, balance, stated_totals(accounts), taken)


def _compared(
    carried: Carried | None, history: Sequence[LoggedEvent], reference: Reference, table: DenialTable
) -> Carried | None:
    """The statement next to what the files up to its day make of the claim."""
    if carried is None:
        return None
    before = contained(history, carried.as_of, reference.zone)
    accounts = _closed(_opened(before, set(), reference, table), reference, carried.as_of)
    money = _money(accounts, acts_of(before), (), table)
    answered = any(entry.is_decision for account in accounts for entry in account.entries)
    files = FileFigures(
        charge=money.charge if accounts else None,
        paid=money.stated.paid - money.stated.unpaired,
        balance=money.balance.payer + money.balance.patient,
        answered=answered,
    )
    same, differences = compared(carried, files)
    return replace(carried, anchors=not same, differences=differences)


def _acts_after(carried: Carried | None, history: Iterable[LoggedEvent], reference: Reference) -> tuple[PersonAct, ...]:
    """What people did after the day of a statement; what they did before is contained in it."""
    if carried is None:
        return ()
    return acts_of(h for h in history if stated_day(h, reference.zone) > carried.as_of)


def acts_of(history: Iterable[LoggedEvent]) -> tuple[PersonAct, ...]:
    """What people did, in business order."""
    return tuple(PersonAct(type=h.type, time=h.time, data=h.data, event=h.name) for h in history if is_act(h.data))


def _first_flags(own: Iterable[LoggedEvent], sifted: Mapping[str, bool]) -> set[str]:
    """What the events show before anything is made of them."""
    repeated = any(repeats_line_numbers(event.data) for event in own)
    return {name for name, holds in {**sifted, "line_number_repeated": repeated}.items() if holds}


def _was_sent(accounts: Sequence[Account]) -> bool:
    return any(attempt.lines or attempt.total_charge for account in accounts for attempt in account.attempts)


def _speaks_of(event: LoggedEvent, claim_id: str) -> bool:
    """A correction may name another claim than the event it corrects; it then only takes that event away from here."""
    return bool(event.data.said("claim_id", claim_id) == claim_id)


def _of_claim(event: LoggedEvent) -> bool:
    return not event.type.startswith(("submission.", "event.", "identity.", "remittance."))


def table_date(history: Sequence[LoggedEvent], reference: Reference) -> date:
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
        carried=account.carried,
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
    named = [h.data.said("patient_id") for h in history]
    return next((reference.patient(patient_id) for patient_id in named if patient_id), None)


def _person(history: Iterable[LoggedEvent]) -> NamedPatient:
    """The newest submission that names the patient, else the newest answer that does."""
    sent = [h.data for h in history if isinstance(h.data, ClaimSubmitted) and h.data.patient_name]
    if sent:
        return NamedPatient(sent[-1].patient_name, sent[-1].patient_birth_date, sent[-1].member_id)
    named = [name for h in history if (name := h.data.said("patient_name"))]
    return NamedPatient(named[-1]) if named else NamedPatient()
