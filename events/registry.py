"""The list of all event types, and how JSON becomes a typed event."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from events import claim, followup, patient, remittance, terms, visit
from events.envelope import Envelope, content_hash
from events.upcasters import upcast
from events.values import Fact

# In business order within one instant: this is also the fixed rank of types that breaks ties in every fold.
TYPES: dict[str, type[Fact]] = {
    "rules.adopted.v1": terms.RulesAdopted,
    "policy.published.v1": terms.PolicyPublished,
    "contract.published.v1": terms.ContractPublished,
    "patient.registered.v1": patient.PatientRegistered,
    "identity.linked.v1": patient.IdentityLinked,
    "therapy.balance_observed.v1": patient.BalanceObserved,
    "visit.documented.v1": visit.VisitDocumented,
    "claim.submitted.v1": claim.ClaimSubmitted,
    "submission.acknowledged.v1": claim.SubmissionAcknowledged,
    "submission.rejected.v1": claim.SubmissionRejected,
    "claim.acknowledged.v1": claim.ClaimAcknowledged,
    "claim.rejected.v1": remittance.ClaimRejected,
    "remittance.received.v1": remittance.RemittanceReceived,
    "payment.reversed.v1": remittance.PaymentReversed,
    "payment.posted.v1": remittance.PaymentPosted,
    "claim.denied.v1": remittance.ClaimDenied,
    "records.requested.v1": followup.RecordsRequested,
    "appeal.filed.v1": followup.AppealFiled,
    "appeal.decided.v1": followup.AppealDecided,
    "dispute.opened.v1": followup.DisputeOpened,
    "dispute.closed.v1": followup.DisputeClosed,
    "patient.paid.v1": followup.PatientPaid,
    "refund.sent.v1": followup.RefundSent,
    "claim.written_off.v1": followup.ClaimWrittenOff,
    "work.assigned.v1": followup.WorkAssigned,
    "work.snoozed.v1": followup.WorkSnoozed,
    "work.noted.v1": followup.WorkNoted,
    "work.resolved.v1": followup.WorkResolved,
    "alert.raised.v1": followup.AlertRaised,
    "event.withdrawn.v1": followup.EventWithdrawn,
    "event.conflicted.v1": followup.EventConflicted,
}
RANK = {name: rank for rank, name in enumerate(TYPES)}
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class UnknownEventTypeError(ValueError):
    """No such event type; `claimclock` knows those of events/registry.py."""


class UnstorableTextError(ValueError):
    """Text with a NUL character, which no PostgreSQL column takes."""


@dataclass(frozen=True)
class Event:
    """An envelope and its data, understood. `settled`: its data, written as JSON and read again, is the very same."""

    envelope: Envelope
    type: str
    data: Fact
    settled: bool = False

    @cached_property
    def hash(self) -> str:
        """What tells a duplicate from a conflict. Defaults are left out: a field added later changes no old hash."""
        envelope = self.envelope
        if envelope.contenthash:
            return envelope.contenthash
        normalised = self.data.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return content_hash(envelope.type, envelope.subject, normalised)


def understand(envelope: Envelope) -> Event:
    """Give an envelope's data its type. Raises UnknownEventTypeError or pydantic's ValidationError."""
    event_type, data = upcast(envelope.type, envelope.data)
    if event_type not in TYPES:
        raise UnknownEventTypeError(f"unknown event type {event_type!r}")
    return Event(envelope, event_type, TYPES[event_type].model_validate(data))


def parse(raw: bytes | str) -> Event:
    """One CloudEvent in JSON. Raises as `understand` does, and UnstorableTextError."""
    text = raw if isinstance(raw, str) else raw.decode(errors="replace")
    if "\\u0000" in text and _NUL.search(text):
        raise UnstorableTextError("text holds a NUL character (\\u0000), which cannot be stored: remove it")
    event = understand(Envelope.model_validate_json(raw))
    # Only an unknown field that is null makes a difference: it is not written.
    return replace(event, settled=event.type == event.envelope.type and "null" not in text)


def complaint(error: ValueError) -> list[dict[str, Any]]:
    """Why an event was refused, as (pointer, message) pairs that never repeat the offending value.

    The value may be health information, and a parked reason is shown widely.
    """
    if not isinstance(error, ValidationError):
        return [{"pointer": "/type" if isinstance(error, UnknownEventTypeError) else "/", "message": str(error)}]
    return [
        {"pointer": "/" + "/".join(str(part) for part in item["loc"]), "message": item["msg"]}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
