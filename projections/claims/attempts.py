"""Binds submissions, acknowledgments and rejections of a claim into attempts, payer by payer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from events.claim import (
    ClaimAcknowledged,
    ClaimSubmitted,
    RejectionCode,
    SubmissionAcknowledged,
    SubmissionRejected,
    SubmissionVerdict,
)
from events.normal_forms import number_form
from events.remittance import ClaimRejected
from events.submission_key import SubmissionRef, submission_identity, submission_keys, verdict_key
from events.values import ZERO
from projections.claims.carried_statement import Carried
from projections.claims.settlement import Candidate, said_at, settle
from projections.claims.state import Ack, Attempt, Line, Rejection
from projections.history import LoggedEvent, sent_at
from projections.terms.terms_in_force import Reference


@dataclass(kw_only=True)
class OpenAttempt:
    """An attempt while its answers are still being bound to it."""

    number: int
    sent_at: datetime
    submitted: ClaimSubmitted | None
    event: tuple[str, str]
    keys: frozenset[str]
    stated: ClaimRejected | None = None  # what an 835 says of one that was not seen
    acks: list[Ack] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def submission(self) -> SubmissionRef | None:
        return self.submitted.submission if self.submitted else None

    def close(self) -> Attempt:
        data = self.submitted
        return Attempt(
            number=self.number,
            sent_at=self.sent_at,
            frequency=data.frequency if data else "1",
            original_reference=data.original_reference if data else None,
            total_charge=data.total_charge if data else _stated_charge(self.stated),
            lines=lines_of(data) if data else _stated_lines(self.stated),
            submission=data.submission if data else None,
            acks=tuple(self.acks),
            rejections=tuple(self.rejections),
            event=self.event,
            diagnoses=data.diagnoses if data else (),
            seen=data is not None,
        )


@dataclass(kw_only=True)
class OpenAccount:
    """A claim with one payer while the fold runs."""

    payer_id: str
    stated_payer_id: str
    sequence: str
    plan: str | None
    indicator: str | None
    submitted: ClaimSubmitted | None = None  # the newest submission
    attempts: list[OpenAttempt] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    carried: Carried | None = None


def lines_of(data: ClaimSubmitted) -> tuple[Line, ...]:
    return tuple(
        Line(
            number=line.number,
            procedure=line.procedure,
            modifiers=line.modifiers,
            units=line.units,
            charge=line.charge,
            dos=line.dos,
        )
        for line in data.lines
    )


def _stated_charge(stated: ClaimRejected | None) -> Decimal:
    return abs(stated.charge) if stated is not None and stated.charge is not None else ZERO


def _stated_lines(stated: ClaimRejected | None) -> tuple[Line, ...]:
    """The lines of a claim that came back unprocessable and whose 837 is not here, as the 835 repeats them."""
    if stated is None:
        return ()
    dated = [(line, line.dos or stated.service_from) for line in stated.lines]
    return tuple(
        Line(
            number=line.number or place,
            procedure=line.submitted_procedure or line.procedure,
            modifiers=line.submitted_modifiers or line.modifiers,
            units=next((told for told in (line.submitted_units, line.units) if told is not None), Decimal(1)),
            charge=line.charge,
            dos=dos,
        )
        for place, (line, dos) in enumerate(dated, 1)
        if dos is not None
    )


def open_accounts(history: Sequence[LoggedEvent], reference: Reference) -> list[OpenAccount]:
    """One account for each payer that was billed, its attempts numbered in the order they were sent."""
    accounts: dict[str, OpenAccount] = {}
    sent = [h for h in history if isinstance(h.data, ClaimSubmitted)]
    for logged in sorted(sent, key=lambda h: sent_at(h.data, h.time)):
        data = logged.data
        payer = reference.payer(data.payer_id, data.payer_name, data.claim_filing_indicator)
        account = accounts.setdefault(
            payer,
            OpenAccount(
                payer_id=payer,
                stated_payer_id=data.payer_id,
                sequence=data.payer_sequence,
                plan=data.plan,
                indicator=data.claim_filing_indicator,
            ),
        )
        account.submitted = data
        _add_attempt(account, logged)
    return list(accounts.values())


def _add_attempt(account: OpenAccount, logged: LoggedEvent) -> None:
    data: ClaimSubmitted = logged.data
    number = data.attempt or (account.attempts[-1].number + 1 if account.attempts else 1)
    keys = frozenset(submission_keys(data.submission)) if data.submission else frozenset()
    attempt = OpenAttempt(
        number=number, sent_at=sent_at(data, logged.time), submitted=data, event=logged.name, keys=keys
    )
    same = [index for index, other in enumerate(account.attempts) if other.number == number]
    if same:  # the same attempt reported twice by different senders: the later report counts
        account.attempts[same[0]] = attempt
    else:
        account.attempts.append(attempt)


def bind_answers(
    history: Iterable[LoggedEvent], accounts: list[OpenAccount], flags: set[str], reference: Reference
) -> None:
    """Puts every acknowledgment and rejection on the attempt it refers to; flags what is only a nearest guess."""
    for logged in history:
        match logged.data:
            case ClaimAcknowledged():
                _bind(logged, accounts, flags, reference, lambda how, h=logged: _ack(h, how))
            case ClaimRejected():
                _bind(logged, accounts, flags, reference, lambda how, h=logged: _rejection(h, how))
            case SubmissionAcknowledged() | SubmissionRejected():
                _bind_verdict(logged, accounts, reference)


def _bind(logged: LoggedEvent, accounts: list[OpenAccount], flags: set[str], reference: Reference, make: Any) -> None:
    data = logged.data
    attempt, how = _find(logged, data, accounts)
    if attempt is None:
        attempt = _unseen_attempt(logged, accounts, reference)
        flags.add("submission_unseen")
    elif how == "nearest" and _candidates(accounts, data) > 1:
        flags.add("bound_to_nearest")
    answer = make(how)
    (attempt.rejections if isinstance(answer, Rejection) else attempt.acks).append(answer)


def _candidates(accounts: list[OpenAccount], data: Any) -> int:
    return sum(len(account.attempts) for account in _of_sequence(accounts, data.said("payer_sequence")))


def _of_sequence(accounts: list[OpenAccount], sequence: str | None) -> list[OpenAccount]:
    chosen = [account for account in accounts if sequence and account.sequence == sequence]
    return chosen or accounts


def _find(logged: LoggedEvent, data: Any, accounts: list[OpenAccount]) -> tuple[OpenAttempt | None, str]:
    """By submission reference, else by attempt number, else the nearest earlier submission."""
    asked = _of_sequence(accounts, data.said("payer_sequence"))
    attempts = [attempt for account in asked for attempt in account.attempts]
    attempts.sort(key=lambda attempt: attempt.sent_at)
    keys = {verdict_key(data.submission)} - {""} if data.submission else set()
    if by_reference := [a for a in attempts if a.keys & keys]:
        return _settled(logged, by_reference) or _nearest(by_reference, _answered_at(logged)), "submission"
    if data.attempt is not None and (by_number := [a for a in attempts if a.number == data.attempt]):
        return _nearest(by_number, _answered_at(logged)), "attempt"
    if data.attempt is not None or not attempts:
        return None, "attempt"  # an attempt we never saw sent
    return _nearest(attempts, _answered_at(logged)), "nearest"


def _answered_at(logged: LoggedEvent) -> datetime:
    """When the answer was given, as it says itself; of one without a date, when it reached us."""
    return said_at(logged) or logged.time


def _settled(logged: LoggedEvent, attempts: Sequence[OpenAttempt]) -> OpenAttempt | None:
    """The attempt whose submission is answered, of several that have the numbers."""
    sent = {submission_identity(ref): (attempt, ref) for attempt in attempts if (ref := attempt.submission)}
    if logged.data.submission and (named := sent.get(submission_identity(logged.data.submission))):
        return named[0]
    known = [
        Candidate(identity=name, receiver=number_form(ref.receiver), sent_at=attempt.sent_at)
        for name, (attempt, ref) in sent.items()
    ]
    found = settle(logged, known).identity
    return sent[found][0] if found else None


def _nearest(attempts: list[OpenAttempt], time: datetime) -> OpenAttempt:
    """The last one sent before the answer came; the first of all where every one is later."""
    earlier = [attempt for attempt in attempts if attempt.sent_at <= time]
    return earlier[-1] if earlier else attempts[0]


def _unseen_attempt(logged: LoggedEvent, accounts: list[OpenAccount], reference: Reference) -> OpenAttempt:
    """A place for an answer to a submission that never reached us."""
    data = logged.data
    if not accounts:
        stated, indicator = data.said("payer_id"), data.said("claim_filing_indicator")
        payer = reference.payer(stated, data.said("payer_name"), indicator)
        sequence = data.said("payer_sequence") or "P"
        accounts.append(
            OpenAccount(payer_id=payer, stated_payer_id=stated or "", sequence=sequence, plan=None, indicator=indicator)
        )
    account = accounts[-1]
    number = data.attempt or (max((a.number for a in account.attempts), default=0) + 1)
    known = next((a for a in account.attempts if a.number == number), None)
    if known is None:
        known = OpenAttempt(number=number, sent_at=logged.time, submitted=None, event=logged.name, keys=frozenset())
        account.attempts.append(known)
        account.attempts.sort(key=lambda attempt: attempt.number)
    if isinstance(data, ClaimRejected) and data.remit is not None and known.submitted is None:
        known.stated = data
    return known


def _bind_verdict(logged: LoggedEvent, accounts: list[OpenAccount], reference: Reference) -> None:
    """A verdict on a whole set falls on the attempt that traveled in the submission it answers, if it is meant."""
    data = logged.data
    key = verdict_key(data.submission)
    riding = [(account, attempt) for account in accounts for attempt in account.attempts if key in attempt.keys]
    if not riding:
        return
    attempt = _settled(logged, [attempt for _, attempt in riding])
    account = next((account for account, one in riding if one is attempt), None)
    if attempt is None or account is None or not _is_meant(data, account, attempt, reference):
        return
    if isinstance(data, SubmissionRejected):
        attempt.rejections.append(_set_rejection(logged))
    else:
        category = data.category or data.code or "A"
        attempt.acks.append(
            Ack(
                stage=data.stage,
                category=category,
                received_at=logged.time,
                effective_on=data.effective_on,
                payer_claim_number=None,
                event=logged.name,
                bound_by="set",
            )
        )


def _is_meant(data: SubmissionVerdict, account: OpenAccount, attempt: OpenAttempt, reference: Reference) -> bool:
    """A provider's part of a set is its own claims. A payer's verdict spares the claims of payers known to be others.

    Payers name themselves differently in an 837 and a 277CA: a name that no terms know may be any payer's.
    """
    npi = attempt.submitted.billing_npi if attempt.submitted else None
    if npi and data.billing_npi not in (None, npi):
        return False
    speaker = reference.known_payer(data.payer_id, data.payer_name)
    asked = reference.known_payer(account.payer_id)
    return speaker is None or asked is None or speaker == asked


def _set_rejection(logged: LoggedEvent) -> Rejection:
    data: SubmissionRejected = logged.data
    code_list = "999" if data.stage == "syntax" else "277"
    code = RejectionCode(code_list=code_list, category=data.category, status=data.code)
    return Rejection(
        stage=data.stage,
        received_at=logged.time,
        occurred_on=data.effective_on,
        codes=(code,),
        message=None,
        remark_codes=(),
        from_remittance=False,
        event=logged.name,
        bound_by="set",
    )


def _ack(logged: LoggedEvent, how: str) -> Ack:
    data: ClaimAcknowledged = logged.data
    return Ack(
        stage=data.stage,
        category=data.category,
        received_at=logged.time,
        effective_on=data.effective_on,
        payer_claim_number=data.payer_claim_number,
        event=logged.name,
        bound_by=how,
    )


def _rejection(logged: LoggedEvent, how: str) -> Rejection:
    data: ClaimRejected = logged.data
    remarks = data.remark_codes + tuple(code for line in data.lines for code in line.remark_codes)
    return Rejection(
        stage=data.stage,
        received_at=logged.time,
        occurred_on=data.occurred_on,
        codes=data.codes,
        message=data.message,
        remark_codes=remarks,
        from_remittance=data.remit is not None,
        event=logged.name,
        bound_by=how,
    )
