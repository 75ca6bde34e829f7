"""An event in one line, for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

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
from events.review import ClaimMatched, CreditReviewed, LetterSent, SubmissionMatched
from events.visit import VisitDocumented
from projections.rules.claim_status_words import StatusTable
from services.presentation import labels
from services.presentation.formatting import day, dollars, instant, plural

UTC_ZONE = ZoneInfo("UTC")
STAGES: Mapping[str, str] = {"syntax": "file check (999)", "clearinghouse": "clearinghouse", "payer": "payer"}
OUTCOMES: Mapping[str, str] = {
    "upheld": "denial upheld",
    "overturned": "overturned",
    "partial": "partly overturned",
    "dismissed": "dismissed",
    "withdrawn": "withdrawn",
    "recovered": "recovered",
    "invalid": "payment was correct",
    "written_off": "written off",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What a summary is written with: the practice's zone, and what the codes of acknowledgments mean."""

    zone: ZoneInfo = UTC_ZONE
    statuses: StatusTable = field(default_factory=StatusTable)


Teller = Callable[[Any, Wording], str]


def summary(data: Any, wording: Wording | None = None) -> str:
    """What happened, with its figures; instants in the practice's zone."""
    teller = TELLERS.get(type(data))
    return teller(data, wording or Wording()) if teller else str(data.event.label).lower()


def _adjustments(data: Any) -> str:
    codes = [*data.adjustments, *(a for line in data.lines for a in line.adjustments)]
    told = ", ".join(dict.fromkeys(f"{a.group}-{a.reason}" for a in codes))
    return f", adjusted by {told}" if told else ""


def _answer(verb: str) -> Teller:
    def tell(data: Any, _: Wording) -> str:
        share = "" if data.patient_responsibility is None else f", patient {dollars(data.patient_responsibility)}"
        check = f", check {data.remit.trace_number}" if data.remit and data.remit.trace_number else ""
        return f"{verb} {dollars(data.paid)} of {dollars(data.charge)}{share}{check}{_adjustments(data)}"

    return tell


def _sent(data: ClaimSubmitted, _: Wording) -> str:
    kind = {"1": "submitted", "7": "replacement submitted", "8": "void submitted"}.get(data.frequency, "submitted")
    to = data.payer_name or data.payer_id
    return f"{kind} to {to}, {plural(len(data.lines), 'line')}, {dollars(data.total_charge)}"


def _rejected(data: ClaimRejected, wording: Wording) -> str:
    told = "; ".join(filter(None, (wording.statuses.in_words(data.codes), data.message)))
    return f"rejected by the {STAGES[data.stage]}: {told or 'no reason given'}"


def _acknowledged(data: ClaimAcknowledged, wording: Wording) -> str:
    said = wording.statuses.category_words(data.category)
    return f"{STAGES[data.stage]}: {said} ({data.category})" if said else f"{STAGES[data.stage]}: code {data.category}"


def _whole_file(verb: str) -> Teller:
    def tell(data: Any, wording: Wording) -> str:
        statuses = wording.statuses
        words = statuses.file_words(data.code or data.category) if data.stage == "syntax" else _status(data, statuses)
        who = (data.stage == "payer" and data.payer_name) or f"the {STAGES[data.stage]}"
        return f"whole file {verb} by {who}" + (f": {words}" if words else "")

    return tell


def _status(data: Any, statuses: StatusTable) -> str:
    return statuses.status_words(data.category, data.code) if data.category or data.code else ""


def _list(data: Any) -> str:
    return labels.name(labels.ITEMS, data.worklist) if data.worklist != "today" else "All items"


def _until(value: date | datetime, zone: ZoneInfo) -> str:
    return instant(value, zone) if isinstance(value, datetime) else day(value)


def _alert(data: AlertRaised, wording: Wording) -> str:
    if data.rule:
        return f"Rules of {data.covers} are missing ({data.rule}): alert, to the {data.to or 'owner'}"
    due = data.due and (
        _until(data.due, wording.zone) if not isinstance(data.due, str) else instant(data.due, wording.zone)
    )
    return (
        f"{labels.name(labels.DEADLINES, data.clock)}: alert, due {due or 'date unknown'}, to the {data.to or 'owner'}"
    )


def _resolved(data: WorkResolved, _: Wording) -> str:
    note = f": {data.note}" if data.note else ""
    return f"{_list(data)}: {labels.name(labels.RESOLUTIONS, data.resolution).lower()} by {data.by}{note}"


TELLERS: dict[type, Teller] = {
    VisitDocumented: lambda d, _: f"visit of {day(d.dos)}, {d.discipline}",
    ClaimSubmitted: _sent,
    ClaimAcknowledged: _acknowledged,
    SubmissionAcknowledged: _whole_file("accepted"),
    SubmissionRejected: _whole_file("rejected"),
    ClaimRejected: _rejected,
    PaymentPosted: _answer("paid"),
    ClaimDenied: _answer("denied: paid"),
    PaymentReversed: _answer("reversed: paid"),
    AppealFiled: lambda d, _: f"level {d.level} appeal filed on {day(d.filed_on)}",
    AppealDecided: lambda d, _: f"level {d.level} appeal decided on {day(d.decided_on)}: {_outcome(d.outcome)}",
    ClaimWrittenOff: lambda d, _: (
        f"written off{'' if d.amount is None else f' {dollars(d.amount)}'}: {d.reason or 'no reason given'}"
    ),
    PatientPaid: lambda d, _: f"patient paid {dollars(d.amount)}",
    RefundSent: lambda d, _: f"refund of {dollars(d.amount)} sent",
    RecordsRequested: lambda d, _: f"records requested, due {day(d.due_on) if d.due_on else 'within the usual time'}",
    DisputeOpened: lambda d, _: f"dispute opened{'' if d.amount is None else f' over {dollars(d.amount)}'}",
    DisputeClosed: lambda d, _: f"dispute closed: {_outcome(d.outcome)}",
    WorkAssigned: lambda d, _: f"{_list(d)}: assigned to {d.assignee or 'nobody'} by {d.by}",
    WorkSnoozed: lambda d, wording: f"{_list(d)}: snoozed until {_until(d.until, wording.zone)} by {d.by}",
    WorkNoted: lambda d, _: f"{_list(d)}: note by {d.by}: {d.note}",
    WorkResolved: _resolved,
    AlertRaised: _alert,
    ClaimMatched: lambda d, _: f"responses under a different number matched to this claim by {d.by}",
    SubmissionMatched: lambda d, _: (
        f"response to a file {'matched to this submission' if d.submission else 'matched to no submission'} by {d.by}"
    ),
    ClaimStatusReported: lambda d, wording: (
        f"status as of {day(d.effective_on)}: {wording.statuses.status_words(d.category, d.status, d.entity)}"
    ),
    ClaimCarriedOver: lambda d, _: (
        f"carried over as of {day(d.as_of)}: {dollars(d.balance)} open of {dollars(d.charge)}"
    ),
    NoticeReceived: lambda d, _: f"{d.kind} notice dated {day(d.dated)}",
    CreditReviewed: lambda d, _: (
        f"credit: {d.finding.replace('_', ' ')} on {day(d.on)}"
        f"{'' if d.amount is None else f', {dollars(d.amount)}'} by {d.by}"
    ),
    LetterSent: lambda d, _: f"{d.kind.replace('_', ' ')} letter sent to {d.recipient} by {d.method}",
    EventWithdrawn: lambda d, _: f"an earlier event was undone: {d.why or 'no reason given'}",
    EventConflicted: lambda d, _: (
        f"the same {labels.event_name(d.type).lower()} arrived again with different content and was not counted"
    ),
}


def _outcome(key: str) -> str:
    return OUTCOMES.get(key, key.replace("_", " "))
