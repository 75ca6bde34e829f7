"""What proves that a payer has a claim: its own acceptance, or its decision. Nothing before that does.

42 CFR 424.44 and payers' contracts count receipt: a submission, a 999, a clearinghouse report and the 277CA categories
A0 (passed on) and A1 (received) do not stop a filing clock; A2 and A5 do (accepted into adjudication).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from events.remittance import DENIED_STATUS, NOT_OURS
from projections.claims.state import Account, Ack, Attempt, Entry
from projections.deadlines.base import Case, say_day
from projections.history import EventId

UNDECIDED = (DENIED_STATUS, NOT_OURS)  # without a payer claim number
LATE = "29"  # CARC: the time limit for filing has expired


class Proof(NamedTuple):
    """`on` is the day that counts against the limit; `late` when the payer itself says the claim came too late."""

    event: EventId
    at: datetime
    on: date
    words: str
    late: bool = False


def proof_of(
    case: Case, account: Account, attempts: Sequence[Attempt], counts: str, since: datetime | None = None
) -> Proof | None:
    """The earliest proof that one of these attempts was filed. counts: receipt or submission.

    `since` leaves out decisions received earlier: they answered something else.
    """
    found = [_sent(case, attempt) for attempt in attempts if not attempt.rejections] if counts == "submission" else []
    found += [_accepted(case, attempt, ack) for attempt in attempts if (ack := attempt.accepted)]
    first = min(found, key=lambda proof: (proof.on, proof.at), default=None)
    decided = (e for e in account.entries if _decides(e) and (since is None or e.received_at >= since))
    answer = next(decided, None)
    if answer is None or (first and (first.on <= answer.notice_date or first.at <= answer.received_at)):
        return first
    return _decided(case, attempts, answer)  # what was accepted only later is another submission, as a corrected claim


def denied_as_late(entries: Iterable[Entry]) -> Entry | None:
    """The first effective answer that says the claim came too late."""
    for entry in entries:
        if entry.stands and _says_late(entry):
            return entry
    return None


def _says_late(entry: Entry) -> bool:
    lists = [entry.adjustments, *(line.adjustments for line in entry.lines)]
    return any(a.reason == LATE and a.amount > 0 for adjustments in lists for a in adjustments)


def _decides(entry: Entry) -> bool:
    number = (entry.payer_claim_number or "").strip("0 ")
    return entry.is_decision and (bool(number or entry.paid) or entry.status_code not in UNDECIDED)


def _sent(case: Case, attempt: Attempt) -> Proof:
    day = case.day(attempt.sent_at)
    words = f"Stopped: attempt {attempt.number} was sent on {say_day(day)} and not rejected"
    return Proof(attempt.event, attempt.sent_at, day, words)


def _accepted(case: Case, attempt: Attempt, ack: Ack) -> Proof:
    day = ack.effective_on or case.day(ack.received_at)
    number = f", payer claim number {ack.payer_claim_number}" if ack.payer_claim_number else ""
    words = f"Stopped: the payer accepted attempt {attempt.number} on {say_day(day)} (277CA {ack.category}{number})"
    return Proof(ack.event, ack.received_at, day, words)


def _decided(case: Case, attempts: Sequence[Attempt], entry: Entry) -> Proof:
    """A decision proves receipt, at the latest when it was made; the day that counts is when the claim was sent."""
    sent = [attempt for attempt in attempts if attempt.sent_at <= entry.received_at]
    clean = [attempt for attempt in sent if not attempt.rejections] or sent[-1:]
    day = min(case.day(clean[0].sent_at), entry.notice_date) if clean else entry.notice_date
    number = entry.payer_claim_number
    known = f"payer claim number {number}" if number else "no payer claim number stated: weaker proof"
    words = f"Stopped: the payer decided on {say_day(entry.notice_date)} ({known})"
    if _says_late(entry) and entry.received_on is not None:
        words += f", and states that it received the claim on {say_day(entry.received_on)} (DTM*050)"
        return Proof(entry.event, entry.received_at, entry.received_on, words)
    if _says_late(entry):
        return Proof(
            entry.event, entry.received_at, entry.notice_date, words + ", and says it was filed late", late=True
        )
    return Proof(entry.event, entry.received_at, day, words + ", so it had received the claim")
