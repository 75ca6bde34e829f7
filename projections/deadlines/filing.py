"""Timely filing: how long a payer takes a claim, and what proves that it has it.

42 CFR 424.44: one calendar year from the line's date of service, by receipt, moved on from days off. Contracts set
their own limits for other payers. A claim that turns out unprocessable was never filed, so its clock never stopped.
"""

from __future__ import annotations

from datetime import date

from events.claim import VOID_CLAIM
from events.term_words import Counts
from projections.claims.state import Account, Entry, Line
from projections.deadlines.anchors import Opened, find_anchor
from projections.deadlines.base import Case, Deadline, DueBy, Ended, clock, payer_of, say_day, verdict
from projections.deadlines.carried_over import carried_proof
from projections.deadlines.kinds import MISSED, OPEN, VOID, DeadlineKind
from projections.deadlines.proof import LATE, Proof, denied_as_late, proof_of
from projections.deadlines.reckoning import Reckoning, reckon
from projections.history import EventId
from projections.rules.policies import Missing, PayerTerms, Terms
from projections.tables.vocabulary import DeadlineState

LIMIT_NOT_ENTERED = "Your own limit has not been entered and may be shorter"


def filing_deadline(case: Case, account: Account) -> Deadline | None:
    """The earliest filing deadline of the claim's lines with this payer; None when nothing was sent to it."""
    attempts = [attempt for attempt in account.attempts if attempt.frequency != VOID_CLAIM]
    if not attempts and account.carried is None:
        return None
    line, dos, reckoned, others = _earliest_line(case, account)
    proof = proof_of(case, account, attempts, reckoned.counts) or carried_proof(account)
    gone = account.sent_on if proof is None else None
    counted = DueBy(reckoned.due, reckoned.rule, (*reckoned.steps, *others))
    kind, by = DeadlineKind.TIMELY_FILING, _started_by(account)
    if gone:
        ended = Ended(_not_its_own(case, gone), gone.event, gone.received_at, VOID)
        return clock(kind, account.payer_id, counted, ended, by=by, at=dos, latest=reckoned.latest, line=line)
    state = _filing_state(case, reckoned, proof)
    ended = Ended("", proof.event, proof.at, state) if proof else Ended()
    found = clock(kind, account.payer_id, counted, ended, by=by, at=dos, latest=reckoned.latest, line=line)
    return found._replace(ending=_endings(account, reckoned, proof, state))


def _not_its_own(case: Case, gone: Entry) -> str:
    return f"Not this payer's claim: forwarded to another payer {case.say(gone.received_at)} (CLP02 {gone.status_code})"


def _started_by(account: Account) -> EventId | None:
    sent = [attempt.event for attempt in account.attempts if attempt.frequency != VOID_CLAIM]
    return sent[0] if sent else account.carried.event if account.carried else None


def _filing_state(case: Case, reckoned: Reckoning, proof: Proof | None) -> DeadlineState:
    if proof is None:
        return OPEN
    return MISSED if proof.late else verdict(reckoned.due, proof.on, case.zone)


def _endings(account: Account, reckoned: Reckoning, proof: Proof | None, state: DeadlineState) -> tuple[str, ...]:
    if proof is None:
        stops = "the payer's acceptance (277CA A2) or its decision (835)"
        if reckoned.counts == Counts.SUBMISSION:
            stops = "a submission that is not rejected, " + stops
        words = [f"What stops it: {stops}; a 999, a clearinghouse report, A0 and A1 do not"]
        if any(attempt.rejections for attempt in account.attempts):
            words.append("A rejected submission does not count as filed: the clock keeps running from the service date")
        return tuple(words)
    if proof.late:
        return (proof.words,)
    if state == MISSED:
        return (f"{proof.words}: after the filing limit",)
    if late := denied_as_late(account.entries):
        return (
            f"{proof.words}: proof of timely filing",
            f"The payer denied it as untimely on {say_day(late.notice_date)} (CARC {LATE}): send this proof",
        )
    return (f"{proof.words}: proof of timely filing",)


def _earliest_line(case: Case, account: Account) -> tuple[int | None, date | None, Reckoning, tuple[str, ...]]:
    """The line whose clock ends first, and one sentence for every other date of service."""
    lines = account.billed_lines
    if not lines and account.carried is not None:
        dos = account.carried.dos
        return None, dos, line_end(case, account, dos, dos), ("Date of service as carried over",)
    if not lines:
        nothing = Reckoning(
            due=None, rule="", counts=Counts.RECEIPT, steps=("No date: no line with a date of service is known",)
        )
        return None, None, nothing, ()
    first: dict[date, Line] = {}
    for line in lines:
        first.setdefault(line.dos, line)
    ends = [(line, line_end(case, account, line.dos, max(first))) for line in first.values()]
    ends.sort(key=lambda end: (end[1].due is None, end[1].due or date.max, end[0].dos, end[0].number))
    (line, reckoned), others = ends[0], ends[1:]
    words = [f"The earliest is line {line.number}"] if others else []
    words += [f"Line {o.number}, date of service {o.dos}: {r.due or 'no date'}" for o, r in others]
    return line.number, line.dos, reckoned, tuple(words)


def line_end(case: Case, account: Account, dos: date, last_dos: date) -> Reckoning:
    """The end of one line's window: the line's own date counts from, the claim's last where the terms say so."""
    payer, first = payer_of(account), case.state.accounts[0]
    secondary = account is not first and account.sequence != first.sequence
    term = case.terms.filing(payer, dos, secondary=secondary)
    opened = Opened(days=(dos, last_dos))
    reckoned = reckon(term, lambda anchor: find_anchor(case, account, anchor, opened), case.terms)
    return within_federal_limit(case.terms, payer, dos, reckoned) if isinstance(term, Missing) else reckoned


def within_federal_limit(terms: Terms, payer: PayerTerms, dos: date, reckoned: Reckoning) -> Reckoning:
    """Where the payer's own limit is not entered: the day beyond which the law lets no payer of its program go."""
    outer = terms.outer_limit(payer, dos)
    if outer is None:
        return reckoned
    latest = outer.rolled(outer.end(dos))
    words = (f"{outer.rule}: no later than {say_day(dos)} + {outer.span} = {say_day(latest)}", LIMIT_NOT_ENTERED)
    return reckoned._replace(latest=latest, rule=outer.rule, steps=(*reckoned.steps, *words))
