"""An event in one line, for a person."""

from __future__ import annotations

from typing import Any

from events.claim import (
    ClaimAcknowledged,
    ClaimCarriedOver,
    ClaimStatusReported,
    ClaimSubmitted,
    SubmissionAcknowledged,
    SubmissionRejected,
)
from events.coverage import NoticeReceived
from events.followup import (
    AlertRaised,
    AppealDecided,
    AppealFiled,
    ClaimWrittenOff,
    DisputeClosed,
    DisputeOpened,
    EventConflicted,
    EventWithdrawn,
    PatientPaid,
    RecordsRequested,
    RefundSent,
    WorkAssigned,
    WorkNoted,
    WorkResolved,
    WorkSnoozed,
)
from events.remittance import ClaimDenied, ClaimRejected, PaymentPosted, PaymentReversed
from events.review import ClaimMatched, CreditReviewed, LetterSent
from events.visit import VisitDocumented


def summary(data: Any) -> str:
    """What happened, with its figures."""
    teller = TELLERS.get(type(data))
    return str(teller(data) if teller else data.event.label.lower())


def _adjustments(data: Any) -> str:
    codes = [*data.adjustments, *(a for line in data.lines for a in line.adjustments)]
    told = ", ".join(dict.fromkeys(f"{a.group}-{a.reason}" for a in codes))
    return f" ({told})" if told else ""


def _answer(verb: str) -> Any:
    def tell(data: Any) -> str:
        share = "" if data.patient_responsibility is None else f", patient {data.patient_responsibility:.2f}"
        check = f", remittance {data.remit.trace_number}" if data.remit and data.remit.trace_number else ""
        return f"{verb} {data.paid:.2f} of {data.charge:.2f}{share}{check}{_adjustments(data)}"

    return tell


def _sent(data: ClaimSubmitted) -> str:
    kind = {"1": "submitted", "7": "replacement submitted", "8": "void submitted"}.get(data.frequency, "submitted")
    return f"{kind} to {data.payer_name or data.payer_id}, {len(data.lines)} lines, {data.total_charge:.2f}"


def _rejected(data: ClaimRejected) -> str:
    codes = ", ".join(
        " ".join(filter(None, (code.code_list, code.category, code.status, code.entity))) for code in data.codes
    )
    return f"rejected at {data.stage}: {codes or data.message or 'no reason given'}"


TELLERS: dict[type, Any] = {
    VisitDocumented: lambda d: f"visit of {d.dos}, {d.discipline}",
    ClaimSubmitted: _sent,
    ClaimAcknowledged: lambda d: f"{d.stage} answered {d.category}",
    SubmissionAcknowledged: lambda d: f"whole set accepted at {d.stage} ({d.code or d.category or 'A'})",
    SubmissionRejected: lambda d: f"whole set rejected at {d.stage} ({d.code or d.category or 'R'})",
    ClaimRejected: _rejected,
    PaymentPosted: _answer("paid"),
    ClaimDenied: _answer("denied: paid"),
    PaymentReversed: _answer("reversed: paid"),
    AppealFiled: lambda d: f"appeal level {d.level} filed on {d.filed_on}",
    AppealDecided: lambda d: f"appeal level {d.level} decided on {d.decided_on}: {d.outcome}",
    ClaimWrittenOff: lambda d: (
        f"written off{'' if d.amount is None else f' {d.amount:.2f}'}: {d.reason or 'no reason'}"
    ),
    PatientPaid: lambda d: f"patient paid {d.amount:.2f}",
    RefundSent: lambda d: f"refund of {d.amount:.2f} sent",
    RecordsRequested: lambda d: f"records requested, due {d.due_on or 'in the usual days'}",
    DisputeOpened: lambda d: f"disputed{'' if d.amount is None else f' {d.amount:.2f}'}",
    DisputeClosed: lambda d: f"dispute closed: {d.outcome}",
    WorkAssigned: lambda d: f"{d.worklist}: assigned to {d.assignee or 'nobody'} by {d.by}",
    WorkSnoozed: lambda d: f"{d.worklist}: snoozed until {d.until} by {d.by}",
    WorkNoted: lambda d: f"{d.worklist}: note by {d.by}: {d.note}",
    WorkResolved: lambda d: f"{d.worklist}: {d.resolution.replace('_', ' ')} by {d.by}",
    AlertRaised: lambda d: f"alert: {d.clock} {d.step}, due {d.due or 'unknown'}, to the {d.to or 'owner'}",
    ClaimMatched: lambda d: f"answers under another number matched to this claim by {d.by}",
    ClaimStatusReported: lambda d: f"status reported as of {d.effective_on}: {d.category} {d.status}",
    ClaimCarriedOver: lambda d: f"carried over as of {d.as_of}: {d.balance:.2f} open of {d.charge:.2f}",
    NoticeReceived: lambda d: f"{d.kind} notice dated {d.dated}",
    CreditReviewed: lambda d: (
        f"credit: {d.finding.replace('_', ' ')} on {d.on}{'' if d.amount is None else f', {d.amount:.2f}'} by {d.by}"
    ),
    LetterSent: lambda d: f"{d.kind} letter sent to {d.recipient} by {d.method}",
    EventWithdrawn: lambda d: f"an event was taken back: {d.why or 'no reason given'}",
    EventConflicted: lambda d: f"the same {d.type} arrived again with other content; it is parked",
}
