"""A claim's state as rows of the read tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any, cast

from events.values import to_cents
from projections.calendar import overdue_at, start_of_day
from projections.claims.lines import billed_lines
from projections.claims.money import is_voided
from projections.claims.state import Account, ClaimState, Entry, EntryLine, LineState
from projections.claims.submissions import claim_facts, sent_without_kx
from projections.claims.supported_amounts import supported
from projections.deadlines import Deadline
from projections.deadlines.credit_reviews import credit_words
from projections.keys import NOBODY, Key, coverage_key, day_key, payer_key
from projections.rows.claim_answers import claim_answers
from projections.rows.membership import belongs_to
from projections.rows.payer_facts import payer_facts
from projections.tables.claims import ClaimLineRow, ClaimRow, DeadlineRow, MembershipRow
from projections.tables.columns import NEVER
from projections.tables.line_facts import ClaimAnswer, DisputeAct, LineAnswer, LineFacts
from projections.tables.vocabulary import LineStatus
from projections.tables.work import WorkItemRow
from projections.tables.work_acts import WorkDone
from projections.terms.terms_in_force import Reference
from projections.work.item import WorkItem, explained
from projections.work.kinds import FILLED_ELSEWHERE
from projections.work.people import done


def claim_key(state: ClaimState) -> str:
    return str(Key("claim", state.practice, state.claim_id))


def claim_rows(state: ClaimState, reference: Reference) -> list[ClaimRow]:
    sent = [attempt.sent_at for account in state.accounts for attempt in account.attempts]
    current = state.accounts[0] if state.accounts else None
    return [
        {
            "key": claim_key(state),
            "practice": state.practice,
            "claim_id": state.claim_id,
            "ref": reference.ref(state.practice, state.claim_id),
            "patient_id": state.patient_id,
            "patient_name": state.patient.name,
            "member_id": state.patient.member_id,
            "payer_number": payer_number(state),
            "payer_id": owing_payer(state) or (current.payer_id if current else ""),
            "status": state.status,
            "flags": " ".join(state.flags),
            "dos": state.dos,
            "charge": to_cents(state.charge),
            "allowed": to_cents(state.allowed),
            "paid": to_cents(state.paid),
            "patient_responsibility": to_cents(state.patient_responsibility),
            "payer_balance": to_cents(state.payer_balance),
            "patient_balance": to_cents(state.patient_balance),
            "written_off": to_cents(state.written_off),
            "sent_on": min(sent).astimezone(reference.zone).date() if sent else None,
            "patient_since": patient_since(state),
            "answers": [answered.to_json() for answered in claim_answers(state, reference)] or None,
        }
    ]


def payer_number(state: ClaimState) -> str | None:
    """The newest number that a payer gave the claim."""
    known = [(entry.received_at, entry.payer_claim_number) for a in state.accounts for entry in a.entries]
    known += [(ack.received_at, ack.payer_claim_number) for a in state.accounts for t in a.attempts for ack in t.acks]
    given = [(at, number) for at, number in known if number]
    return max(given)[1] if given else None


def owing_payer(state: ClaimState) -> str | None:
    """The payer whose turn it is: the first that was billed and has not answered, then the next, else the first."""
    if state.next_payer and state.next_payer.account.payer_id:
        return state.next_payer.account.payer_id
    waiting = [a.payer_id for a in state.accounts if a.attempts and not a.standing_entries and not a.sent_on]
    if waiting:
        return waiting[0]
    return state.accounts[0].payer_id if state.accounts else None


def patient_since(state: ClaimState) -> date | None:
    """When the responsibility moved to the patient: the newest notice that left a patient share."""
    notices = [
        entry.notice_date
        for account in state.accounts
        for entry in account.standing_entries
        if entry.patient_responsibility > 0
    ]
    return max(notices, default=None)


def line_rows(state: ClaimState, reference: Reference) -> list[ClaimLineRow]:
    """Every line with the facts that pricing and thresholds of its day need."""
    voided = is_voided(state.accounts)
    account = state.accounts[0] if state.accounts else None
    ref = reference.ref(state.practice, state.claim_id)
    facts = _facts(state)
    key, patient_id = claim_key(state), patient_of(state)
    return [
        {
            "key": key,
            "number": line.number,
            "practice": state.practice,
            "claim_id": state.claim_id,
            "ref": ref,
            "patient_id": patient_id,
            "payer_id": account.payer_id if account else "",
            "dos": line.dos,
            "procedure": line.procedure,
            "modifiers": " ".join(line.modifiers),
            "units": f"{line.units.normalize():f}",
            "charge": to_cents(line.charge),
            "allowed": to_cents(line.allowed),
            "paid": to_cents(line.paid),
            "status": LineStatus.VOIDED if voided else line.status,
            "billing_npi": state.billing_npi,
            "facts": facts[line.number].to_json(),
        }
        for line in state.lines
    ]


def _facts(state: ClaimState) -> dict[int, LineFacts]:
    """By line number."""
    account = state.accounts[0] if state.accounts else None
    sent = [attempt.sent_at for account in state.accounts[:1] for attempt in account.attempts if attempt.lines]
    about, bare, reviewed, answers = claim_facts(state), sent_without_kx(state), credit_words(state), _answers(state)
    of_claim = LineFacts(
        plan=account.plan if account else None,
        payers=payer_facts(state.accounts),
        place_of_service=state.place_of_service,
        rendering_npi=state.rendering_npi,
        sent_at=max(sent, default=None),
        claim_status=state.status.value,
        flags=state.flags,
        disputes=(),
        work=_work(state),
        credit_reviews=tuple(reviewed.reviews),
        returned=tuple(reviewed.returned) if reviewed.reviews else (),
        claim_answer=_claim_answer(account),
        answers=(),
        part_a=state.part_a_stay,
    )
    return {
        line.number: replace(
            of_claim,
            disputes=_disputes(state, line),
            answers=tuple(answers.get(line.number, ())),
            claim=about.get(line.number),
            sent_without_kx=tuple(bare.get(line.number, ())),
        )
        for line in state.lines
    }


def patient_of(state: ClaimState) -> str:
    """The patient; a claim that names none is alone with itself."""
    return state.patient_id or f"{NOBODY}{state.claim_id}"


def _work(state: ClaimState) -> tuple[WorkDone, ...]:
    """What people did on the lists that other keys' folds fill."""
    return tuple(act for act in done(state.acts) if act.data.worklist in FILLED_ELSEWHERE)


def _claim_answer(account: Account | None) -> ClaimAnswer | None:
    """What a payer said of the claim as a whole, where it said nothing of its lines."""
    bare = [entry for entry in account.standing_entries if not entry.lines] if account else []
    if not bare:
        return None
    entry = bare[-1]
    return ClaimAnswer(
        charge=entry.charge,
        paid=entry.paid,
        denied=entry.is_denial,
        adjustments=entry.adjustments,
        remark_codes=entry.remark_codes,
        notice_date=entry.notice_date,
        received_at=entry.received_at,
        allowed=entry.allowed,
        allowed_stated=entry.allowed_stated,
    )


def _disputes(state: ClaimState, line: LineState) -> tuple[DisputeAct, ...]:
    """Dispute acts that name this line (or no line, which means all)."""
    if not state.acts:
        return ()
    return tuple(
        DisputeAct(act.type, act.time, act.data.said("outcome"))
        for act in state.acts
        if act.type.startswith("dispute.") and line.number in (act.data.said("lines") or (line.number,))
    )


def _answers(state: ClaimState) -> dict[int, list[LineAnswer]]:
    """What each payer said of each line, in business order."""
    found: dict[int, list[LineAnswer]] = {}
    sent = bool(billed_lines(state.accounts))
    for account in state.accounts:
        for entry in account.entries:
            if entry.is_decision or (entry.is_reversal and (entry.undone or entry.applied)):
                for position, line in enumerate(entry.lines, 1):
                    number = line.line or (sent and _unbilled(state, line)) or position
                    found.setdefault(number, []).append(_answer(account, entry, line))
    return found


def _unbilled(state: ClaimState, line: EntryLine) -> int | None:
    """The line that represents an answer which fits none that was billed."""
    service = (line.procedure, line.dos, abs(line.charge))
    numbers = (own.number for own in state.lines if (own.procedure, own.dos, own.charge) == service)
    return max(numbers, default=None)


def _answer(account: Account, entry: Entry, line: EntryLine) -> LineAnswer:
    return LineAnswer(
        payer_id=account.payer_id,
        sequence=account.sequence,
        kind=entry.kind,
        undone=entry.undone,
        remit=entry.trace_number,
        notice_date=entry.notice_date,
        received_at=entry.received_at,
        ordinal=entry.ordinal,
        procedure=line.procedure,
        submitted_procedure=line.submitted_procedure,
        modifiers=line.modifiers,
        units=line.units,
        charge=line.charge,
        paid=line.paid,
        allowed=line.allowed,
        allowed_stated=line.allowed_stated,
        adjustments=line.adjustments,
        remark_codes=line.remark_codes,
        denied=line.denied,
        supported=supported(entry, line),
        allocated=line.laid if line.net is not None else (),
        net=line.net,
    )


def membership_rows(state: ClaimState) -> list[MembershipRow]:
    key = claim_key(state)
    derived = {payer_key(state.practice, account.payer_id) for account in state.accounts}
    if state.patient_id:
        derived.add(str(Key("patient_claims", state.practice, state.patient_id)))
        derived.add(coverage_key(state.practice, state.patient_id))
    derived |= {day_key(state.practice, patient_of(state), line.dos) for line in state.lines if line.dos}
    return belongs_to(key, derived)


def deadline_rows(state: ClaimState, deadlines: Iterable[Deadline], reference: Reference) -> list[DeadlineRow]:
    """Only clocks that run: what ended is shown on the claim's own page."""
    key, ref = claim_key(state), reference.ref(state.practice, state.claim_id)
    running = [(d, d.due) for d in deadlines if d.runs and d.due is not None]
    return [
        {
            "key": key,
            "seq": seq,
            "practice": state.practice,
            "claim_id": state.claim_id,
            "ref": ref,
            "payer_id": d.payer_id or "",
            "kind": d.kind,
            "due": due.isoformat(),
            "overdue_at": overdue_at(due, reference.zone),
            "attempt": d.attempt,
            "rule": d.rule or "",
            "started_by": " ".join(d.started_by or ()),
            "started_at": _instant(d.started_at, reference),
        }
        for seq, (d, due) in enumerate(running, 1)
    ]


def _instant(at: date | datetime | None, reference: Reference) -> datetime | None:
    return at if at is None or isinstance(at, datetime) else start_of_day(at, reference.zone)


SHARED = tuple(field.name for field in fields(WorkItem) if field.name in WorkItemRow.__annotations__)
_SHARED = attrgetter(*SHARED)


def item_rows(key: str, practice: str, items: Iterable[WorkItem], reference: Reference) -> list[WorkItemRow]:
    """Each field of an item goes to the column of its name; here are the columns that hold it in another form."""
    return [cast("WorkItemRow", _item_row(key, practice, item, reference)) for item in items]


def _item_row(key: str, practice: str, item: WorkItem, reference: Reference) -> dict[str, Any]:
    return {
        **dict(zip(SHARED, _SHARED(item), strict=True)),
        "key": key,
        "practice": practice,
        "ref": reference.ref(practice, item.claim_id) if item.claim_id else "",
        "due": item.due.isoformat() if item.due else None,
        "overdue_at": overdue_at(item.due, reference.zone) if item.due else None,
        "lost_on": item.lost_on or NEVER,
        "amount_at_risk": to_cents(item.amount_at_risk),
        "amount_order": -to_cents(item.amount_at_risk),
        "amount_unknown": item.amount_unknown or None,
        "clocks": " ".join(item.clocks),
        "explanation": list(explained(item)),
        "done": item.done.to_json() if item.done else None,
    }
