"""The list of all event types, and how JSON becomes a typed event."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from events import claim, contract, coverage, followup, patient, remittance, review, terms, visit
from events.envelope import Envelope, content_hash
from events.event_data import EventData
from events.pointers import as_sent
from events.term_refusals import UnknownTermError, refuse_unknown_fields, refuse_unknown_terms
from events.upcasters import upcast

# In business order within one instant: this is also the fixed rank of types that breaks ties in every fold. A new type
# may be anywhere in it; the order of those that are here never changes.
RANKED: tuple[type[EventData], ...] = (
    terms.RulesAdopted,
    terms.PolicyPublished,
    contract.ContractPublished,
    patient.PatientRegistered,
    patient.IdentityLinked,
    patient.BalanceObserved,
    coverage.EligibilityChecked,
    coverage.AuthorizationRecorded,
    visit.VisitDocumented,
    visit.VisitClosed,
    claim.ClaimCarriedOver,
    claim.ClaimSubmitted,
    claim.SubmissionAcknowledged,
    claim.SubmissionRejected,
    claim.ClaimAcknowledged,
    claim.ClaimStatusReported,
    remittance.ClaimRejected,
    remittance.RemittanceReceived,
    remittance.PaymentReversed,
    remittance.PaymentPosted,
    remittance.ClaimDenied,
    remittance.DepositReceived,
    remittance.RemittanceReviewed,
    review.ClaimMatched,
    review.SubmissionMatched,
    coverage.NoticeReceived,
    followup.RecordsRequested,
    followup.AppealFiled,
    followup.AppealDecided,
    followup.DisputeOpened,
    followup.DisputeClosed,
    followup.PatientPaid,
    followup.RefundSent,
    review.CreditReviewed,
    followup.ClaimWrittenOff,
    review.LetterSent,
    followup.WorkAssigned,
    followup.WorkSnoozed,
    followup.WorkNoted,
    followup.WorkResolved,
    followup.AlertRaised,
    followup.EventWithdrawn,
    followup.EventConflicted,
)
TYPES: dict[str, type[EventData]] = {data.event.name: data for data in RANKED}
TERM_TYPES = tuple(data.event.name for data in RANKED if data.event.is_term)
RANK = {name: rank for rank, name in enumerate(TYPES)}
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class UnknownEventTypeError(ValueError):
    """No such event type; `claimclock` knows those of events/registry.py."""


class UnreadableDataError(ValueError):
    """`data_base64` holds no JSON."""


class UnstorableTextError(ValueError):
    """Text with a NUL character, which no PostgreSQL column takes."""


_POINTERS: dict[type[ValueError], str] = {UnknownEventTypeError: "/type", UnreadableDataError: "/data_base64"}


@dataclass(frozen=True, kw_only=True)
class Event:
    """An envelope and its data, understood. `settled`: its data, written as JSON and read again, is the very same."""

    envelope: Envelope
    type: str
    data: EventData
    settled: bool = False

    @cached_property
    def hash(self) -> str:
        """What distinguishes a duplicate from a conflict.

        Defaults are left out: a field added later changes no old hash.
        """
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
    return Event(envelope=envelope, type=event_type, data=TYPES[event_type].model_validate(data))


def parse(raw: bytes | str) -> Event:
    """One CloudEvent in JSON, as every entry point reads it.

    Raises as `understand` does, UnstorableTextError and UnknownTermError.
    """
    text = raw if isinstance(raw, str) else raw.decode(errors="replace")
    if "\\u0000" in text and _NUL.search(text):
        raise UnstorableTextError("text holds a NUL character (\\u0000), which cannot be stored: remove it")
    event = understand(Envelope.model_validate_json(_with_plain_data(text) if '"data_base64"' in text else raw))
    if isinstance(event.data, terms.PolicyPublished):
        refuse_unknown_terms(event.data)
    elif isinstance(event.data, contract.ContractPublished):
        refuse_unknown_fields(event.data)
    # Only an unknown field that is null makes a difference: it is not written.
    return replace(event, settled=event.type == event.envelope.type and "null" not in text)


def _with_plain_data(text: str) -> str:
    """CloudEvents JSON may carry its data as base64 (`data_base64`); here it is JSON all the same."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return text  # refused with the reason where the whole event is read
    if not isinstance(told, dict) or "data" in told or not isinstance(told.get("data_base64"), str):
        return text
    packed = told.pop("data_base64")
    try:
        data = json.loads(base64.b64decode(packed, validate=True))
    except RecursionError:
        raise UnreadableDataError(f"data_base64 is {_TOO_DEEP}") from None
    except ValueError:
        raise UnreadableDataError("data_base64 is not base64 of JSON in UTF-8") from None
    return json.dumps(told | {"data": data})


def event_faults(error: ValueError, event: Any = None) -> list[dict[str, Any]]:
    """As `complaint`, with pointers from the event as a whole: the models know an envelope and its `data` apart.

    `event`: as it was sent, as JSON values; the pointers are of what it has.
    """
    of_data = isinstance(error, UnknownTermError) or (
        isinstance(error, ValidationError) and error.title != Envelope.__name__
    )
    within = "/data" if of_data else ""
    faults = [fault | {"pointer": within + fault["pointer"]} for fault in complaint(error)]
    if not isinstance(event, dict):
        return faults
    return [fault | {"pointer": as_sent(fault["pointer"], event)} for fault in faults]


def _pointer(location: tuple[int | str, ...]) -> str:
    """As RFC 6901 has it, without the names pydantic gives to the branches of a union."""
    parts = [
        str(part).replace("~", "~0").replace("/", "~1")
        for before, part in zip(("", *location), location, strict=False)
        if not _names_a_branch(before, part)
    ]
    return "/" + "/".join(parts)


def _names_a_branch(before: int | str, part: int | str) -> bool:
    if str(part).startswith("constrained-") or before == "until":
        return True
    return part in _METHODS and (before == "default" or isinstance(before, int))


_METHODS = frozenset(contract.variants())


def complaint(error: ValueError) -> list[dict[str, Any]]:
    """Why an event was refused, as (pointer, message) pairs that never repeat the offending value.

    The value may be health information, and a parked reason is shown widely.
    """
    if isinstance(error, UnknownTermError):
        return [fault._asdict() for fault in error.faults]
    if not isinstance(error, ValidationError):
        return [{"pointer": _POINTERS.get(type(error), "/"), "message": str(error)}]
    return [
        {"pointer": _pointer(item["loc"]), "message": _in_words(item["msg"])}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]


_TOO_DEEP = "nested too deeply (more than 200 objects or lists in one another)"
_JSON_LIMITS = {
    "Invalid JSON: recursion limit exceeded": _TOO_DEEP,
    "Invalid JSON: number out of range": "has a number of more than 4,300 digits: send it as text",
}


def _in_words(message: str) -> str:
    """What the parser of JSON says of its own limits, as a sender can act on it."""
    return next((words for limit, words in _JSON_LIMITS.items() if message.startswith(limit)), message)
