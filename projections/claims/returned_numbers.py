"""Claim numbers that come back changed: which claim a response under an unknown number belongs to.

A number returned changed joins by itself only if no claim has it exactly, exactly one claim of the practice has the
same normal form (for a number cut to 15 or more characters: the same beginning), and response and claim agree on
everything that both state of payer, member id, dates of service and charge, at least two of these. Everything else is
for a person. Pure: the same events in any order give the same joins, and a second claim that fits ends one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from events.claim import ClaimAcknowledged, ClaimStatusReported, ClaimSubmitted
from events.normal_forms import may_be_cut, name_form, number_form
from events.patient import IdentityLinked
from events.remittance import ClaimRejected, RemittanceEntry, remit_key
from events.review import ClaimMatched
from events.submission_key import verdict_key
from projections.history import LoggedEvent
from projections.terms.terms_in_force import Reference

NEEDED = 2  # facts that response and claim must both state
RESPONSES = (RemittanceEntry, ClaimRejected, ClaimAcknowledged, ClaimStatusReported)
ANSWERED_AS, JOINED_BY = "answered_as", "joined_by"  # what a moved event says besides its data
PERSON, DERIVED = "person", "derived"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a claim, or the responses under one number, state of themselves. Empty: nothing."""

    payer_ids: frozenset[str] = frozenset()
    payer_names: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()
    charges: frozenset[Decimal] = frozenset()


@dataclass(frozen=True, slots=True)
class Agreement:
    """One thing that response and claim both state, in words, and whether they agree."""

    what: str
    agrees: bool


@dataclass(kw_only=True)
class _Collected:
    payer_ids: set[str] = field(default_factory=set)
    payer_names: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    charges: set[Decimal] = field(default_factory=set)

    def frozen(self) -> Statement:
        return Statement(**{name: frozenset(part) - {"", None} for name, part in vars(self).items()})


def is_sent(history: Iterable[LoggedEvent]) -> bool:
    """Whether a claim of this number was submitted here."""
    return any(isinstance(event.data, ClaimSubmitted) for event in history)


def same_number(returned: str, claim_id: str) -> bool:
    """Whether one is the other spelled differently, or cut short."""
    form, other = number_form(returned), number_form(claim_id)
    if not form or returned == claim_id:
        return False
    return form == other or (may_be_cut(returned) and len(returned) < len(claim_id) and other.startswith(form))


def joins(histories: Mapping[str, Sequence[LoggedEvent]], reference: Reference) -> dict[str, str]:
    """Which of these numbers were returned for which claim; only what the evidence leaves no doubt about.

    `histories`: effective events by claim number, of every claim that could be meant.
    """
    sent = {claim_id for claim_id, history in histories.items() if is_sent(history)}
    found: dict[str, str] = {}
    for returned, history in histories.items():
        if returned in sent or not any(isinstance(event.data, RESPONSES) for event in history):
            continue
        fitting = [claim_id for claim_id in sent if same_number(returned, claim_id)]
        if len(fitting) == 1 and agree(facts(stated(history, reference), stated(histories[fitting[0]], reference))):
            found[returned] = fitting[0]
    return found


def agree(told: Sequence[Agreement]) -> bool:
    """Whether there is enough that both state, and nothing they differ in."""
    return len(told) >= NEEDED and all(fact.agrees for fact in told)


def stated(history: Iterable[LoggedEvent], reference: Reference) -> Statement:
    """What the events of one number state."""
    found = _Collected()
    for event in history:
        match event.data:
            case ClaimSubmitted() as data:
                _add_claim(found, data, reference)
            case RemittanceEntry() as data:
                _add_entry(found, data, reference)
            case ClaimRejected() as data if data.remit is not None:
                _add_entry(found, data, reference)
            case ClaimAcknowledged() | ClaimRejected() | ClaimStatusReported() as data:
                _add_notice(found, data, reference)
    return found.frozen()


def _add_claim(found: _Collected, data: ClaimSubmitted, reference: Reference) -> None:
    found.payer_ids |= {_payer(data.payer_id, data.payer_name, reference), number_form(data.payer_id)}
    found.payer_names.add(name_form(data.payer_name))
    for other in data.other_payers:
        found.payer_ids |= {_payer(other.payer_id, other.name, reference), number_form(other.payer_id)}
        found.payer_names.add(name_form(other.name))
        found.members.add(number_form(other.member_id))
    found.members |= _member_forms(data.patient_id, reference)
    found.days |= {line.dos for line in data.lines}
    found.charges.add(data.total_charge)


def _add_entry(found: _Collected, data: RemittanceEntry | ClaimRejected, reference: Reference) -> None:
    found.payer_ids |= {_payer(data.payer_id, data.payer_name, reference), number_form(data.payer_id)}
    found.payer_names.add(name_form(data.payer_name))
    for member in (data.patient_id, data.corrected_member_id):  # as it was sent, and as it should have been (NM1*74)
        if member:
            found.members |= _member_forms(member, reference)
    lines = {line.dos for line in data.lines if line.dos}
    found.days |= lines or {day for day in (data.service_from, data.service_to) if day}
    if data.charge is not None:
        found.charges.add(abs(data.charge))


def _add_notice(
    found: _Collected, data: ClaimAcknowledged | ClaimRejected | ClaimStatusReported, reference: Reference
) -> None:
    if data.claim_charge is not None:
        found.charges.add(data.claim_charge)
    if data.about is None:
        return
    about = data.about
    if about.payer_id or about.payer_name:
        found.payer_ids |= {_payer(about.payer_id, about.payer_name, reference), number_form(about.payer_id)}
        found.payer_names.add(name_form(about.payer_name))
    if about.member_id:
        found.members |= _member_forms(about.member_id, reference)
    found.days |= {day for day in (about.service_from, about.service_to) if day}


def _payer(payer_id: str | None, name: str | None, reference: Reference) -> str:
    return number_form(reference.known_payer(payer_id, name) or "")


def _member_forms(patient_id: str, reference: Reference) -> set[str]:
    """A dependent has the subscriber's number and a mark of twelve characters (see the 837P reader)."""
    number, dash, mark = patient_id.rpartition("-")
    stated_id = number if dash and len(mark) == 12 and all(c in "0123456789abcdef" for c in mark) else patient_id
    return {number_form(stated_id), number_form(reference.patient(patient_id))}


def facts(response: Statement, claim: Statement) -> list[Agreement]:
    """What both state: whether the response could be about the claim."""
    found = []
    ids, names = response.payer_ids & claim.payer_ids, response.payer_names & claim.payer_names
    if (response.payer_ids or response.payer_names) and (claim.payer_ids or claim.payer_names):
        found.append(Agreement("payer", bool(ids or names)))
    if response.members and claim.members:
        found.append(Agreement("member id", bool(response.members & claim.members)))
    if response.days and claim.days:
        found.append(Agreement("dates of service", response.days <= claim.days))
    if response.charges and claim.charges:
        found.append(Agreement("charge", response.charges <= claim.charges))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A person's word that what came back as `returned` belongs to `claim_id`; narrowed where parts are named."""

    returned: str
    claim_id: str
    payer_id: str | None = None
    remit: str | None = None
    submission: str | None = None

    def holds(self, event: LoggedEvent) -> bool:
        data = event.data
        if not isinstance(data, RESPONSES) or data.claim_id != self.returned:
            return False
        remit, submission = data.said("remit"), data.said("submission")
        return (
            (self.payer_id is None or data.said("payer_id") in (None, "", self.payer_id))
            and (self.remit is None or (remit is not None and remit_key(remit) == self.remit))
            and (self.submission is None or (submission is not None and verdict_key(submission) == self.submission))
        )


def matches(events: Iterable[LoggedEvent]) -> list[Match]:
    """What people said of numbers, in business order: the latest word about a number counts."""
    found: dict[tuple[str, str | None, str | None, str | None], Match] = {}
    for event in events:
        match event.data:
            case ClaimMatched() as data if data.answered_as != data.claim_id:
                one = Match(
                    returned=data.answered_as,
                    claim_id=data.claim_id,
                    payer_id=data.payer_id,
                    remit=remit_key(data.remit) if data.remit else None,
                    submission=verdict_key(data.submission) if data.submission else None,
                )
            case IdentityLinked(kind="claim") as data if data.from_id != data.to_id:
                one = Match(returned=data.from_id, claim_id=data.to_id)
            case _:
                continue
        name = (one.returned, one.payer_id, one.remit, one.submission)
        found.pop(name, None)
        found[name] = one
    return list(found.values())


def moved(event: LoggedEvent, claim_id: str, how: str) -> LoggedEvent:
    """The event as one of another claim; it says under which number it came, and who joined them."""
    data: Any = event.data
    told = {"claim_id": claim_id, ANSWERED_AS: data.claim_id, JOINED_BY: how}
    return replace(event, data=data.model_copy(update=told))


def returned_numbers(history: Iterable[LoggedEvent]) -> tuple[tuple[str, str], ...]:
    """The other numbers under which responses to a claim came, and who joined them: a person, or the evidence."""
    return tuple(sorted({told for event in history if (told := answered_as(event))}))


def answered_as(event: LoggedEvent) -> tuple[str, str] | None:
    """Under which other number a moved event came, and who joined them."""
    extra = event.data.model_extra
    return (extra[ANSWERED_AS], extra[JOINED_BY]) if extra and ANSWERED_AS in extra else None
