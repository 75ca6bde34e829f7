"""What a claim adds to the patterns over many: a row for each payer, each sending, each outcome.

The formulas that sum these rows are in docs/metrics.md. A voided claim adds nothing; a claim known only from what
payers say of it adds its denials, and no money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypedDict

from events.claim import VOID_CLAIM
from events.followup import AppealDecided, ClaimWrittenOff, PatientPaid, RefundSent
from events.values import ZERO, to_cents
from projections import calendar
from projections.claims.entries import effective_entries
from projections.claims.state import Account, Attempt, ClaimState, Entry
from projections.deadlines import Deadline
from projections.deadlines.base import answers_to
from projections.deadlines.determinations import Determination, determinations
from projections.deadlines.kinds import MET, MISSED, DeadlineKind, is_appeal
from projections.rows.claims import claim_key
from projections.tables.patterns import ClaimAttemptRow, ClaimOutcomeRow, ClaimPayerRow
from projections.tables.vocabulary import ClaimStatus, DeadlineState, FirstDecision, OutcomeKind
from projections.terms.terms_in_force import Reference
from projections.work.item import WorkItem

Decided = Mapping[str, Sequence[Determination]]  # by payer, of those that denied anything
LATE_CODES = ("CO-29", "PI-29", "OA-29", "PR-29")  # CARC 29: the time limit for filing has expired


def pattern_rows(
    state: ClaimState, found: Sequence[Deadline], items: Sequence[WorkItem], reference: Reference
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The rows of one claim for the three tables."""
    if state.status == ClaimStatus.VOIDED:
        return {}
    refused = (a for a in state.accounts if any(entry.refused and not entry.carried for entry in a.entries))
    decided = {account.payer_id: determinations(account, reference.terms) for account in refused}
    outcomes = _outcomes(state, decided, found, items, reference)
    return {
        "claim_payer": [_payer(state, account, decided, reference) for account in state.accounts],
        "claim_attempt": [
            _attempt(state, account, attempt, [d for d in found if _is_about(d, account, attempt)], reference)
            for account in state.accounts
            for attempt in _sent_attempts(account)
        ],
        "claim_outcome": [
            outcome.row(claim_key(state), state.practice, seq) for seq, outcome in enumerate(outcomes, 1)
        ],
    }


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A row of `claim_outcome` before it has its number. `amount` and `standing` in cents."""

    kind: OutcomeKind
    payer_id: str
    code: str
    first_on: date
    last_on: date
    remark: str = ""
    lines: int = 0
    amount: int = 0
    standing: int = 0

    def row(self, key: str, practice: str, seq: int) -> ClaimOutcomeRow:
        return {
            "key": key,
            "seq": seq,
            "practice": practice,
            "payer_id": self.payer_id,
            "kind": self.kind,
            "code": self.code,
            "remark": self.remark,
            "first_on": self.first_on,
            "last_on": self.last_on,
            "lines": self.lines,
            "amount": self.amount,
            "standing": self.standing,
        }


def _is_about(clock: Deadline, account: Account, attempt: Attempt) -> bool:
    return clock.payer_id == account.payer_id and clock.attempt == attempt.number


def _sent_attempts(account: Account) -> list[Attempt]:
    """The attempts that we know left for the payer; a void asks for nothing."""
    return [a for a in account.attempts if (a.lines or a.total_charge or a.submission) and a.frequency != VOID_CLAIM]


def _decisions(account: Account) -> list[Entry]:
    """Payments and denials in their order, those undone since included."""
    return [entry for entry in account.entries if entry.is_decision and not entry.carried]


def _payer(state: ClaimState, account: Account, decided: Decided, reference: Reference) -> ClaimPayerRow:
    sent, answers = _sent_attempts(account), _decisions(account)
    first = answers[0] if answers else None
    denied = sum((line.amount for line in _lines_denied(decided, account, first)), ZERO)
    standing = account.standing_entries
    clean = bool(sent) and not sent[0].rejections and _taken(account, sent[0])
    good = bool(standing) and not any(e.is_denial or any(li.denied for li in e.lines) for e in standing)
    return {
        "key": claim_key(state),
        "payer_id": account.payer_id,
        "practice": state.practice,
        "dos": state.dos,
        "sent_on": calendar.local_day(sent[0].sent_at, reference.zone) if sent else None,
        "attempts": len(sent),
        "rejected": sum(1 for attempt in sent if attempt.rejections),
        "clean": int(clean),
        "first_pass": int(clean and len(sent) == 1 and good and not denied),
        "notice_on": first.notice_date if first else None,
        "verdict": _verdict(first) if first else None,
        "noticed": to_cents(first.charge) if first else 0,
        "first_denied": to_cents(denied),
        "denied_now": int(bool(standing) and all(entry.is_denial for entry in standing)),
        "answered": int(bool(standing)),
        **_money(state, account),
    }


def _taken(account: Account, attempt: Attempt) -> bool:
    """Accepted by the payer, or decided, which shows as much."""
    if attempt.accepted:
        return True
    return any(entry.is_decision for entry in answers_to(account, attempt))


def _verdict(entry: Entry) -> FirstDecision:
    if entry.is_denial or (entry.lines and all(line.denied for line in entry.lines)):
        return FirstDecision.DENIED
    return FirstDecision.PARTLY if any(line.denied for line in entry.lines) else FirstDecision.PAID


def _lines_denied(decided: Decided, account: Account, entry: Entry | None) -> Sequence[Any]:
    found = decided.get(account.payer_id, ())
    return next((notice.denied for notice in found if notice.entry is entry), ())


class ClaimMoney(TypedDict):
    """What a claim brought and left open, in cents."""

    charge: int
    collected: int
    net: int
    open: int


def _money(state: ClaimState, account: Account) -> ClaimMoney:
    """The claim's own figures, in the row of its first payer."""
    if account is not state.accounts[0] or state.status == ClaimStatus.UNMATCHED:
        return {"charge": 0, "collected": 0, "net": 0, "open": 0}
    paid = sum((e.paid for a in state.accounts for e in effective_entries(a.entries)), ZERO)
    for act in state.acts:
        match act.data:
            case PatientPaid(amount=amount):
                paid += amount
            case RefundSent(amount=amount):
                paid -= amount
    return {
        "charge": to_cents(state.charge),
        "collected": to_cents(paid),
        "net": to_cents(paid + state.balance + state.written_off),
        "open": to_cents(state.balance),
    }


def _attempt(
    state: ClaimState,
    account: Account,
    attempt: Attempt,
    mine: Sequence[Deadline],
    reference: Reference,
) -> ClaimAttemptRow:
    answers = [entry.received_at for entry in answers_to(account, attempt)]
    told = [ack.received_at for ack in attempt.acks if ack.stage == "payer"]
    told += [r.received_at for r in attempt.rejections if r.stage == "payer" and not r.from_remittance]
    return {
        "key": claim_key(state),
        "payer_id": account.payer_id,
        "number": attempt.number,
        "practice": state.practice,
        "claim_id": state.claim_id,
        "ref": reference.ref(state.practice, state.claim_id),
        "charge": to_cents(attempt.total_charge),
        "sent_at": attempt.sent_at,
        "acknowledged_at": min(told, default=None),
        "answered_at": min(answers, default=None),
        "awaiting": int(any(d.kind == DeadlineKind.PAYER_RESPONSE and d.runs for d in mine)),
        **_rejection(state, attempt, mine, reference),
    }


class RejectionLife(TypedDict):
    """The first rejection of an attempt and what became of its clock; all None without one."""

    rejected_at: datetime | None
    rejected_on: date | None
    late_at: datetime | None
    resent_at: datetime | None
    verdict: DeadlineState | None
    stage: str | None
    codes: str | None


NEVER_REJECTED: RejectionLife = {
    "rejected_at": None,
    "rejected_on": None,
    "late_at": None,
    "resent_at": None,
    "verdict": None,
    "stage": None,
    "codes": None,
}


def _rejection(state: ClaimState, attempt: Attempt, clocks: Sequence[Deadline], reference: Reference) -> RejectionLife:
    """The first rejection of the attempt and what became of its clock."""
    clock = min((d for d in clocks if d.kind == DeadlineKind.REJECTION_RESUBMIT), key=_start, default=None)
    if clock is None or not isinstance(clock.started_at, datetime):
        return NEVER_REJECTED
    first = min(attempt.rejections, key=lambda r: r.received_at)
    given_up = {act.event for act in state.acts if isinstance(act.data, ClaimWrittenOff)}
    resent = clock.state in (MET, MISSED) and clock.ended_by not in given_up
    return {
        "rejected_at": clock.started_at,
        "rejected_on": calendar.local_day(clock.started_at, reference.zone),
        "late_at": calendar.overdue_at(clock.due, reference.zone) if clock.due else None,
        "resent_at": clock.ended_at if resent else None,
        "verdict": clock.state,
        "stage": first.stage,
        "codes": " ".join("/".join(filter(None, (c.category, c.status, c.entity))) for c in first.codes),
    }


def _start(clock: Deadline) -> datetime:
    return clock.started_at if isinstance(clock.started_at, datetime) else calendar.LAST_INSTANT


def _outcomes(
    state: ClaimState, decided: Decided, found: Sequence[Deadline], items: Sequence[WorkItem], reference: Reference
) -> list[Outcome]:
    rows = [row for payer_id, notices in decided.items() for row in _denials(payer_id, notices)]
    rows += _appeals(state, decided)
    rows += _lost(state, decided, found, items, reference)
    return rows


def _denials(payer_id: str, notices: Sequence[Determination]) -> list[Outcome]:
    """By codes: each line once, however often it was denied by them; a reversal and its correction are one decision."""
    groups: dict[tuple[str, str], dict[Any, tuple[date, Any]]] = {}
    days: dict[tuple[str, str], list[date]] = {}
    for notice in notices:
        for place, line in enumerate(notice.denied):
            codes = line.codes.split()
            name = (" ".join(c for c in codes if "-" in c), " ".join(sorted(c for c in codes if "-" not in c)))
            which = line.number if line.number is not None else (line.procedure, place)
            groups.setdefault(name, {})[which] = (notice.entry.notice_date, line)
            days.setdefault(name, []).append(notice.entry.notice_date)
    return [
        Outcome(
            kind=OutcomeKind.DENIAL,
            payer_id=payer_id,
            code=code,
            first_on=min(days[code, remark]),
            last_on=max(days[code, remark]),
            remark=remark,
            lines=len(lines),
            amount=to_cents(sum((line.amount for _, line in lines.values()), ZERO)),
            standing=to_cents(sum((line.amount for _, line in lines.values() if line.stands), ZERO)),
        )
        for (code, remark), lines in sorted(groups.items())
    ]


def _appeals(state: ClaimState, decided: Decided) -> list[Outcome]:
    """Appeals name no payer: they are about the last one that denied."""
    denying = [account.payer_id for account in state.accounts if account.payer_id in decided]
    payer_id = denying[-1] if denying else (state.accounts[0].payer_id if state.accounts else "")
    told = [act.data for act in state.acts if isinstance(act.data, AppealDecided)]
    return [
        Outcome(
            kind=OutcomeKind.DECISION, payer_id=payer_id, code=d.outcome, first_on=d.decided_on, last_on=d.decided_on
        )
        for d in told
    ]


def _lost(
    state: ClaimState, decided: Decided, found: Sequence[Deadline], items: Sequence[WorkItem], reference: Reference
) -> list[Outcome]:
    """What a missed deadline has cost, or will have cost once the day has passed; one row for each payer."""
    if state.status == ClaimStatus.WRITTEN_OFF:
        return _written_off(state, decided, found, reference)
    rows = []
    for account in state.accounts:
        late = _denied_late(decided, account, found)
        mine = [item for item in items if item.payer_id == account.payer_id and item.lost_on is not None]
        filing = next((item for item in mine if item.kind == "filing"), None)
        denial = next((item for item in mine if item.kind == "denial"), None)
        if late is not None:
            rows.append(_lost_money(account, "denied_late", late[0], late[1]))
        elif filing is not None and filing.lost_on:
            rejected = any(item.kind == "rejection" for item in mine)
            code, cents = "expired_rejection" if rejected else "never_filed", to_cents(filing.amount_at_risk)
            day = calendar.add_days(filing.lost_on, 1)
            rows.append(_lost_money(account, code, day, cents))
        elif denial is not None and denial.lost_on:
            cents, day = to_cents(denial.amount_at_risk), calendar.add_days(denial.lost_on, 1)
            rows.append(_lost_money(account, "appeal_missed", day, cents))
    return rows


def _lost_money(account: Account, code: str, day: date, cents: int) -> Outcome:
    return Outcome(kind=OutcomeKind.LOST, payer_id=account.payer_id, code=code, first_on=day, last_on=day, amount=cents)


def _denied_late(decided: Decided, account: Account, found: Sequence[Deadline]) -> tuple[date, int] | None:
    """What is denied as filed too late, unless the filing was proven to be in time."""
    if any(d.kind == DeadlineKind.TIMELY_FILING and d.payer_id == account.payer_id and d.state == MET for d in found):
        return None
    lines = [
        (notice.entry.notice_date, line)
        for notice in decided.get(account.payer_id, ())
        for line in notice.standing
        if not set(LATE_CODES).isdisjoint(line.codes.split())
    ]
    if not lines:
        return None
    return min(day for day, _ in lines), to_cents(sum((line.amount for _, line in lines), ZERO))


def _written_off(state: ClaimState, decided: Decided, found: Sequence[Deadline], reference: Reference) -> list[Outcome]:
    """A write-off counts as lost to a deadline where one had passed and nothing else was left."""
    acts = [act for act in state.acts if isinstance(act.data, ClaimWrittenOff)]
    for account in state.accounts:
        code = _why_lost(decided, account, [d for d in found if d.payer_id == account.payer_id], acts)
        if code is not None:
            day = calendar.local_day(acts[-1].time, reference.zone)
            return [_lost_money(account, code, day, to_cents(state.written_off))]
    return []


def _why_lost(decided: Decided, account: Account, found: Sequence[Deadline], acts: Sequence[Any]) -> str | None:
    events = {act.event for act in acts}
    ended = [d for d in found if d.ended_by in events]
    if _denied_late(decided, account, found) is not None:
        return "denied_late"
    if any(d.kind == DeadlineKind.TIMELY_FILING and d.state == MISSED for d in ended):
        return "expired_rejection" if account.attempts and account.attempts[-1].rejections else "never_filed"
    remedies = [
        d for d in ended if is_appeal(d.kind) or d.kind in (DeadlineKind.CORRECTED_CLAIM, DeadlineKind.REOPENING)
    ]
    return "appeal_missed" if remedies and all(d.state == MISSED for d in remedies) else None
